//! The path in front of the `=`.

use crate::scenario::path::Path;
use crate::scenario::problem::Problem;
use crate::scenario::syntax::{Kind, Span, parse_value};

/// A step of a path as typed, whose meaning depends on the value that it is applied to.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Step {
    pub(super) text: String,
    pub(super) span: Span,
    pub(super) quoted: bool,
}

/// Splits `a.b["c"][0]=value` into its steps and the offset of the value.
pub(super) fn steps(text: &str) -> Result<(Vec<Step>, usize), Box<Problem>> {
    let refuse = |span: Span, found: &str| {
        let rule = "expected path=value";
        let problem = Problem::error(&Path::root(), rule, found).at(span);
        Box::new(problem.hint("for example db.slots=20 or rpc.clients.retry.max_retries=2"))
    };
    match split(text, &refuse)? {
        (steps, Some(at)) => Ok((steps, at)),
        (_, None) => Err(refuse(text.len()..text.len(), "`=` and a value are missing here")),
    }
}

/// The steps of a path without a value.
pub(super) fn path_steps(text: &str) -> Result<Vec<Step>, Box<Problem>> {
    let refuse = |span: Span, found: &str| {
        let problem = Problem::error(&Path::root(), "expected a path", found).at(span);
        Box::new(problem.hint("for example db.slots or rpc.clients.retry.max_retries"))
    };
    match split(text, &refuse)? {
        (steps, None) => Ok(steps),
        (_, Some(at)) => Err(refuse(at - 1..at, "a path ends before the `=`")),
    }
}

/// The steps, and the offset after the `=` if there is one.
fn split(
    text: &str,
    refuse: &impl Fn(Span, &str) -> Box<Problem>,
) -> Result<(Vec<Step>, Option<usize>), Box<Problem>> {
    let mut steps = Vec::new();
    let mut at = 0;
    loop {
        let bracket = text[at..].starts_with('[');
        let dot = text[at..].starts_with('.');
        at += usize::from(bracket || (dot && !steps.is_empty()));
        let start = at;
        let quoted = text[at..].starts_with(['"', '\'']);
        let step = if quoted {
            let Some((name, end)) = quoted_step(text, at) else {
                return Err(refuse(start..text.len(), "this quote is never closed"));
            };
            at = end;
            name
        } else {
            let stop = |c: char| matches!(c, '.' | '[' | ']' | '=' | '"' | '\'');
            at += text[at..].find(stop).unwrap_or(text.len() - at);
            text[start..at].trim().to_owned()
        };
        let span = start..at;
        if step.is_empty() && !quoted {
            let found = "a name is missing here";
            return Err(refuse(span, found));
        }
        if bracket {
            if !text[at..].starts_with(']') {
                return Err(refuse(at..at, "`]` is missing here"));
            }
            at += 1;
        }
        steps.push(Step { text: step, span, quoted });
        match text[at..].chars().next() {
            Some('=') => return Ok((steps, Some(at + 1))),
            Some('.' | '[') => {}
            None => return Ok((steps, None)),
            Some(_) => return Err(refuse(at..at, "expected `.`, `[` or `=`")),
        }
    }
}

/// Reads a quoted name: in double quotes a RON string, in single quotes, as in expectations,
/// without escapes.
fn quoted_step(text: &str, at: usize) -> Option<(String, usize)> {
    if let Some(inside) = text[at..].strip_prefix('\'') {
        let length = inside.find('\'')?;
        return Some((inside[..length].to_owned(), at + length + 2));
    }
    let bytes = text.as_bytes();
    let mut end = at + 1;
    while *bytes.get(end)? != b'"' {
        end += if bytes[end] == b'\\' { 2 } else { 1 };
    }
    let node = parse_value(text.get(..=end)?, at).ok()?;
    match node.kind {
        Kind::Text(name) => Some((name, end + 1)),
        _ => None,
    }
}
