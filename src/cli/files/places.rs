//! Paths, and temporary files beside them.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tempfile::{NamedTempFile, TempDir};

/// True for the path that stands for standard input or output.
pub(crate) fn is_dash(path: &Path) -> bool {
    path.as_os_str() == "-"
}

/// The directory that `path` is in.
pub(crate) fn parent(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// Temporary files, to be removed if the process ends while it writes them.
static TEMPORARY: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

/// Locks the list. The lock is held while a file is made, so that [`remove_temporary`] misses
/// none.
fn all_temporary() -> MutexGuard<'static, Vec<PathBuf>> {
    TEMPORARY.lock().unwrap_or_else(PoisonError::into_inner)
}

/// An empty directory beside `path`, removed on drop unless it is kept.
pub(crate) fn temporary_folder(path: &Path) -> io::Result<TempDir> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".dessim-");
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o777));
    let mut all = all_temporary();
    let folder = builder.tempdir_in(parent(path))?;
    all.push(folder.path().to_owned());
    Ok(folder)
}

/// Removes all temporary files, and calls `then` before another can be made.
pub(crate) fn remove_temporary(then: impl FnOnce()) {
    let all = all_temporary();
    for path in all.iter() {
        // A file that was moved to its final name is no longer there.
        let _ = fs::remove_file(path).or_else(|_| fs::remove_dir_all(path));
    }
    then();
}

/// An empty file beside `path`, removed on drop unless it is moved to that name.
pub(crate) fn temporary(path: &Path) -> io::Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".dessim-").suffix(".tmp");
    // The permissions of any new file, as the umask leaves them.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let mut all = all_temporary();
    let made = builder.tempfile_in(parent(path));
    // The error names `path`, not the temporary file, which the user does not know.
    let file = made.map_err(|error| match error.raw_os_error() {
        Some(code) => io::Error::from_raw_os_error(code),
        None => io::Error::new(error.kind(), error.kind().to_string()),
    })?;
    all.push(file.path().to_owned());
    Ok(file)
}
