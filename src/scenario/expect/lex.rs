//! The words of a sentence.

use super::Refusal;
use crate::scenario::problem::printable;

/// A word and its spelling.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Token {
    pub(super) kind: Word,
    /// The word as written.
    pub(super) text: String,
}

/// A word of a sentence.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Word {
    /// A name without its quotes; true if any part of it was quoted.
    Name(String, bool),
    /// A number, and the letters behind it.
    Number(f64, String),
    /// `<`, `<=`, `(`, ...
    Symbol(&'static str),
}

const SYMBOLS: [&str; 14] =
    ["<=", ">=", "==", "!=", "<", ">", "=", "+", "-", "*", "/", "(", ")", ","];

/// The words of `text`, in order.
pub(super) fn words(text: &str) -> Result<Vec<Token>, Refusal> {
    let mut rest = text.trim_start();
    let mut tokens = Vec::new();
    while let Some(first) = rest.chars().next() {
        let (kind, length) = match first {
            _ if starts_name(first) => name(rest)?,
            '0'..='9' => number(rest)?,
            _ => symbol(rest)?,
        };
        tokens.push(Token { kind, text: rest[..length].to_owned() });
        rest = rest[length..].trim_start();
    }
    Ok(tokens)
}

fn is_quote(c: char) -> bool {
    matches!(c, '"' | '\'')
}

fn starts_name(c: char) -> bool {
    c.is_alphabetic() || c == '_' || is_quote(c)
}

/// A name: letters, digits, `_ - . #`, and any characters between quotes.
fn name(text: &str) -> Result<(Word, usize), Refusal> {
    let mut name = String::new();
    let mut quoted = false;
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        if is_quote(c) {
            let inside = &text[at + 1..];
            let Some(length) = inside.find(c) else {
                let found = format!("found `{}`", printable(&text[at..]));
                return Err(Refusal::new("a quoted name ends in its quote", found));
            };
            name.push_str(&inside[..length]);
            quoted = true;
            at += length + 2;
        } else if c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '#') {
            name.push(c);
            at += c.len_utf8();
        } else {
            break;
        }
    }
    Ok((Word::Name(name, quoted), at))
}

/// A number: digits, a fraction, an exponent; then its unit, of letters or `%`.
fn number(text: &str) -> Result<(Word, usize), Refusal> {
    let digits = |from: usize| {
        let rest = &text[from..];
        from + rest.find(|c: char| !c.is_ascii_digit() && c != '_').unwrap_or(rest.len())
    };
    let mut end = digits(0);
    if text[end..].starts_with('.') {
        end = digits(end + 1);
    }
    let exponent = &text[end..];
    if exponent.starts_with(['e', 'E']) {
        let sign = usize::from(exponent[1..].starts_with(['+', '-']));
        let last = digits(end + 1 + sign);
        if last > end + 1 + sign {
            end = last;
        }
    }
    let unit = &text[end..];
    let unit = &unit[..unit.find(|c: char| !c.is_alphabetic() && c != '%').unwrap_or(unit.len())];
    let written = text[..end].replace('_', "");
    match written.parse::<f64>() {
        Ok(value) if value.is_finite() => {
            Ok((Word::Number(value, unit.to_owned()), end + unit.len()))
        }
        _ => {
            let found = format!("found `{}`", printable(&text[..end]));
            Err(Refusal::new("expected a number", found))
        }
    }
}

fn symbol(text: &str) -> Result<(Word, usize), Refusal> {
    match SYMBOLS.iter().find(|symbol| text.starts_with(**symbol)) {
        Some(symbol) => Ok((Word::Symbol(symbol), symbol.len())),
        None => {
            let c: String = text.chars().take(1).collect();
            let found = format!("found `{}`", printable(&c));
            let rule = "expected names, numbers, `+ - * / ( )` and comparisons";
            Err(Refusal::new(rule, found).hint("names with other characters need quotes: 'a&b'"))
        }
    }
}
