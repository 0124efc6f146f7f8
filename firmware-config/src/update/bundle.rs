//! A bundle: found, proved to be ours, and unpacked. What is not proved is never looked into.

use std::fs::File;
use std::io::{Read, Write};
use std::path::{Component, Path, PathBuf};

use minisign_verify::{PublicKey, Signature};
use serde::{Deserialize, Serialize};

use super::UpdateError;

/// A bundle's largest size, bytes.
const BUNDLE_MAX: u64 = 256 * 1024 * 1024;
/// What a bundle may unpack to, bytes.
const CONTENT_MAX: u64 = 1024 * 1024 * 1024;
/// How hard a bundle is packed: zstd's own default.
const PACKED_AT: i32 = 3;
/// How bundles are called.
const ENDING: &str = "larder";

/// Which version something is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Release {
    /// For people.
    pub version: String,
    /// Grows with every release.
    pub counter: u64,
}

impl Release {
    /// From a trusted comment.
    fn read(comment: &str) -> Option<Self> {
        let mut words = comment.split_whitespace();
        (words.next() == Some("larder")).then_some(())?;
        let (mut version, mut counter) = (None, None);
        for word in words {
            match word.split_once('=')? {
                ("version", text) if !text.is_empty() => version = Some(text.to_owned()),
                ("counter", text) => counter = Some(text.parse().ok()?),
                (_, _) => {}
            }
        }
        Some(Self { version: version?, counter: counter? })
    }
}

/// A bundle whose signature was right.
#[derive(Debug)]
pub struct Bundle {
    /// What its signature says that it is.
    pub release: Release,
    bytes: Vec<u8>,
}

impl Bundle {
    /// Reads a bundle and its signature, once: what is unpacked later is what was proved, also when somebody pulls the
    /// stick.
    ///
    /// # Errors
    /// [`UpdateError::Signature`] and whatever else keeps it from being trusted.
    pub fn open(path: &Path, key: &PublicKey) -> Result<Self, UpdateError> {
        let fault = |source| UpdateError::File { path: path.to_owned(), source };
        let mut bytes = Vec::new();
        File::open(path).map_err(fault)?.take(BUNDLE_MAX + 1).read_to_end(&mut bytes).map_err(fault)?;
        if bytes.len() as u64 > BUNDLE_MAX {
            return Err(UpdateError::TooLarge(path.to_owned()));
        }
        let signature = Signature::from_file(signature_of(path))
            .map_err(|source| UpdateError::Signature { path: path.to_owned(), source })?;
        Self::prove(path, bytes, &signature, key)
    }

    /// The same for bytes that were read; `path` is only named.
    ///
    /// # Errors
    /// As [`Bundle::open`].
    pub fn prove(
        path: &Path,
        bytes: Vec<u8>,
        signature: &Signature,
        key: &PublicKey,
    ) -> Result<Self, UpdateError> {
        key.verify(&bytes, signature, false)
            .map_err(|source| UpdateError::Signature { path: path.to_owned(), source })?;
        let release = Release::read(signature.trusted_comment())
            .ok_or_else(|| UpdateError::Comment(path.to_owned()))?;
        Ok(Self { release, bytes })
    }

    /// Unpacks into a new folder.
    pub(super) fn unpack(&self, folder: &Path) -> Result<(), UpdateError> {
        unpack(self.bytes.as_slice(), folder)
    }
}

/// Unpacks what [`pack`] packs into a folder: files and folders, and nothing that leads out of it, also where somebody has
/// signed that.
///
/// # Errors
/// [`UpdateError::Content`], [`UpdateError::File`].
pub fn unpack(packed: impl Read, folder: &Path) -> Result<(), UpdateError> {
    let fault = |source| UpdateError::File { path: folder.to_owned(), source };
    std::fs::create_dir_all(folder).map_err(fault)?;
    let plain = zstd::Decoder::new(packed).map_err(fault)?;
    let mut archive = tar::Archive::new(plain.take(CONTENT_MAX));
    archive.set_preserve_mtime(false);
    for entry in archive.entries().map_err(fault)? {
        let mut entry = entry.map_err(fault)?;
        let path = entry.path().map_err(fault)?.into_owned();
        let plain = path.components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
        let kind = entry.header().entry_type();
        if !plain || !(kind.is_file() || kind.is_dir()) {
            return Err(UpdateError::Content(path.display().to_string()));
        }
        entry.unpack_in(folder).map_err(fault)?;
    }
    Ok(())
}

/// Packs what belongs into a slot; the same folder always gives the same bytes. Signing it is for whoever has the key.
///
/// # Errors
/// [`UpdateError::NoPrograms`] for a folder that is none of a slot.
pub fn pack(folder: &Path, file: &Path) -> Result<(), UpdateError> {
    let fault = |source| UpdateError::File { path: file.to_owned(), source };
    if !folder.join("bin").is_dir() {
        return Err(UpdateError::NoPrograms);
    }
    let packed = zstd::Encoder::new(File::create(file).map_err(fault)?, PACKED_AT).map_err(fault)?;
    let mut tree = tar::Builder::new(packed.auto_finish());
    tree.mode(tar::HeaderMode::Deterministic);
    tree.follow_symlinks(true);
    let unread = |source| UpdateError::File { path: folder.to_owned(), source };
    let entries = std::fs::read_dir(folder.join("bin")).map_err(unread)?;
    let programs: std::io::Result<Vec<PathBuf>> =
        entries.map(|entry| entry.map(|entry| entry.path())).collect();
    let mut programs = programs.map_err(unread)?;
    programs.sort();
    for program in programs {
        let name = Path::new("bin").join(program.file_name().unwrap_or_default());
        tree.append_path_with_name(&program, name).map_err(fault)?;
    }
    tree.into_inner().and_then(|mut packed| packed.flush()).map_err(fault)
}

fn signature_of(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".minisig");
    name.into()
}

/// The bundles at a path: itself, or those in the folder, by name.
///
/// # Errors
/// [`UpdateError::File`] when there is nothing.
pub fn find(path: &Path) -> Result<Vec<PathBuf>, UpdateError> {
    let fault = |source| UpdateError::File { path: path.to_owned(), source };
    if !std::fs::metadata(path).map_err(fault)?.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut found = Vec::new();
    for entry in std::fs::read_dir(path).map_err(fault)? {
        let file = entry.map_err(fault)?.path();
        if file.extension().is_some_and(|ending| ending == ENDING) {
            found.push(file);
        }
    }
    found.sort();
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trusted_comment_names_version_and_counter_or_nothing() {
        let release = Release { version: "1.4.0".into(), counter: 17 };
        assert_eq!(Release::read("larder version=1.4.0 counter=17"), Some(release.clone()));
        assert_eq!(Release::read("larder counter=17 version=1.4.0 made=2026-11-21"), Some(release));
        for bad in [
            "",
            "larder",
            "timestamp:1 file:x",
            "larder version=1",
            "larder version= counter=1",
            "other version=1 counter=1",
            "larder version=1 counter=-1",
        ] {
            assert_eq!(Release::read(bad), None, "{bad}");
        }
    }
}
