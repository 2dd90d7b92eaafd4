//! Lines that other programs obey, and what keeps names from being such lines.
//!
//! The runner of GitHub's actions reads everything that a step prints, on both streams: a line that
//! begins with `::` after white space is a command to it, as is `##[` anywhere in a line, its older
//! form. Names of services and files come from others and may be both.

use std::borrow::Cow;

/// A page of text, or JSON, in which no line is a command. JSON stays the same JSON: none of its
/// lines begins with `::`, and `##[` can only be in a string.
pub(super) fn guarded(text: &str) -> Cow<'_, str> {
    if !text.contains("::") && !text.contains("##[") {
        return Cow::Borrowed(text);
    }
    let lines = text.split_inclusive('\n').map(|line| {
        let start = line.len() - unseen(line).len();
        match line[start..].starts_with("::") {
            // A backslash in the place of a space: columns stay where they are.
            true if line[..start].ends_with(' ') => {
                format!("{}\\{}", &line[..start - 1], &line[start..])
            }
            true => format!("{}\\{}", &line[..start], &line[start..]),
            false => line.to_owned(),
        }
    });
    Cow::Owned(lines.collect::<String>().replace("##[", "#\\u0023["))
}

/// A page of HTML, in which a name of several lines may begin one.
pub(super) fn guarded_html(page: &str) -> Cow<'_, str> {
    if !page.contains("::") {
        return Cow::Borrowed(page);
    }
    let lines = page.split_inclusive('\n').map(|line| match unseen(line).starts_with("::") {
        true => line.replacen("::", "&#58;:", 1),
        false => line.to_owned(),
    });
    Cow::Owned(lines.collect())
}

/// What is left of a line behind white space, control characters and sequences for colours, which
/// a program that reads the line skips, or never gets.
fn unseen(line: &str) -> &str {
    let mut rest = line;
    loop {
        let before = rest;
        if let Some(sequence) = rest.strip_prefix("\u{1b}[") {
            rest = sequence.trim_start_matches(|c: char| c.is_ascii_digit() || c == ';');
            rest = rest.strip_prefix('m').unwrap_or(rest);
        }
        rest = rest.trim_start_matches(|c: char| {
            c.is_whitespace() || c.is_control() && c != '\u{1b}' || c == '\u{feff}'
        });
        if rest == before {
            return rest;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn is_command(line: &str) -> bool {
        line.trim_start().starts_with("::") || line.contains("##[")
    }

    #[test]
    fn names_begin_no_command_and_columns_stay() {
        assert_eq!(guarded("a\n  ::b  1\n::c\n"), "a\n \\::b  1\n\\::c\n");
        assert_eq!(guarded("\u{1b}[1m\u{1b}[32m::b"), "\u{1b}[1m\u{1b}[32m\\::b");
        assert_eq!(guarded("{\"##[x]\":1}"), "{\"#\\u0023[x]\":1}");
        assert_eq!(guarded_html("<p>a\n::b</p>"), "<p>a\n&#58;:b</p>");
        assert!(matches!(guarded("plain: a::b"), Cow::Owned(text) if text == "plain: a::b"));
    }

    fn hostile() -> impl Strategy<Value = String> {
        let pieces =
            ["::", "##[", ":", "#", " ", "\t", "\n", "\u{1b}[31m", "\u{feff}", "a", "[", "\""];
        let piece = proptest::sample::select(pieces.to_vec());
        proptest::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #[test]
        fn no_text_holds_a_command(text in hostile()) {
            let guarded = guarded(&text);
            for line in guarded.lines() {
                prop_assert!(!is_command(line), "{line:?}");
                // As it is where colours are taken out.
                prop_assert!(!is_command(&line.replace("\u{1b}[31m", "")), "{line:?}");
            }
        }

        #[test]
        fn json_stays_the_same(name in hostile(), other in hostile()) {
            let json = serde_json::json!({ name: [other] });
            for text in [json.to_string(), format!("{json:#}")] {
                let guarded = guarded(&text);
                prop_assert!(!guarded.lines().any(is_command), "{guarded}");
                prop_assert_eq!(&serde_json::from_str::<serde_json::Value>(&guarded).unwrap(), &json);
            }
        }
    }
}
