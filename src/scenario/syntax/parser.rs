//! A recursive descent parser with a limit of nesting.

use super::cursor::{Cursor, Parsed, continues_name, starts_name, syntax};
use super::{Field, Kind, MAX_DEPTH, Name, Node, Number, NumberError, Span, Tree};
use crate::scenario::problem::{Problem, printable};

/// Reads a whole text.
///
/// # Errors
/// The first syntax error, with its place.
pub fn parse(text: &str) -> Result<Tree, Box<Problem>> {
    let mut cursor = Cursor { text, at: 0, end: 0 };
    let mut extensions = Vec::new();
    cursor.skip()?;
    while cursor.take("#") {
        attribute(&mut cursor, &mut extensions)?;
        cursor.skip()?;
    }
    if cursor.rest().is_empty() {
        let problem = syntax(0..0, "scenario is empty", "");
        let hint = "the smallest one is `Scenario(schema: 1, load: {..}, ..)`";
        return Err(Box::new(problem.hint(hint)));
    }
    let root = value(&mut cursor, 0)?;
    cursor.skip()?;
    if !cursor.rest().is_empty() {
        let (span, found) = cursor.next_token();
        let problem = syntax(span, "expected nothing after the scenario", found)
            .also(root.head(), "the scenario starts here")
            .also(root.span.end - 1..root.span.end, "and ends here")
            .hint("a file holds one scenario; is there a bracket too many?");
        return Err(Box::new(problem));
    }
    Ok(Tree { root, extensions })
}

/// True if a text begins, after white space, comments and attributes, with `name` or a bracket, as
/// a value called `name` does.
#[must_use]
pub fn begins_as(text: &str, name: &str) -> bool {
    let mut cursor = Cursor { text, at: 0, end: 0 };
    let mut extensions = Vec::new();
    let mut skip = || {
        cursor.skip().ok()?;
        while cursor.take("#") {
            attribute(&mut cursor, &mut extensions).ok()?;
            cursor.skip().ok()?;
        }
        Some(cursor.take("(") || cursor.name().is_some_and(|first| first.text == name))
    };
    skip().unwrap_or(false)
}

/// Reads the one value that starts at byte `at` of a longer text.
///
/// # Errors
/// The first syntax error, or a text after the value, with its place in `text`.
pub fn parse_value(text: &str, at: usize) -> Result<Node, Box<Problem>> {
    let mut cursor = Cursor { text, at, end: at };
    cursor.skip()?;
    let node = value(&mut cursor, 0)?;
    cursor.skip()?;
    match cursor.rest().is_empty() {
        true => Ok(node),
        false => Err(cursor.expected("nothing after the value")),
    }
}

/// Reads an attribute: `#![enable(..)]`, or `#![schema = ".."]` and `#![type = ".."]` for editors.
fn attribute(cursor: &mut Cursor<'_>, extensions: &mut Vec<Name>) -> Parsed<()> {
    for token in ["!", "["] {
        cursor.skip()?;
        if !cursor.take(token) {
            return Err(cursor.expected("an attribute such as `#![enable(implicit_some)]`"));
        }
    }
    cursor.skip()?;
    let known = "`enable(..)`, `schema = \"..\"` or `type = \"..\"`";
    let before = cursor.at;
    let name = cursor.name().map(|name| name.text);
    cursor.skip()?;
    match name.as_deref() {
        Some("enable") => {
            if !cursor.take("(") {
                return Err(cursor.expected("`(` and names of extensions"));
            }
            loop {
                cursor.skip()?;
                if cursor.take(")") {
                    break;
                }
                let Some(name) = cursor.name() else {
                    return Err(cursor.expected("the name of an extension, or `)`"));
                };
                extensions.push(name);
                cursor.skip()?;
                if !cursor.take(",") && !cursor.rest().starts_with(')') {
                    return Err(cursor.expected("`,` or `)`"));
                }
            }
        }
        Some("schema" | "type") => {
            if !cursor.take("=") {
                return Err(cursor.expected("`=` and a string"));
            }
            cursor.skip()?;
            if !matches!(cursor.quoted()?, Some(Kind::Text(_))) {
                return Err(cursor.expected("a string"));
            }
        }
        _ => {
            cursor.at = before;
            return Err(cursor.expected(known));
        }
    }
    cursor.skip()?;
    match cursor.take("]") {
        true => Ok(()),
        false => Err(cursor.expected("`]`, the end of the attribute")),
    }
}

/// Reads a value. Recursion ends at [`MAX_DEPTH`], which also bounds the stack for dropping the
/// tree.
fn value(cursor: &mut Cursor<'_>, depth: usize) -> Parsed<Node> {
    let start = cursor.at;
    let kind = if let Some(kind) = cursor.quoted()? {
        kind
    } else if cursor.rest().starts_with(starts_number) {
        number(cursor)?
    } else if let Some(name) = cursor.name() {
        named(cursor, name, depth)?
    } else {
        match cursor.peek() {
            Some('(') => parentheses(cursor, None, depth)?,
            Some('[') => list(cursor, depth)?,
            Some('{') => map(cursor, depth)?,
            _ => return Err(cursor.expected("a value")),
        }
    };
    let span = start..cursor.end;
    Ok(Node { span, kind })
}

fn starts_number(c: char) -> bool {
    c.is_ascii_digit() || matches!(c, '+' | '-' | '.')
}

fn number(cursor: &mut Cursor<'_>) -> Parsed<Kind> {
    let start = cursor.at;
    let mut before = ' ';
    // `100/s` and `5%` are read as one token, for the message; `5//` is a number and a comment.
    while let Some(c) = cursor.peek() {
        let exponent = matches!(c, '+' | '-') && matches!(before, 'e' | 'E' | ' ');
        let comment = cursor.rest().starts_with("//") || cursor.rest().starts_with("/*");
        let more = continues_name(c) || exponent || matches!(c, '.' | '%' | '/');
        if comment || !more {
            break;
        }
        before = c;
        cursor.at += c.len_utf8();
    }
    cursor.end = cursor.at;
    let text = &cursor.text[start..cursor.at];
    if Number::read(text) != Err(NumberError::Malformed) {
        return Ok(Kind::Number);
    }
    let problem = syntax(start..cursor.at, "not a number", format!("`{}`", printable(text)));
    let digits = text.starts_with(|c: char| c.is_ascii_digit());
    let hint = match text {
        _ if digits && text.ends_with('%') => {
            Some("ratios are written from 0 to 1: 0.05 for 5 %".to_owned())
        }
        _ if ["u32", "u64", "f64", "i32", "i64", "u8", "f32"].iter().any(|s| text.ends_with(s)) => {
            Some("numbers have no type suffix here".to_owned())
        }
        _ if digits && !text.starts_with("0x") && text.contains(char::is_alphabetic) => {
            let quoted = printable(text);
            Some(format!("values with a unit are written in quotes: \"{quoted}\""))
        }
        _ => None,
    };
    Err(Box::new(problem.maybe_hint(hint)))
}

fn named(cursor: &mut Cursor<'_>, name: Name, depth: usize) -> Parsed<Kind> {
    match name.text.as_str() {
        "true" => return Ok(Kind::Bool(true)),
        "false" => return Ok(Kind::Bool(false)),
        "inf" | "NaN" | "inff32" | "inff64" | "NaNf32" | "NaNf64" => return Ok(Kind::Number),
        _ => {}
    }
    cursor.skip()?;
    match cursor.peek() {
        Some('(') => parentheses(cursor, Some(name), depth),
        _ => Ok(Kind::Word(name.text)),
    }
}

fn open(cursor: &mut Cursor<'_>, depth: usize) -> Parsed<Span> {
    let span = cursor.at..cursor.at + 1;
    cursor.at += 1;
    cursor.end = cursor.at;
    if depth >= MAX_DEPTH {
        let rule = format!("nesting deeper than {MAX_DEPTH}");
        return Err(Box::new(syntax(span, rule, "one bracket too deep")));
    }
    cursor.skip()?;
    Ok(span)
}

/// Reads the separator of two elements: a comma, or nothing before the closing bracket.
fn separator(cursor: &mut Cursor<'_>, opened: &Span, close: char) -> Parsed<()> {
    cursor.skip()?;
    if cursor.take(",") {
        return cursor.skip();
    }
    match cursor.peek() {
        Some(c) if c == close => Ok(()),
        None => Err(cut(cursor, opened, close)),
        Some(c @ (')' | ']' | '}')) => {
            let span = cursor.at..cursor.at + 1;
            let rule = format!("expected `,` or `{close}`, found `{c}`");
            let problem = syntax(span, rule, "does not close what is open");
            Err(Box::new(problem.also(opened.clone(), "this is open")))
        }
        Some(c) => {
            let (span, found) = cursor.next_token();
            let rule = format!("expected `,` or `{close}`");
            let missing = starts_name(c) || starts_number(c) || matches!(c, '"' | '(' | '[' | '{');
            let problem = match missing {
                true => syntax(cursor.end - 1..cursor.end, rule, "a comma is missing after this"),
                false => syntax(span, rule, found),
            };
            Err(Box::new(problem))
        }
    }
}

fn cut(cursor: &Cursor<'_>, opened: &Span, close: char) -> Box<Problem> {
    let end = cursor.text.trim_end().len();
    let rule = format!("the file ends where `,` or `{close}` is expected");
    let problem = syntax(end..end, rule, "the file ends here");
    Box::new(problem.also(opened.clone(), "this is still open"))
}

/// Consumes the closing bracket, if it is next; true after the last element.
fn closed(cursor: &mut Cursor<'_>, opened: &Span, close: char) -> Parsed<bool> {
    match cursor.peek() {
        None => Err(cut(cursor, opened, close)),
        Some(c) if c == close => {
            cursor.at += 1;
            cursor.end = cursor.at;
            Ok(true)
        }
        Some(_) => Ok(false),
    }
}

fn list(cursor: &mut Cursor<'_>, depth: usize) -> Parsed<Kind> {
    let opened = open(cursor, depth)?;
    let mut items = Vec::new();
    while !closed(cursor, &opened, ']')? {
        items.push(value(cursor, depth + 1)?);
        separator(cursor, &opened, ']')?;
    }
    Ok(Kind::List(items))
}

fn map(cursor: &mut Cursor<'_>, depth: usize) -> Parsed<Kind> {
    let opened = open(cursor, depth)?;
    let mut entries = Vec::new();
    while !closed(cursor, &opened, '}')? {
        let key = value(cursor, depth + 1)?;
        cursor.skip()?;
        if !cursor.take(":") {
            return Err(cursor.expected("`:` and the value of this entry"));
        }
        cursor.skip()?;
        let value = value(cursor, depth + 1)?;
        entries.push((key, value));
        separator(cursor, &opened, '}')?;
    }
    Ok(Kind::Map(entries))
}

/// Reads the name of a field, if `name:` is next; else consumes nothing.
fn field_name(cursor: &mut Cursor<'_>) -> Parsed<Option<Name>> {
    let (at, end) = (cursor.at, cursor.end);
    if let Some(name) = cursor.name() {
        cursor.skip()?;
        if cursor.take(":") {
            cursor.skip()?;
            return Ok(Some(name));
        }
    }
    (cursor.at, cursor.end) = (at, end);
    Ok(None)
}

fn parentheses(cursor: &mut Cursor<'_>, name: Option<Name>, depth: usize) -> Parsed<Kind> {
    let opened = open(cursor, depth)?;
    let mut fields = Vec::new();
    let mut items = Vec::new();
    while !closed(cursor, &opened, ')')? {
        if let Some(name) = field_name(cursor)? {
            let value = value(cursor, depth + 1)?;
            fields.push(Field { name, value });
        } else {
            items.push(value(cursor, depth + 1)?);
        }
        cursor.skip()?;
        if let (true, Some(key)) = (cursor.rest().starts_with(':'), items.last()) {
            return Err(Box::new(quoted_field(key)));
        }
        separator(cursor, &opened, ')')?;
        if let (false, Some(item)) = (fields.is_empty(), items.first()) {
            let rule = "expected a field such as `name: value`";
            let problem = syntax(item.head(), rule, "a value without a name");
            return Err(Box::new(problem.also(fields[0].name.span.clone(), "has its name")));
        }
    }
    Ok(match fields.is_empty() {
        true => Kind::Tuple(name, items),
        false => Kind::Record(name, fields),
    })
}

fn quoted_field(key: &Node) -> Problem {
    let problem = syntax(key.head(), "expected the name of a field before `:`", key.what());
    match &key.kind {
        Kind::Text(_) => problem
            .hint("fields have no quotes; a map from quoted names is written in braces: { .. }"),
        _ => problem,
    }
}
