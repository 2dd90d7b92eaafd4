//! From the bytes of a file to a checked scenario.

use std::sync::Arc;

use ron::extensions::Extensions;
use serde::de::DeserializeOwned;

use super::check::check;
use super::conform::conform;
use super::defaults;
use super::locate::nearest;
use super::path::Path;
use super::problem::{Problem, Problems, Severity, line_column, printable};
use super::schema::Scenario;
use super::shape::{ROOT, STUDY};
use super::study::Study;
use super::syntax::{self, Kind, Tree};

/// A scenario as text, with the tree of its tokens.
#[derive(Clone, Debug)]
pub struct Document {
    /// What messages call it: the name of the file.
    pub name: String,
    /// The text, without a byte order mark.
    pub text: Arc<str>,
    /// Its tree.
    pub tree: Tree,
}

/// A scenario that can run.
#[derive(Clone, Debug)]
pub struct Checked {
    /// The scenario, every default filled in.
    pub scenario: Scenario,
    /// What is probably not as it was meant.
    pub warnings: Option<Problems>,
}

impl Document {
    /// Reads the syntax of a text called `name`.
    ///
    /// # Errors
    /// When it is not text, or not RON: one problem, with its place.
    pub fn parse(name: &str, bytes: &[u8]) -> Result<Self, Problems> {
        let text: Arc<str> = syntax::decode(name, bytes)?.into();
        match syntax::parse(&text) {
            Ok(tree) => Ok(Self { name: name.to_owned(), text, tree }),
            Err(problem) => Err(Problems::one(name, text, *problem)),
        }
    }

    /// The scenario, checked.
    ///
    /// # Errors
    /// Every value that has the wrong shape, or else everything that does not make sense,
    /// warnings included.
    pub fn scenario(&self) -> Result<Checked, Problems> {
        let misshapen = conform(&self.tree, &self.text, ROOT);
        if let Some(problems) = Problems::new(&self.name, self.text.clone(), misshapen) {
            return Err(problems);
        }
        let mut scenario: Scenario = read(&self.text)
            .map_err(|problem| Problems::one(&self.name, self.text.clone(), *problem))?;
        defaults::fill(&mut scenario, &self.tree.root);
        let mut found = check(&scenario);
        for problem in &mut found {
            self.place(problem);
        }
        let fatal = found.iter().any(|problem| problem.severity == Severity::Error);
        let problems = Problems::new(&self.name, self.text.clone(), found);
        match problems {
            Some(problems) if fatal => Err(problems),
            warnings => Ok(Checked { scenario, warnings }),
        }
    }

    /// The line and the column of what stands at `path`, or of the nearest thing above it that is
    /// written; in characters from 1.
    #[must_use]
    pub fn line_column(&self, path: &Path) -> (usize, usize) {
        line_column(&self.text, nearest(&self.tree.root, path).span().start)
    }

    /// True if it says that it is a study: `Study(..)`.
    #[must_use]
    pub fn is_study(&self) -> bool {
        match &self.tree.root.kind {
            Kind::Record(Some(name), _) | Kind::Tuple(Some(name), _) => name.text == STUDY,
            Kind::Word(name) => name == STUDY,
            _ => false,
        }
    }

    /// The study that it is, if every value has the right shape.
    ///
    /// # Errors
    /// Every value that has the wrong shape.
    pub fn study(&self) -> Result<Study, Problems> {
        let misshapen = conform(&self.tree, &self.text, STUDY);
        if let Some(problems) = Problems::new(&self.name, self.text.clone(), misshapen) {
            return Err(problems);
        }
        read(&self.text).map_err(|problem| Problems::one(&self.name, self.text.clone(), *problem))
    }

    /// Problems of what it means, each at its place in the text; `None` of none.
    #[must_use]
    pub fn problems(&self, mut problems: Vec<Problem>) -> Option<Problems> {
        for problem in &mut problems {
            self.place(problem);
        }
        Problems::new(&self.name, self.text.clone(), problems)
    }

    /// Gives a problem of a typed value its place in the text.
    fn place(&self, problem: &mut Problem) {
        if problem.span.is_some() {
            return;
        }
        let place = nearest(&self.tree.root, &problem.path);
        problem.span = Some(match &place.name {
            Some(name) if problem.of_name => name.clone(),
            _ => place.span(),
        });
    }
}

/// How values are written that have a shorter form: `Some(..)` is left out, and so are the
/// parentheses of a struct that is all that a variant holds, `Retry(max_retries: 3)`.
pub(super) const EXTENSIONS: Extensions =
    Extensions::IMPLICIT_SOME.union(Extensions::UNWRAP_VARIANT_NEWTYPES);

/// Serde's view of a text that conforms. Should the schema ever promise what serde does not read,
/// its own message is passed on.
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
