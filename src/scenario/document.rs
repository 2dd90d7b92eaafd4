//! Reads a checked scenario from the bytes of a file.

use std::sync::Arc;

use ron::extensions::Extensions;
use serde::de::DeserializeOwned;

use super::check::check;
use super::conform::conform;
use super::defaults;
use super::locate::{locate, nearest};
use super::path::Path;
use super::presets;
use super::problem::{Problem, Problems, Severity, line_column, printable};
use super::schema::Scenario;
use super::shape::{ROOT, STUDY};
use super::study::Study;
use super::syntax::{self, Kind, Tree};

/// A scenario or study as text, with its syntax tree.
#[derive(Clone, Debug)]
pub struct Document {
    /// Name in messages: that of the file.
    pub name: String,
    /// The text, without a byte order mark.
    pub text: Arc<str>,
    /// Syntax tree.
    pub tree: Tree,
}

/// A scenario that can run.
#[derive(Clone, Debug)]
pub struct Checked {
    /// The scenario with every default filled in.
    pub scenario: Scenario,
    /// Warnings.
    pub warnings: Option<Problems>,
}

impl Document {
    /// Parses a text called `name`.
    ///
    /// # Errors
    /// If it is not UTF-8 text, or not RON: one problem, with its place.
    pub fn parse(name: &str, bytes: &[u8]) -> Result<Self, Problems> {
        let text: Arc<str> = syntax::decode(name, bytes)?.into();
        match syntax::parse(&text) {
            Ok(tree) => Ok(Self { name: name.to_owned(), text, tree }),
            Err(problem) => Err(Problems::one(name, text, *problem)),
        }
    }

    /// The checked scenario.
    ///
    /// # Errors
    /// All values of the wrong shape; if there are none, all problems of the meaning, with
    /// warnings.
    pub fn scenario(&self) -> Result<Checked, Problems> {
        let misshapen = conform(&self.tree, &self.text, ROOT);
        if let Some(problems) = Problems::new(&self.name, self.text.clone(), misshapen) {
            return Err(problems);
        }
        let expanded = self.expanded();
        let Self { text, tree, .. } = expanded.as_ref().unwrap_or(self);
        let mut scenario: Scenario =
            read(text).map_err(|problem| Problems::one(&self.name, text.clone(), *problem))?;
        defaults::fill(&mut scenario, &tree.root);
        let mut problems = check(&scenario);
        for problem in &mut problems {
            self.place(problem);
        }
        let fatal = problems.iter().any(|problem| problem.severity == Severity::Error);
        let problems = Problems::new(&self.name, self.text.clone(), problems);
        match problems {
            Some(problems) if fatal => Err(problems),
            warnings => Ok(Checked { scenario, warnings }),
        }
    }

    /// Line and column, in characters from 1, of the value at `path`, or of the nearest enclosing
    /// value that is written.
    #[must_use]
    pub fn line_column(&self, path: &Path) -> (usize, usize) {
        line_column(&self.text, nearest(&self.tree.root, path).span().start)
    }

    /// True if the text is a study: `Study(..)`.
    #[must_use]
    pub fn is_study(&self) -> bool {
        match &self.tree.root.kind {
            Kind::Record(Some(name), _) | Kind::Tuple(Some(name), _) => name.text == STUDY,
            Kind::Word(name) => name == STUDY,
            _ => false,
        }
    }

    /// The study.
    ///
    /// # Errors
    /// All values of the wrong shape.
    pub fn study(&self) -> Result<Study, Problems> {
        let misshapen = conform(&self.tree, &self.text, STUDY);
        if let Some(problems) = Problems::new(&self.name, self.text.clone(), misshapen) {
            return Err(problems);
        }
        read(&self.text).map_err(|problem| Problems::one(&self.name, self.text.clone(), *problem))
    }

    /// Gives problems of the meaning their places in the text; `None` if there are none.
    #[must_use]
    pub fn problems(&self, mut problems: Vec<Problem>) -> Option<Problems> {
        for problem in &mut problems {
            self.place(problem);
        }
        Problems::new(&self.name, self.text.clone(), problems)
    }

    /// Sets the place of a problem of a typed value.
    fn place(&self, problem: &mut Problem) {
        if problem.span.is_some() {
            return;
        }
        let place = nearest(&self.tree.root, &problem.path);
        // What is not written may be a field of the preset.
        if locate(&self.tree.root, &problem.path).is_none()
            && let Some(preset) = place.value.field(presets::FIELD)
        {
            problem.span = Some(preset.span.clone());
            return;
        }
        problem.span = Some(match &place.name {
            Some(name) if problem.of_name => name.clone(),
            _ => place.span(),
        });
    }
}

/// RON extensions for shorter forms: `Some(..)` is implicit, and so are the parentheses of a struct
/// that is the only content of a variant, `Retry(max_retries: 3)`.
pub(super) const EXTENSIONS: Extensions =
    Extensions::IMPLICIT_SOME.union(Extensions::UNWRAP_VARIANT_NEWTYPES);

/// Reads a conforming text with serde. If the schema accepted more than serde does, serde's own
/// message would be returned.
fn read<T: DeserializeOwned>(text: &str) -> Result<T, Box<Problem>> {
    ron::Options::default().with_default_extension(EXTENSIONS).from_str(text).map_err(|error| {
        let at = offset(text, error.span.start.line, error.span.start.col);
        let found = printable(&error.code.to_string());
        Box::new(Problem::error(&Path::root(), "cannot be read", found).at(at..at))
    })
}

fn offset(text: &str, line: usize, column: usize) -> usize {
    let start: usize = text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
    let rest = &text[start..];
    let within = rest.char_indices().nth(column.saturating_sub(1));
    start + within.map_or(rest.len(), |(at, _)| at)
}

#[cfg(test)]
mod tests;
