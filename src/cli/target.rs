//! Files that results are written to: refused before anything runs, or written wholly.
//!
//! A regular file is written beside its final name and moved there, so that nobody ever reads
//! half of one. Through a symbolic link, and to what is no regular file (`/dev/null`, a FIFO), it
//! is written directly.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, ErrorKind, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use super::Exit;
use super::input::is_dash;
use super::ui::{Failure, reason, shown};

/// Where something is to be written.
#[derive(Debug)]
pub(super) struct Target {
    /// As the user wrote it.
    path: PathBuf,
    kind: Kind,
    /// Which file it is, if it is a regular one: no two may be the same.
    identity: Option<PathBuf>,
}

#[derive(Debug, PartialEq, Eq)]
enum Kind {
    Stdout,
    Direct,
    Replace,
}

impl Target {
    /// Makes sure that `path` can be written, without changing anything there.
    pub(super) fn new(path: &Path) -> Result<Self, Failure> {
        let failed = |error: io::Error| Failure::io("write", path, &error);
        if is_dash(path) {
            return Ok(Self::of(path, Kind::Stdout, None));
        }
        let link = match fs::symlink_metadata(path) {
            Ok(found) => found.is_symlink(),
            Err(error) if error.kind() == ErrorKind::NotFound => false,
            Err(error) => return Err(failed(error)),
        };
        match fs::metadata(path) {
            Ok(found) if found.is_dir() => {
                Err(failed(io::Error::other("it is a directory, not a file")))
            }
            Ok(found) if found.is_file() => {
                // Opened and not touched: the replacement must respect a file that is read-only.
                OpenOptions::new().append(true).open(path).map_err(failed)?;
                if !link {
                    temporary(path).map_err(failed)?;
                }
                let kind = if link { Kind::Direct } else { Kind::Replace };
                let identity = fs::canonicalize(path).map_err(failed)?;
                Ok(Self::of(path, kind, Some(identity)))
            }
            Ok(_) => Ok(Self::of(path, Kind::Direct, None)),
            Err(error) if error.kind() == ErrorKind::NotFound => Self::create(path, link),
            Err(error) => Err(failed(error)),
        }
    }

    /// A file that does not exist yet, perhaps behind a link that leads to where it will be.
    fn create(path: &Path, link: bool) -> Result<Self, Failure> {
        let mut place = path.to_owned();
        if link {
            let to = fs::read_link(path).map_err(|error| Failure::io("write", path, &error))?;
            place = parent(path).join(to);
        }
        let failed = |error: io::Error| match error.kind() {
            ErrorKind::NotFound => {
                let missing = format!("the directory {} does not exist", shown(parent(&place)));
                Failure::io("write", path, &io::Error::other(missing))
            }
            _ => Failure::io("write", path, &error),
        };
        let Some(name) = place.file_name() else {
            return Err(failed(io::Error::other("it names no file")));
        };
        let folder = fs::canonicalize(parent(&place)).map_err(failed)?;
        temporary(&place).map_err(failed)?;
        let kind = if link { Kind::Direct } else { Kind::Replace };
        Ok(Self::of(path, kind, Some(folder.join(name))))
    }

    fn of(path: &Path, kind: Kind, identity: Option<PathBuf>) -> Self {
        Self { path: path.to_owned(), kind, identity }
    }

    pub(super) fn is_stdout(&self) -> bool {
        self.kind == Kind::Stdout
    }

    /// True if both would end in one file, or both on standard output.
    pub(super) fn collides(&self, other: &Self) -> bool {
        match (&self.identity, &other.identity) {
            (Some(mine), Some(other)) => mine == other,
            _ => self.is_stdout() && other.is_stdout(),
        }
    }

    /// True if it is the file at `path`, under whatever name.
    pub(super) fn is(&self, path: &Path) -> bool {
        let Some(mine) = &self.identity else {
            return false;
        };
        fs::canonicalize(path).is_ok_and(|other| *mine == other) || same_file(mine, path)
    }

    pub(super) fn shown(&self) -> String {
        shown(&self.path)
    }

    /// Writes a whole text.
    pub(super) fn write(&self, text: &str) -> Result<(), Failure> {
        let mut sink = self.open()?;
        let written = sink.write_all(text.as_bytes());
        sink.close(written)
    }

    /// Opens it for writing bit by bit.
    pub(super) fn open(&self) -> Result<Sink<'_>, Failure> {
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

    pub(super) fn failed(&self, error: io::Error) -> Failure {
        if self.is_stdout() {
            return Failure::Stdout(error);
        }
        let message = format!("cannot write {}: {}", self.shown(), reason(&error));
        Failure::Message(Exit::Trouble, message, None)
    }
}

/// A target that is being written. Dropped before [`Sink::close`], it leaves no file behind.
#[derive(Debug)]
pub(super) struct Sink<'a> {
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
    /// Ends the file: what was written so far, unless writing `written` failed, gets its name.
    pub(super) fn close(self, written: io::Result<()>) -> Result<(), Failure> {
        let Self { target, out } = self;
        let ended = written.and_then(|()| {
            let out = out.into_inner().map_err(io::IntoInnerError::into_error)?;
            match out {
                Out::Stdout(mut out) => out.flush(),
                Out::File(mut file) => file.flush(),
                Out::Temporary(file) => {
                    // A disk may tell only now that it is full.
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

/// Replaces or creates a regular file at once, making the directory if there is none.
pub(super) fn replace(path: &Path, text: &str) -> Result<(), Failure> {
    fs::create_dir_all(parent(path)).map_err(|error| Failure::io("write", path, &error))?;
    Target::new(path)?.write(text)
}

/// The directory that `path` is in.
pub(super) fn parent(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// An empty file beside `path`, which vanishes unless it is given that name.
fn temporary(path: &Path) -> io::Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".dessim-").suffix(".tmp");
    // As any other new file: what the umask leaves.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let made = builder.tempfile_in(parent(path));
    // Its own name would be news to the user.
    made.map_err(|error| match error.raw_os_error() {
        Some(code) => io::Error::from_raw_os_error(code),
        None => io::Error::new(error.kind(), error.kind().to_string()),
    })
}

#[cfg(unix)]
fn same_file(one: &Path, other: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let id = |path| fs::metadata(path).map(|found| (found.dev(), found.ino()));
    id(one).is_ok_and(|one| id(other).is_ok_and(|other| one == other))
}

#[cfg(not(unix))]
fn same_file(_: &Path, _: &Path) -> bool {
    false
}
