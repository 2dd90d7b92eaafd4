//! Problems of a scenario and how they are told: all at once, in rustc's look or one to a line.
//!
//! What a file holds is shown to a terminal only after [`printable`] or its counterpart for source
//! lines: a scenario that came by mail must not be able to recolour, overwrite or reorder a screen.

mod render;

use core::fmt;
use std::ops::Range;
use std::sync::Arc;

use super::check::lints::Lint;
use super::path::Path;

pub use render::{escaped, printable};
pub(super) use render::{is_unprintable, line_column};

/// How bad a problem is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The scenario cannot run.
    Error,
    /// It runs, but probably does not say what was meant.
    Warning,
}

/// One thing that is wrong with a scenario.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Where in the scenario; the root when the text could not even be read as one.
    pub path: Path,
    /// Where in the text, in bytes.
    pub span: Option<Range<usize>>,
    /// What stands there: the label under the caret.
    pub found: String,
    /// What should: the headline.
    pub rule: String,
    /// What to write instead.
    pub hint: Option<String>,
    /// Other places that have a part in it.
    pub also: Vec<(Range<usize>, String)>,
    /// Error or warning.
    pub severity: Severity,
    /// The lint that a warning is of.
    pub lint: Option<&'static str>,
    /// The name is meant (of a field, of a map entry), not its value.
    pub(crate) of_name: bool,
}

impl Problem {
    /// An error at `path`: `rule` is the headline, `found` what is there instead.
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

    /// The same as a warning, of this lint.
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

    /// Adds what to write instead.
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

    /// Places it in the text.
    #[must_use]
    pub fn at(mut self, span: Range<usize>) -> Self {
        self.span = Some(span);
        self
    }

    /// Adds another place that has a part in it.
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

/// Why a scenario was refused: at least one problem, and the text they are in.
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

    /// What the text is called: the name of its file.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Those problems that `wanted` says; `None` if there is none.
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

    /// The message for people: rustc's look, with the lines of the scenario.
    #[must_use]
    pub fn render(&self, color: bool) -> String {
        render::render(&self.name, &self.text, &self.list, color)
    }
}

impl fmt::Display for Problems {
    /// One line a problem: `file:line:column: path: found — rule (hint)`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (mut behind, mut before) = (0, 0);
        for (at, problem) in self.list.iter().enumerate() {
            if at > 0 {
                f.write_str("\n")?;
            }
            write!(f, "{}", printable(&self.name))?;
            if let Some(span) = &problem.span {
                // In the order of the text, so that its lines are counted once.
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
