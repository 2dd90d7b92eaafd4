//! Strings, raw strings, and the characters and bytes that scenarios do not use.

use super::cursor::{Cursor, Parsed, syntax};
use super::{Kind, Span};
use crate::scenario::problem::{Problem, printable};

impl Cursor<'_> {
    /// Reads a string, character or byte string, if one starts here.
    pub(super) fn quoted(&mut self) -> Parsed<Option<Kind>> {
        let rest = self.rest();
        let raw = |prefix: &str| {
            rest.strip_prefix(prefix)
                .is_some_and(|rest| rest.trim_start_matches('#').starts_with('"'))
        };
        if raw("r") {
            self.at += 1;
            return self.raw_string().map(|text| Some(Kind::Text(text)));
        }
        if raw("br") {
            self.at += 2;
            self.raw_string()?;
            return Ok(Some(Kind::Foreign("a byte string")));
        }
        if rest.starts_with("b\"") {
            self.at += 1;
            self.string('"')?;
            return Ok(Some(Kind::Foreign("a byte string")));
        }
        if rest.starts_with("b'") {
            self.at += 1;
            self.string('\'')?;
            return Ok(Some(Kind::Foreign("a byte")));
        }
        match self.peek() {
            Some('"') => self.string('"').map(|text| Some(Kind::Text(text))),
            Some('\'') => {
                self.string('\'')?;
                Ok(Some(Kind::Foreign("a character in single quotes")))
            }
            _ => Ok(None),
        }
    }

    fn raw_string(&mut self) -> Parsed<String> {
        let start = self.at;
        let rest = self.rest();
        let hashes = rest.len() - rest.trim_start_matches('#').len();
        let body = &rest[hashes + 1..];
        let close = format!("\"{}", &rest[..hashes]);
        let Some(len) = body.find(&close) else {
            return Err(unended(start..start + hashes + 1, &close));
        };
        self.at += hashes + 1 + len + close.len();
        self.end = self.at;
        Ok(body[..len].to_owned())
    }

    fn string(&mut self, quote: char) -> Parsed<String> {
        let open = self.at..self.at + 1;
        self.at += 1;
        let mut out = String::new();
        loop {
            let rest = self.rest();
            let Some(len) = rest.find([quote, '\\']) else {
                return Err(unended(open, &quote.to_string()));
            };
            out.push_str(&rest[..len]);
            self.at += len;
            if self.rest().starts_with(quote) {
                self.at += 1;
                self.end = self.at;
                return Ok(out);
            }
            self.escape(&mut out, &open)?;
        }
    }

    fn escape(&mut self, out: &mut String, open: &Span) -> Parsed<()> {
        let start = self.at;
        self.at += 1;
        let Some(c) = self.peek() else {
            return Err(unended(open.clone(), "\""));
        };
        self.at += c.len_utf8();
        match c {
            '"' | '\'' | '\\' => out.push(c),
            'n' => out.push('\n'),
            'r' => out.push('\r'),
            't' => out.push('\t'),
            '0' => out.push('\0'),
            'x' => {
                let digits = self.rest().get(..2).unwrap_or_default();
                let code = u8::from_str_radix(digits, 16).ok().filter(u8::is_ascii);
                let Some(code) = code.filter(|_| !digits.starts_with('+')) else {
                    let hint = "`\\x` takes two digits, from 00 to 7f; beyond, write `\\u{..}`";
                    return Err(self.bad_escape(start, hint));
                };
                self.at += 2;
                out.push(char::from(code));
            }
            'u' => {
                let Some((c, len)) = unicode(self.rest()) else {
                    let hint = "a character is written `\\u{e9}`, with 1 to 6 hexadecimal digits";
                    return Err(self.bad_escape(start, hint));
                };
                self.at += len;
                out.push(c);
            }
            '\n' | '\r' => {
                let rest = self.rest();
                self.at += rest.len() - rest.trim_start_matches([' ', '\t', '\n', '\r']).len();
            }
            _ => {
                let hint = "escapes are \\n \\r \\t \\0 \\\\ \\\" \\' \\x41 \\u{e9}; \
                            a backslash is written `\\\\`, or use r\"..\"";
                return Err(self.bad_escape(start, hint));
            }
        }
        Ok(())
    }

    fn bad_escape(&self, start: usize, hint: &str) -> Box<Problem> {
        let span = start..self.at;
        let found = format!("`{}`", printable(&self.text[span.clone()]));
        Box::new(syntax(span, "unknown escape in a string", found).hint(hint))
    }
}

fn unicode(rest: &str) -> Option<(char, usize)> {
    let digits = rest.strip_prefix('{')?;
    let len = digits.find('}').filter(|len| (1..=6).contains(len))?;
    let digits = &digits[..len];
    if !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let c = u32::from_str_radix(digits, 16).ok().and_then(char::from_u32)?;
    Some((c, len + 2))
}

fn unended(span: Span, close: &str) -> Box<Problem> {
    let found = format!("starts here, and the file ends before its `{close}`");
    Box::new(syntax(span, "this string never ends", found))
}
