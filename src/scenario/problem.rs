//! Problems of a scenario, printed all at once, in the style of rustc or one on each line.
//!
//! Text of a file reaches a terminal only through [`printable`] or its counterpart for source
//! lines: a scenario from elsewhere must not recolour, overwrite or reorder the screen.

mod render;

use core::fmt;
use std::ops::Range;
use std::sync::Arc;

use super::check::lints::Lint;
use super::path::Path;

pub use render::{escaped, printable};
pub(super) use render::{is_unprintable, line_column};

/// Severities of problems.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The scenario cannot run.
    Error,
    /// The scenario runs, but probably not as intended.
    Warning,
}

/// One problem of a scenario.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Path in the scenario; the root if the text does not parse.
    pub path: Path,
    /// Place in the text, in bytes.
    pub span: Option<Range<usize>>,
    /// What the scenario has there: the label under the caret.
    pub found: String,
    /// The rule: the headline.
    pub rule: String,
    /// What to write instead.
    pub hint: Option<String>,
    /// Other places that contribute to the problem, with labels.
    pub also: Vec<(Range<usize>, String)>,
    /// Error or warning.
    pub severity: Severity,
    /// Name of the lint, for a warning.
    pub lint: Option<&'static str>,
    /// True if the problem is the name of a field or map entry, not its value.
    pub(crate) of_name: bool,
}

impl Problem {
    /// An error at `path`: `rule` is the headline, `found` what the scenario has instead.
    #[must_use]
    pub fn error(path: &Path, rule: impl Into<String>, found: impl Into<String>) -> Self {
        Self {
            path: path.clone(),
            span: None,
            found: found.into(),
            rule: rule.into(),
            hint: None,
            also: Vec::new(),
            severity: Severity::Error,
            lint: None,
            of_name: false,
        }
    }

    /// The same as a warning of this lint.
    #[must_use]
    pub fn warning(
        lint: &Lint,
        path: &Path,
        rule: impl Into<String>,
        found: impl Into<String>,
    ) -> Self {
        let lint = Some(lint.name);
        Self { severity: Severity::Warning, lint, ..Self::error(path, rule, found) }
    }

    /// Adds a hint.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Adds a hint if there is one.
    #[must_use]
    pub fn maybe_hint(mut self, hint: Option<String>) -> Self {
        self.hint = hint.or(self.hint);
        self
    }

    /// Sets the place in the text.
    #[must_use]
    pub fn at(mut self, span: Range<usize>) -> Self {
        self.span = Some(span);
        self
    }

    /// Adds another place that contributes to the problem.
    #[must_use]
    pub fn also(mut self, span: Range<usize>, label: impl Into<String>) -> Self {
        self.also.push((span, label.into()));
        self
    }

    /// Points at the name of the field or entry instead of its value.
    #[must_use]
    pub fn of_name(mut self) -> Self {
        self.of_name = true;
        self
    }
}

/// The problems of a text, at least one, with the text itself.
#[derive(Clone, Debug)]
pub struct Problems {
    name: String,
    text: Arc<str>,
    list: Vec<Problem>,
}

impl Problems {
    /// The problems of the text `text` called `name`, in the order of the text; `None` if there
    /// are none.
    #[must_use]
    pub fn new(name: &str, text: impl Into<Arc<str>>, mut list: Vec<Problem>) -> Option<Self> {
        list.sort_by_key(|problem| {
            let start = problem.span.as_ref().map_or(usize::MAX, |span| span.start);
            (problem.severity, start)
        });
        (!list.is_empty()).then(|| Self { name: name.to_owned(), text: text.into(), list })
    }

    pub(crate) fn one(name: &str, text: impl Into<Arc<str>>, problem: Problem) -> Self {
        Self { name: name.to_owned(), text: text.into(), list: vec![problem] }
    }

    /// The problems, errors first, each kind in the order of the text.
    #[must_use]
    pub fn list(&self) -> &[Problem] {
        &self.list
    }

    /// Name of the text: that of its file.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The problems that `wanted` accepts; `None` if there are none.
    #[must_use]
    pub fn only(&self, wanted: impl Fn(&Problem) -> bool) -> Option<Self> {
        let list: Vec<_> = self.list.iter().filter(|problem| wanted(problem)).cloned().collect();
        (!list.is_empty()).then(|| Self { list, ..self.clone() })
    }

    /// The line and the column of a problem, in characters from 1, if it has a place.
    #[must_use]
    pub fn line_column(&self, problem: &Problem) -> Option<(usize, usize)> {
        self.region(problem).map(|(start, _)| start)
    }

    /// The first line and column of a problem, and the last line and the column after its end.
    #[must_use]
    pub fn region(&self, problem: &Problem) -> Option<((usize, usize), (usize, usize))> {
        let span = problem.span.as_ref()?;
        let at = |offset| line_column(&self.text, offset);
        Some((at(span.start), at(span.end)))
    }

    /// The message in the style of rustc, with lines of the scenario.
    #[must_use]
    pub fn render(&self, color: bool) -> String {
        render::render(&self.name, &self.text, &self.list, color)
    }
}

impl fmt::Display for Problems {
    /// Prints one line for each problem: `file:line:column: path: found — rule (hint)`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (mut behind, mut before) = (0, 0);
        for (at, problem) in self.list.iter().enumerate() {
            if at > 0 {
                f.write_str("\n")?;
            }
            write!(f, "{}", printable(&self.name))?;
            if let Some(span) = &problem.span {
                // Problems are in the order of the text, so that lines are counted in one pass.
                if span.start < behind {
                    (behind, before) = (0, 0);
                }
                let (line, column) = render::line_column(&self.text[behind..], span.start - behind);
                let line = line + before;
                let start = render::line_start(&self.text, span.start);
                (behind, before) = (start, line - 1);
                write!(f, ":{line}:{column}")?;
            }
            f.write_str(": ")?;
            if problem.severity == Severity::Warning {
                match problem.lint {
                    Some(lint) => write!(f, "warning[{lint}]: ")?,
                    None => f.write_str("warning: ")?,
                }
            }
            if !problem.path.is_root() {
                write!(f, "{}: ", problem.path)?;
            }
            if !problem.found.is_empty() {
                write!(f, "{} — ", render::escaped(&problem.found))?;
            }
            f.write_str(&render::escaped(&problem.rule))?;
            if let Some(hint) = &problem.hint {
                write!(f, " ({})", render::escaped(hint))?;
            }
        }
        Ok(())
    }
}

impl std::error::Error for Problems {}
