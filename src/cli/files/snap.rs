//! Snapshot files as insta writes them: a head between two `---`, then the contents.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use crate::cli::terminal::ui::Failure;

/// A snapshot file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Snap {
    /// The lines between the two `---`, each with its newline.
    head: String,
    /// The snapshot itself, without the newline at its end.
    pub(crate) contents: String,
}

impl Snap {
    /// The snapshot of the scenario `input`, a path below the project.
    pub(crate) fn new(input: &str, contents: &str) -> Self {
        Self {
            head: format!("source: dessim test\ninput_file: {}\n", yaml(input)),
            contents: trimmed(contents),
        }
    }

    /// The same file with other contents; its head stays as it was written.
    pub(crate) fn with(&self, contents: &str) -> Self {
        Self { head: self.head.clone(), contents: trimmed(contents) }
    }

    /// Reads a file; `None` if there is none.
    pub(crate) fn read(path: &Path) -> Result<Option<Self>, Failure> {
        match fs::read(path) {
            Ok(bytes) => Ok(Some(Self::parse(&String::from_utf8_lossy(&bytes)))),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(Failure::io("read", path, &error)),
        }
    }

    fn parse(text: &str) -> Self {
        let text = text.replace("\r\n", "\n");
        let split = text.strip_prefix("---\n").and_then(|rest| rest.split_once("\n---\n"));
        match split {
            Some((head, contents)) => {
                Self { head: format!("{head}\n"), contents: trimmed(contents) }
            }
            None => Self { head: String::new(), contents: trimmed(&text) },
        }
    }

    /// Path of its scenario, if the head has one.
    pub(crate) fn input_file(&self) -> Option<String> {
        let mut lines = self.head.lines();
        let value = lines.find_map(|line| line.strip_prefix("input_file:"))?;
        let value = value.trim();
        Some(match value.starts_with('"') {
            true => serde_json::from_str(value).unwrap_or_else(|_| value.to_owned()),
            false => value.to_owned(),
        })
    }

    /// The text of the file.
    pub(crate) fn text(&self) -> String {
        match self.head.is_empty() {
            true => format!("{}\n", self.contents),
            false => format!("---\n{}---\n{}\n", self.head, self.contents),
        }
    }
}

fn trimmed(contents: &str) -> String {
    contents.trim_end().to_owned()
}

/// A text as a YAML scalar: bare if it is certainly a plain one, else quoted.
fn yaml(text: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '/' | '.' | '_' | '-' | ' ');
    let bare = text.chars().all(plain)
        && text.starts_with(char::is_alphabetic)
        && text.contains(['/', '.'])
        && !text.ends_with(' ');
    match bare {
        true => text.to_owned(),
        false => serde_json::Value::from(text).to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        for input in ["scenarios/a b.ron", "../o\"ther: x.ron", "/tmp/日本.ron"] {
            let snap = Snap::new(input, "order  1\n\nhello\n\n");
            assert_eq!(Snap::parse(&snap.text()), snap);
            assert_eq!(snap.input_file().as_deref(), Some(input));
            assert!(snap.text().ends_with("hello\n"));
        }
    }

    #[test]
    fn heads_of_insta_are_kept() {
        let text = "---\r\nsource: tests/suite/golden.rs\r\ninput_file: a.ron\r\n---\r\nold\r\n";
        let snap = Snap::parse(text).with("new");
        let head = "source: tests/suite/golden.rs\ninput_file: a.ron\n";
        assert_eq!(snap.text(), format!("---\n{head}---\nnew\n"));
    }

    #[test]
    fn a_file_without_a_head_is_all_contents() {
        let snap = Snap::parse("only\n---\nthis\n");
        assert_eq!(snap.contents, "only\n---\nthis");
        assert_eq!(snap.text(), "only\n---\nthis\n");
    }
}
