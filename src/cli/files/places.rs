//! Where files are, and temporary files beside them.

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

/// What is to be removed by a process that ends in the middle of writing.
static TEMPORARY: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

/// The list is held while something is made, so nothing is made behind the back of
/// [`remove_temporary`].
fn all_temporary() -> MutexGuard<'static, Vec<PathBuf>> {
    TEMPORARY.lock().unwrap_or_else(PoisonError::into_inner)
}

/// An empty directory beside `path`, which vanishes unless it is kept.
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

/// Removes everything that is temporary, and calls `then` before anything else is made.
pub(crate) fn remove_temporary(then: impl FnOnce()) {
    let all = all_temporary();
    for path in all.iter() {
        // What has its name by now is not there any more.
        let _ = fs::remove_file(path).or_else(|_| fs::remove_dir_all(path));
    }
    then();
}

/// An empty file beside `path`, which vanishes unless it is given that name.
pub(crate) fn temporary(path: &Path) -> io::Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".dessim-").suffix(".tmp");
    // As any other new file: what the umask leaves.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let mut all = all_temporary();
    let made = builder.tempfile_in(parent(path));
    // Its own name would be news to the user.
    let file = made.map_err(|error| match error.raw_os_error() {
        Some(code) => io::Error::from_raw_os_error(code),
        None => io::Error::new(error.kind(), error.kind().to_string()),
    })?;
    all.push(file.path().to_owned());
    Ok(file)
}
