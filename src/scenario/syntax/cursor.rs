//! A cursor in the text, which reads white space, comments and names.

use super::{Name, Span};
use crate::scenario::path::Path;
use crate::scenario::problem::{Problem, printable};

/// The result of a parser. A syntax error is a problem without a path, boxed because results are
/// moved often.
pub(super) type Parsed<T> = Result<T, Box<Problem>>;

pub(super) fn syntax(span: Span, rule: impl Into<String>, found: impl Into<String>) -> Problem {
    Problem::error(&Path::root(), rule, found).at(span)
}

/// True for white space of RON.
fn is_space(c: char) -> bool {
    matches!(
        c,
        ' ' | '\n'
            | '\t'
            | '\r'
            | '\u{b}'
            | '\u{c}'
            | '\u{85}'
            | '\u{200e}'
            | '\u{200f}'
            | '\u{2028}'
            | '\u{2029}'
    )
}

pub(super) fn starts_name(c: char) -> bool {
    c == '_' || c.is_alphabetic()
}

pub(super) fn continues_name(c: char) -> bool {
    c == '_' || c.is_alphanumeric()
}

pub(super) struct Cursor<'a> {
    pub(super) text: &'a str,
    pub(super) at: usize,
    /// End of the last token, the place of a missing comma.
    pub(super) end: usize,
}

impl<'a> Cursor<'a> {
    pub(super) fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    pub(super) fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    /// Consumes `token` if it is next.
    pub(super) fn take(&mut self, token: &str) -> bool {
        let taken = self.rest().starts_with(token);
        if taken {
            self.at += token.len();
            self.end = self.at;
        }
        taken
    }

    /// Consumes white space and comments.
    pub(super) fn skip(&mut self) -> Parsed<()> {
        loop {
            let rest = self.rest();
            let spaces = rest.len() - rest.trim_start_matches(is_space).len();
            self.at += spaces;
            let rest = self.rest();
            if rest.starts_with("//") {
                self.at += rest.find('\n').unwrap_or(rest.len());
            } else if rest.starts_with("/*") {
                self.block_comment()?;
            } else if spaces == 0 {
                return Ok(());
            }
        }
    }

    fn block_comment(&mut self) -> Parsed<()> {
        let start = self.at;
        let bytes = self.text.as_bytes();
        let (mut at, mut depth) = (start + 2, 1_usize);
        while depth > 0 {
            match (bytes.get(at), bytes.get(at + 1)) {
                (Some(b'*'), Some(b'/')) => {
                    depth -= 1;
                    at += 2;
                }
                (Some(b'/'), Some(b'*')) => {
                    depth += 1;
                    at += 2;
                }
                (Some(_), _) => at += 1,
                (None, _) => {
                    let rule = "this comment never ends";
                    let found = "starts here, and the file ends before its `*/`";
                    let hint = "comments nest: every `/*` needs its own `*/`";
                    return Err(Box::new(syntax(start..start + 2, rule, found).hint(hint)));
                }
            }
        }
        self.at = at;
        Ok(())
    }

    /// Reads a name, if one starts here. Names with `r#` may contain `.`, `+` and `-`.
    pub(super) fn name(&mut self) -> Option<Name> {
        let start = self.at;
        let rest = self.rest();
        let raw = rest.strip_prefix("r#").filter(|rest| rest.starts_with(starts_name));
        let body = raw.unwrap_or(rest);
        if !body.starts_with(starts_name) {
            return None;
        }
        let more = |c: char| continues_name(c) || (raw.is_some() && matches!(c, '.' | '+' | '-'));
        let len = body.find(|c: char| !more(c)).unwrap_or(body.len());
        self.at = self.text.len() - body.len() + len;
        self.end = self.at;
        Some(Name { text: body[..len].to_owned(), span: start..self.at })
    }

    /// The next token for a message: a word, a character, or the end.
    pub(super) fn next_token(&self) -> (Span, String) {
        let rest = self.rest();
        let Some(c) = rest.chars().next() else {
            return (self.at..self.at, "the file ends here".to_owned());
        };
        let len = match continues_name(c) {
            true => rest.find(|c| !continues_name(c)).unwrap_or(rest.len()),
            false => c.len_utf8(),
        };
        let found = format!("found `{}`", printable(&rest[..len]));
        (self.at..self.at + len, found)
    }

    pub(super) fn expected(&self, what: &str) -> Box<Problem> {
        let (span, found) = self.next_token();
        Box::new(syntax(span, format!("expected {what}"), found))
    }
}
