//! Reads traces back from files.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use dessim::experiment::diverge::{Replay, ReplayError};
use dessim::experiment::trace::{Header, Line, TRACE_SCHEMA};

use crate::cli::exit::Exit;
use crate::cli::files::claims;
use crate::cli::terminal::ui::{Failure, shown};

/// Longest header, in bytes: a file without newlines is not read as a whole.
const MOST_HEADER_BYTES: u64 = 16 << 20;

/// A trace written by `dessim run --trace`.
#[derive(Debug)]
pub(crate) struct TraceFile {
    path: PathBuf,
    pub(crate) header: Header,
}

impl TraceFile {
    /// Opens `path` if its first line is the header of a trace; `None` for any other file, and for
    /// one that can be read only once.
    pub(crate) fn open(path: &Path) -> Result<Option<Self>, Failure> {
        let failed = |error| Failure::io("read", path, &error);
        if !path.metadata().is_ok_and(|about| about.is_file()) {
            return Ok(None);
        }
        claims::reads(path)?;
        let mut file = BufReader::new(File::open(path).map_err(failed)?).take(MOST_HEADER_BYTES);
        let mut line = Vec::new();
        file.read_until(b'\n', &mut line).map_err(failed)?;
        let Ok(json) = serde_json::from_slice::<serde_json::Value>(&line) else {
            return Ok(None);
        };
        let schema = json.get("schema").and_then(serde_json::Value::as_str);
        if !schema.is_some_and(|schema| schema.starts_with("dessim.trace/")) {
            return Ok(None);
        }
        let header = header(json).map_err(|why| {
            Failure::Message(
                Exit::Invalid,
                format!("{} is not a trace: {why}", shown(path)),
                Some("dessim run FILE --trace FILE.jsonl writes one".to_owned()),
            )
        })?;
        let path = path.to_owned();
        Ok(Some(Self { path, header }))
    }
}

fn header(json: serde_json::Value) -> Result<Header, String> {
    match json.get("schema").and_then(serde_json::Value::as_str) {
        Some(other) if other != TRACE_SCHEMA => {
            let other = dessim::scenario::problem::printable(other);
            Err(format!("its schema is {other}, not {TRACE_SCHEMA}"))
        }
        _ => serde_json::from_value(json)
            .map_err(|error| format!("its first line is broken: {error}")),
    }
}

impl Replay for TraceFile {
    fn arms(&self) -> Vec<String> {
        self.header.arms.clone()
    }

    fn play(&mut self, visit: &mut dyn FnMut(&Line<'_>)) -> Result<(), ReplayError> {
        let mut file = BufReader::with_capacity(1 << 16, File::open(&self.path)?);
        let mut text = Vec::new();
        let mut number = 0;
        while file.read_until(b'\n', &mut text)? > 0 {
            number += 1;
            if number > 1 {
                let broken = |message: String| ReplayError::Line { line: number, message };
                if text.last() != Some(&b'\n') {
                    return Err(broken("the file ends within this line".to_owned()));
                }
                let line: Line<'_> = serde_json::from_slice(&text)
                    .map_err(|error| broken(format!("not a record of a trace: {error}")))?;
                visit(&line);
            }
            text.clear();
        }
        Ok(())
    }
}
