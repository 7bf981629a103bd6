//! Files that a person named: what goes wrong with one says which.

use std::path::Path;

use crate::output::Failure;

/// What a file holds.
///
/// # Errors
/// [`Failure`] with the file's name.
pub(crate) fn read(file: &Path) -> Result<Vec<u8>, Failure> {
    std::fs::read(file).map_err(|it| told(file, &it))
}

/// The text that a file holds.
///
/// # Errors
/// [`Failure`] with the file's name.
pub(crate) fn read_text(file: &Path) -> Result<String, Failure> {
    std::fs::read_to_string(file).map_err(|it| told(file, &it))
}

/// Write a file.
///
/// # Errors
/// [`Failure`] with the file's name.
pub(crate) fn write(file: &Path, bytes: impl AsRef<[u8]>) -> Result<(), Failure> {
    std::fs::write(file, bytes).map_err(|it| told(file, &it))
}

/// Put a file in the place of one, whole or not at all: what people wrote themselves is never lost,
/// and a gateway may read it just now.
///
/// # Errors
/// [`Failure`] with the file's name.
pub(crate) fn replace(file: &Path, bytes: impl AsRef<[u8]>) -> Result<(), Failure> {
    bailiwick_gateway::replace_shared(file, bytes.as_ref()).map_err(|it| told(file, &it))
}

/// What the file system says of a file.
pub(crate) fn told(file: &Path, problem: &std::io::Error) -> Failure {
    Failure(format!("{}: {problem}", file.display()))
}
