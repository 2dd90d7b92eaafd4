//! A file of consecutive cells: written cell by cell, resumed after an interruption, and read back.
//!
//! The first line has the digest of the plan and the range of cells. Every byte of the file is a
//! pure function of the plan, so two writers would write the same bytes to the same places; where
//! the system has file locks, the second writer is refused nevertheless.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, BufRead, BufReader, BufWriter, Seek, SeekFrom, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};

use dessim::report::sweep::line::{from_line, to_line};
use dessim::report::sweep::{Cell, Outline};
use serde_json::{Value, json};

use crate::cli::exit::Exit;
use crate::cli::files::claims;
use crate::cli::terminal::ui::{Failure, shown};

/// The schema name in the first line.
const PART_SCHEMA: &str = "dessim.cells/1";

/// Longest line of a cell, in bytes.
const LINE_BYTES: u64 = 64 << 20;

/// File name of these cells; sorting by name sorts by cell.
pub(super) fn name(outline: &Outline, cells: &Range<u64>) -> String {
    let width = (outline.cells() - 1).to_string().len();
    format!("cells-{:0width$}-{:0width$}.jsonl", cells.start, cells.end - 1)
}

fn head(outline: &Outline, cells: &Range<u64>) -> String {
    let head = json!({
        "schema": PART_SCHEMA,
        "plan": outline.plan.to_string(),
        "dessim": outline.dessim,
        "model": outline.model,
        "first": cells.start,
        "last": cells.end - 1,
    });
    format!("{head}\n")
}

/// A part open for writing.
#[derive(Debug)]
pub(super) struct Writer {
    path: PathBuf,
    out: BufWriter<File>,
    /// Index of the first cell that is missing.
    pub(super) next: u64,
}

impl Writer {
    /// Opens the part, refuses one of another plan, hands the cells it holds to `each`, and cuts
    /// off an incomplete last line.
    pub(super) fn open(
        path: &Path,
        outline: &Outline,
        cells: &Range<u64>,
        each: impl FnMut(Cell) -> Result<(), Failure>,
    ) -> Result<Self, Failure> {
        let failed = |error: &io::Error| Failure::io("write", path, error);
        let file =
            OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path);
        let mut file = file.map_err(|error| failed(&error))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let message = format!("{} is being written by another process", shown(path));
                let hint = "wait for it, or end it: what it has finished is kept".to_owned();
                return Err(Failure::Message(Exit::Trouble, message, Some(hint)));
            }
            // A file system without locks: two writers write the same bytes to the same places.
            Err(TryLockError::Error(_)) => {}
        }
        let (next, end) = resume(path, &file, outline, cells, each)?;
        let ready = file.set_len(end).and_then(|()| file.seek(SeekFrom::Start(end)));
        ready.map_err(|error| failed(&error))?;
        let mut writer = Self { path: path.to_owned(), out: BufWriter::new(file), next };
        if end == 0 {
            writer.write(&head(outline, cells))?;
        }
        Ok(writer)
    }

    /// Adds the next cell.
    pub(super) fn add(&mut self, outline: &Outline, cell: &Cell) -> Result<(), Failure> {
        self.write(&to_line(outline, cell))?;
        self.next = cell.index + 1;
        Ok(())
    }

    fn write(&mut self, text: &str) -> Result<(), Failure> {
        let written = self.out.write_all(text.as_bytes());
        written.map_err(|error| Failure::io("write", &self.path, &error))
    }

    /// Flushes the part to disk.
    pub(super) fn close(mut self) -> Result<(), Failure> {
        let written = self.out.flush().and_then(|()| self.out.get_ref().sync_all());
        written.map_err(|error| Failure::io("write", &self.path, &error))
    }
}

/// The first missing cell of an existing part, and the offset at which its line begins.
fn resume(
    path: &Path,
    file: &File,
    outline: &Outline,
    cells: &Range<u64>,
    mut each: impl FnMut(Cell) -> Result<(), Failure>,
) -> Result<(u64, u64), Failure> {
    let mut lines = Lines::new(path, BufReader::new(file));
    match lines.next()? {
        // The file is empty, or ends within its first line.
        None | Some(Line { whole: false, .. }) => return Ok((cells.start, 0)),
        Some(line) if line.text == head(outline, cells).trim_end() => {}
        Some(line) => return Err(other_head(path, &line.text, outline)),
    }
    let mut end = lines.bytes;
    let mut next = cells.start;
    while let Some(line) = lines.next()? {
        if !line.whole {
            break;
        }
        let cell = match from_line(outline, &line.text) {
            Ok(cell) if cell.index == next && next < cells.end => cell,
            Ok(_) => return Err(corrupt(path, lines.number, "it is not the cell that follows")),
            Err(why) => return Err(corrupt(path, lines.number, &why)),
        };
        each(cell)?;
        end = lines.bytes;
        next += 1;
    }
    Ok((next, end))
}

/// Numbered lines of at most [`LINE_BYTES`].
#[derive(Debug)]
struct Lines<R> {
    path: PathBuf,
    from: R,
    number: u64,
    bytes: u64,
}

#[derive(Debug)]
struct Line {
    text: String,
    /// True if the line ends with a newline.
    whole: bool,
}

impl<R: BufRead> Lines<R> {
    fn new(path: &Path, from: R) -> Self {
        Self { path: path.to_owned(), from, number: 0, bytes: 0 }
    }

    fn next(&mut self) -> Result<Option<Line>, Failure> {
        let mut bytes = Vec::new();
        let mut limited = io::Read::take(&mut self.from, LINE_BYTES);
        let read = limited.read_until(b'\n', &mut bytes);
        let read = read.map_err(|error| Failure::io("read", &self.path, &error))?;
        if read == 0 {
            return Ok(None);
        }
        self.number += 1;
        self.bytes += read as u64;
        let whole = bytes.last() == Some(&b'\n');
        if whole {
            bytes.pop();
        }
        match String::from_utf8(bytes) {
            Ok(text) => Ok(Some(Line { text, whole })),
            Err(_) if !whole => Ok(Some(Line { text: String::new(), whole })),
            Err(_) => Err(corrupt(&self.path, self.number, "it is no text")),
        }
    }
}

fn corrupt(path: &Path, line: u64, why: &str) -> Failure {
    let message = format!("{}, line {line}: {why}", shown(path));
    let hint = "remove the file, and run its cells again".to_owned();
    Failure::Message(Exit::Invalid, message, Some(hint))
}

/// Says why the first line is not that of this plan.
fn other_head(path: &Path, line: &str, outline: &Outline) -> Failure {
    let value: Value = serde_json::from_str(line).unwrap_or_default();
    if value["schema"] != PART_SCHEMA {
        let why = format!("it does not begin a file of cells of schema {PART_SCHEMA}");
        return corrupt(path, 1, &why);
    }
    let why = if value["dessim"] != outline.dessim || value["model"] != outline.model {
        let text = |name: &str| value[name].as_str().map_or(value[name].to_string(), str::to_owned);
        format!(
            "it was written by dessim {} (model {}), and the plan is of {} (model {})",
            text("dessim"),
            text("model"),
            outline.dessim,
            outline.model
        )
    } else if value["plan"] != outline.plan.to_string() {
        let plan = value["plan"].as_str().unwrap_or_default();
        format!("its cells are of the plan {plan}, not of {}", outline.plan)
    } else {
        "its cells are not those of its name".to_owned()
    };
    corrupt(path, 1, &why)
}

/// A part open for reading.
#[derive(Debug)]
pub(super) struct Reader {
    pub(super) path: PathBuf,
    /// Index of the first cell of the part.
    pub(super) first: u64,
    pub(super) last: u64,
    lines: Option<Lines<BufReader<File>>>,
    peeked: Option<Cell>,
    next: u64,
}

impl Reader {
    /// Reads the first line; `None` if the file ends within it, and so has no cells.
    pub(super) fn open(path: &Path, outline: &Outline) -> Result<Option<Self>, Failure> {
        claims::reads(path)?;
        let file = File::open(path).map_err(|error| Failure::io("read", path, &error))?;
        let mut lines = Lines::new(path, BufReader::new(file));
        let Some(line) = lines.next()?.filter(|line| line.whole) else {
            return Ok(None);
        };
        let value: Value = serde_json::from_str(&line.text).unwrap_or_default();
        let (first, last) = (value["first"].as_u64(), value["last"].as_u64());
        let cells = match (first, last) {
            (Some(first), Some(last)) if first <= last && last < outline.cells() => first..last + 1,
            _ => return Err(other_head(path, &line.text, outline)),
        };
        if line.text != head(outline, &cells).trim_end() {
            return Err(other_head(path, &line.text, outline));
        }
        let path = path.to_owned();
        let reader = Self {
            path,
            first: cells.start,
            last: cells.end - 1,
            lines: None,
            peeked: None,
            next: cells.start,
        };
        Ok(Some(reader))
    }

    /// The next cell, without consuming it.
    pub(super) fn peek(&mut self, outline: &Outline) -> Result<Option<&Cell>, Failure> {
        if self.peeked.is_none() && self.next <= self.last {
            self.peeked = self.read(outline)?;
        }
        Ok(self.peeked.as_ref())
    }

    /// The next cell.
    pub(super) fn take(&mut self) -> Option<Cell> {
        self.peeked.take()
    }

    fn read(&mut self, outline: &Outline) -> Result<Option<Cell>, Failure> {
        let lines = match &mut self.lines {
            Some(lines) => lines,
            None => {
                let file = File::open(&self.path);
                let file = file.map_err(|error| Failure::io("read", &self.path, &error))?;
                let mut lines = Lines::new(&self.path, BufReader::new(file));
                lines.next()?;
                self.lines.insert(lines)
            }
        };
        let line = lines.next()?.filter(|line| line.whole);
        let number = lines.number;
        let Some(line) = line else {
            // An unfinished part: its remaining cells are missing.
            (self.next, self.lines) = (self.last + 1, None);
            return Ok(None);
        };
        match from_line(outline, &line.text) {
            Ok(cell) if cell.index == self.next => {
                self.next += 1;
                if self.next > self.last {
                    if lines.next()?.is_some() {
                        let why = "there are more cells than its first line says";
                        return Err(corrupt(&self.path, number + 1, why));
                    }
                    // Closes the file: a process may hold few of them open.
                    self.lines = None;
                }
                Ok(Some(cell))
            }
            Ok(_) => Err(corrupt(&self.path, number, "it is not the cell that follows")),
            Err(why) => Err(corrupt(&self.path, number, &why)),
        }
    }
}
