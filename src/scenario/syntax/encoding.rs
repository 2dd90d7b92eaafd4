//! Decodes bytes as text, or reports the first invalid byte.

use std::borrow::Cow;

use crate::scenario::path::Path;
use crate::scenario::problem::{Problem, Problems};

/// Largest scenario, in bytes; usual ones have some kilobytes.
const MAX_BYTES: usize = 16 << 20;

/// The text of `bytes`, without a byte order mark.
///
/// # Errors
/// If the bytes are not UTF-8, contain a NUL, or are longer than 16 MiB.
pub fn decode<'a>(name: &str, bytes: &'a [u8]) -> Result<&'a str, Problems> {
    let refuse = |text: Cow<'_, str>, problem| Err(Problems::one(name, text.into_owned(), problem));
    let whole = |rule: &str, found: String| Problem::error(&Path::root(), rule, found);
    if bytes.len() > MAX_BYTES {
        let found = format!("{} bytes", bytes.len());
        return refuse("".into(), whole("larger than 16 MiB", found));
    }
    if looks_like_utf16(bytes) {
        let rule = "looks like UTF-16; save it as UTF-8";
        return refuse("".into(), whole(rule, String::new()));
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let text = match core::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => {
            let at = error.valid_up_to();
            let found = format!("byte 0x{:02x} at offset {at}", bytes[at]);
            let problem =
                whole("not valid UTF-8", found).at(at..at + 1).hint("save the file as UTF-8");
            return refuse(String::from_utf8_lossy(bytes), problem);
        }
    };
    if let Some(at) = text.find('\0') {
        let found = format!("NUL at offset {at}");
        let problem = whole("a scenario is text, and text has no NUL byte", found);
        return refuse(text.into(), problem.at(at..at + 1));
    }
    Ok(text)
}

/// True for a byte order mark of UTF-16, or zeros in every other byte at the start, which no RON
/// text has.
fn looks_like_utf16(bytes: &[u8]) -> bool {
    match bytes {
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => true,
        [0, b, 0, d, ..] | [b, 0, d, 0, ..] => *b != 0 && *d != 0,
        _ => false,
    }
}
