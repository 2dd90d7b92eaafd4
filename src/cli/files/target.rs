//! Output files: refused before anything runs, or written completely.
//!
//! A regular file is written beside its final name and moved there, so that nobody reads half of
//! it. A symbolic link, and a path to something else (`/dev/null`, a FIFO), is written directly.

use std::borrow::Cow;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, ErrorKind, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::cli::exit::Exit;
use crate::cli::files::claims;
use crate::cli::files::places::{is_dash, parent, temporary};
use crate::cli::terminal::guard::{guarded, guarded_html};
use crate::cli::terminal::ui::{Failure, reason, shown};

/// The destination of an output.
#[derive(Debug)]
pub(crate) struct Target {
    /// As the user wrote it.
    path: PathBuf,
    kind: Kind,
}

#[derive(Debug, PartialEq, Eq)]
enum Kind {
    Stdout,
    Direct,
    Replace,
}

impl Target {
    /// Claims `path` for `owner`, an option or the role of the file, and checks that it can be
    /// written, without changing anything there.
    pub(crate) fn new(owner: &str, path: &Path) -> Result<Self, Failure> {
        claims::writes(owner, path)?;
        let failed = |error: io::Error| Failure::io("write", path, &error);
        let of = |kind: Kind| Self { path: path.to_owned(), kind };
        if is_dash(path) {
            return Ok(of(Kind::Stdout));
        }
        let link = match fs::symlink_metadata(path) {
            Ok(metadata) => metadata.is_symlink(),
            Err(error) if error.kind() == ErrorKind::NotFound => false,
            Err(error) => return Err(failed(error)),
        };
        let regular = if link { Kind::Direct } else { Kind::Replace };
        match fs::metadata(path) {
            Ok(metadata) if metadata.is_dir() => {
                Err(failed(io::Error::other("it is a directory, not a file")))
            }
            Ok(metadata) if metadata.is_file() => {
                // Opening checks permissions: renaming over a read-only file would succeed.
                OpenOptions::new().append(true).open(path).map_err(failed)?;
                if !link {
                    temporary(path).map_err(failed)?;
                }
                Ok(of(regular))
            }
            Ok(_) => Ok(of(Kind::Direct)),
            Err(error) if error.kind() == ErrorKind::NotFound => {
                creatable(path, link)?;
                Ok(of(regular))
            }
            Err(error) => Err(failed(error)),
        }
    }

    /// The target of an optional path.
    pub(crate) fn given(owner: &str, path: Option<&PathBuf>) -> Result<Option<Self>, Failure> {
        path.map(|path| Self::new(owner, path)).transpose()
    }

    pub(crate) fn is_stdout(&self) -> bool {
        self.kind == Kind::Stdout
    }

    pub(crate) fn shown(&self) -> String {
        shown(&self.path)
    }

    /// Writes a whole text; on standard output, lines that would be commands are defused.
    pub(crate) fn write(&self, text: &str) -> Result<(), Failure> {
        let text = match self.kind {
            Kind::Direct | Kind::Replace => Cow::Borrowed(text),
            // Only HTML begins with `<!`.
            Kind::Stdout if text.starts_with("<!") => guarded_html(text),
            Kind::Stdout => guarded(text),
        };
        let mut sink = self.open()?;
        let written = sink.write_all(text.as_bytes());
        sink.close(written)
    }

    /// Opens the target to be written in pieces.
    pub(crate) fn open(&self) -> Result<Sink<'_>, Failure> {
        let opened = match self.kind {
            Kind::Stdout => Ok(Out::Stdout(io::stdout())),
            Kind::Direct => OpenOptions::new()
                .write(true)
                .create(true)
                .truncate(true)
                .open(&self.path)
                .map(Out::File),
            Kind::Replace => temporary(&self.path).map(Out::Temporary),
        };
        match opened {
            Ok(out) => Ok(Sink { target: self, out: BufWriter::with_capacity(1 << 16, out) }),
            Err(error) => Err(self.failed(error)),
        }
    }

    pub(crate) fn failed(&self, error: io::Error) -> Failure {
        if self.is_stdout() {
            return Failure::Stdout(error);
        }
        let message = format!("cannot write {}: {}", self.shown(), reason(&error));
        Failure::Message(Exit::Trouble, message, None)
    }
}

/// An open target. Dropped before [`Sink::close`], it leaves no file behind.
#[derive(Debug)]
pub(crate) struct Sink<'a> {
    target: &'a Target,
    out: BufWriter<Out>,
}

#[derive(Debug)]
enum Out {
    Stdout(io::Stdout),
    File(File),
    Temporary(NamedTempFile),
}

impl Sink<'_> {
    /// Moves the file to its final name, unless `written` is an error.
    pub(crate) fn close(self, written: io::Result<()>) -> Result<(), Failure> {
        let Self { target, out } = self;
        let ended = written.and_then(|()| {
            let out = out.into_inner().map_err(io::IntoInnerError::into_error)?;
            match out {
                Out::Stdout(mut out) => out.flush(),
                Out::File(mut file) => file.flush(),
                Out::Temporary(file) => {
                    // A full disk may be reported only here.
                    file.as_file().sync_all()?;
                    if let Ok(old) = fs::metadata(&target.path) {
                        file.as_file().set_permissions(old.permissions())?;
                    }
                    file.persist(&target.path).map(drop).map_err(|e| e.error)
                }
            }
        });
        ended.map_err(|error| target.failed(error))
    }
}

impl Write for Sink<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.out.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

impl Write for Out {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Stdout(out) => out.write(bytes),
            Self::File(file) => file.write(bytes),
            Self::Temporary(file) => file.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Stdout(out) => out.flush(),
            Self::File(file) => file.flush(),
            Self::Temporary(file) => file.flush(),
        }
    }
}

/// Checks that a file which does not exist can be made, at `path` or where the link at `path`
/// leads.
fn creatable(path: &Path, link: bool) -> Result<(), Failure> {
    let mut place = path.to_owned();
    if link {
        let to = fs::read_link(path).map_err(|error| Failure::io("write", path, &error))?;
        place = parent(path).join(to);
    }
    if place.file_name().is_none() {
        return Err(Failure::io("write", path, &io::Error::other("it names no file")));
    }
    temporary(&place).map(drop).map_err(|error| match error.kind() {
        ErrorKind::NotFound => {
            let missing = format!("the directory {} does not exist", shown(parent(&place)));
            Failure::io("write", path, &io::Error::other(missing))
        }
        _ => Failure::io("write", path, &error),
    })
}

/// Creates or replaces a regular file in one step, making its directory if there is none.
pub(crate) fn replace(owner: &str, path: &Path, text: &str) -> Result<(), Failure> {
    fs::create_dir_all(parent(path)).map_err(|error| Failure::io("write", path, &error))?;
    Target::new(owner, path)?.write(text)
}
