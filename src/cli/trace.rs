//! Traces as files, to be read again.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

use dessim::experiment::diverge::{Replay, ReplayError};
use dessim::experiment::trace::{Header, Line, TRACE_SCHEMA};

use super::Exit;
use super::ui::{Failure, shown};

/// A trace that was written by `dessim run --trace`.
#[derive(Debug)]
pub(super) struct TraceFile {
    path: PathBuf,
    pub(super) header: Header,
}

impl TraceFile {
    /// Opens `path` if it holds JSON, as no scenario does; `None` for anything else.
    pub(super) fn open(path: &Path) -> Result<Option<Self>, Failure> {
        let failed = |error| Failure::io("read", path, &error);
        let mut file = BufReader::new(File::open(path).map_err(failed)?);
        if file.fill_buf().map_err(failed)?.first() != Some(&b'{') {
            return Ok(None);
        }
        let mut line = Vec::new();
        file.read_until(b'\n', &mut line).map_err(failed)?;
        let header = header(&line).map_err(|why| {
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

fn header(line: &[u8]) -> Result<Header, String> {
    let json: serde_json::Value =
        serde_json::from_slice(line).map_err(|_| "its first line is not JSON".to_owned())?;
    match json.get("schema").and_then(serde_json::Value::as_str) {
        Some(TRACE_SCHEMA) => {}
        Some(other) => {
            let other = dessim::scenario::problem::printable(other);
            return Err(format!("its schema is {other}, not {TRACE_SCHEMA}"));
        }
        None => return Err(format!("its first line does not say schema {TRACE_SCHEMA}")),
    }
    serde_json::from_value(json).map_err(|error| format!("its first line is broken: {error}"))
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
