//! Defuses lines that other programs would execute.
//!
//! The runner of GitHub Actions reads everything that a step prints, on both streams. A line that
//! begins with `::` after white space is a command to it, and so is `##[` anywhere in a line, the
//! older form. Names of services and files come from others and may contain both.

use std::borrow::Cow;

/// The text with every command defused, whether colours are stripped later or not. JSON keeps its
/// meaning: none of its lines begins with `::`, and `##[` occurs only within strings.
pub(crate) fn guarded(text: &str) -> Cow<'_, str> {
    if is_harmless(text) {
        return Cow::Borrowed(text);
    }
    let lines = text.split_inclusive('\n').map(|line| match is_harmless(line) {
        true => Cow::Borrowed(line),
        false => Cow::Owned(guarded_line(line)),
    });
    Cow::Owned(lines.collect())
}

/// True of what holds no command, whatever its lines begin with: most of a page, and nearly all of
/// a large JSON.
fn is_harmless(text: &str) -> bool {
    !text.contains('\u{1b}') && !text.contains("::") && !text.contains("##[")
}

fn guarded_line(line: &str) -> String {
    let (plain, places) = without_colours(line);
    let mut guarded = line.to_owned();
    // From the back, so that earlier offsets stay valid.
    for (at, _) in plain.rmatch_indices("##[") {
        guarded.replace_range(places[at + 1]..=places[at + 1], "\\u0023");
    }
    let begins = plain.len() - unseen(&plain).len();
    // A command is `::name ..::text`; the `:::` before a second place in a file is none, if no
    // colour splits it: a program that keeps colours would see `::` alone.
    let in_one = places.get(begins).is_some_and(|&at| line[at..].starts_with("::: "));
    let rest = plain[begins..].strip_prefix("::: ").filter(|_| in_one);
    let leads_on = rest.is_some_and(|rest| !rest.contains("::"));
    if plain[begins..].starts_with("::") && !leads_on {
        let at = places[begins];
        match guarded[..at].ends_with(' ') {
            // A backslash replaces a space, so that columns stay aligned.
            true => guarded.replace_range(at - 1..at, "\\"),
            false => guarded.insert(at, '\\'),
        }
    }
    guarded
}

/// The line without colour sequences, and the original offset of each of its bytes.
fn without_colours(line: &str) -> (String, Vec<usize>) {
    let (mut plain, mut places) = (String::new(), Vec::new());
    let mut at = 0;
    while let Some(next) = line[at..].chars().next() {
        if let Some(sequence) = line[at..].strip_prefix("\u{1b}[") {
            let rest = sequence.trim_start_matches(|c: char| c.is_ascii_digit() || c == ';');
            if let Some(rest) = rest.strip_prefix('m') {
                at = line.len() - rest.len();
                continue;
            }
        }
        plain.push(next);
        places.extend(at..at + next.len_utf8());
        at += next.len_utf8();
    }
    (plain, places)
}

/// The HTML page with every command defused; a name with newlines may begin a line of it.
pub(crate) fn guarded_html(page: &str) -> Cow<'_, str> {
    if !page.contains("::") {
        return Cow::Borrowed(page);
    }
    let lines = page.split_inclusive('\n').map(|line| match unseen(line).starts_with("::") {
        true => line.replacen("::", "&#58;:", 1),
        false => line.to_owned(),
    });
    Cow::Owned(lines.collect())
}

/// The rest of a line after leading white space, control characters and colour sequences, which a
/// reading program skips or never receives.
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
        let rest = line.trim_start().strip_prefix("::");
        let begins = rest.is_some_and(|rest| !rest.starts_with(": ") || rest.contains("::"));
        begins || line.contains("##[")
    }

    #[test]
    fn names_begin_no_command_and_columns_stay() {
        assert_eq!(guarded("a\n  ::b  1\n::c\n"), "a\n \\::b  1\n\\::c\n");
        assert_eq!(guarded("\u{1b}[1m\u{1b}[32m::b"), "\u{1b}[1m\u{1b}[32m\\::b");
        assert_eq!(guarded("{\"##[x]\":1}"), "{\"#\\u0023[x]\":1}");
        assert_eq!(guarded(" ::: a.ron:7:3"), " ::: a.ron:7:3");
        assert_eq!(guarded("::\u{1b}[31m: a"), "\\::\u{1b}[31m: a");
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
                let again: serde_json::Value = serde_json::from_str(&guarded).unwrap();
                prop_assert_eq!(&again, &json);
            }
        }
    }
}
