//! Secrets that the node makes for itself: broker passwords of the node and of its agent and what tokens are made from, kept
//! in files that only the node's user can read; and random bytes. The one place of the node that asks for randomness.

use rand::TryRngCore;
use rand::rngs::OsRng;
use sha2::{Digest as _, Sha256};
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

/// The node's own MQTT user name.
pub const NODE_USER: &str = "larder-node";
/// MQTT user name of the store's device agent.
pub const AGENT_USER: &str = "agent";

/// A secret could not be made or kept.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// The operating system gave no random bytes.
    #[error("no random bytes: {0}")]
    Random(String),
    /// The file could not be read or written.
    #[error("cannot keep a secret in {path}: {source}")]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

/// Fresh random bytes.
pub fn random<const N: usize>() -> Result<[u8; N], SecretError> {
    let mut bytes = [0; N];
    OsRng.try_fill_bytes(&mut bytes).map_err(|error| SecretError::Random(error.to_string()))?;
    Ok(bytes)
}

/// Where the agent's password lies.
pub fn agent_file(data_dir: &Path) -> PathBuf {
    data_dir.join("agent.secret")
}

/// Where the node's own password lies.
pub fn node_file(data_dir: &Path) -> PathBuf {
    data_dir.join("node.secret")
}

/// The agent's broker password: made at the first start, the same ever after.
///
/// # Errors
/// [`SecretError`]: the file can be neither read nor made.
pub fn agent_password(data_dir: &Path) -> Result<String, SecretError> {
    kept(agent_file(data_dir))
}

/// The node's broker password: made at the first start, the same ever after, so that a broker of its own service can
/// know it.
///
/// # Errors
/// [`SecretError`]: the file can be neither read nor made.
pub fn node_password(data_dir: &Path) -> Result<String, SecretError> {
    kept(node_file(data_dir))
}

/// What tokens of consoles and handhelds are made from: made at the first start, the same ever after, so that a login whose
/// answer was lost in a restart gets it again. It stays on this machine: no backup holds it.
///
/// # Errors
/// [`SecretError`]: the file can be neither read nor made.
pub fn token_secret(data_dir: &Path) -> Result<[u8; 32], SecretError> {
    Ok(Sha256::digest(kept(data_dir.join("token.secret"))?).into())
}

fn kept(path: PathBuf) -> Result<String, SecretError> {
    let fault = |source| SecretError::File { path: path.clone(), source };
    match std::fs::read_to_string(&path) {
        Ok(text) if !text.trim().is_empty() => return Ok(text.trim().to_owned()),
        Ok(_) => {}
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        Err(error) => return Err(fault(error)),
    }
    let secret: String = random::<24>()?.iter().map(|byte| format!("{byte:02x}")).collect();
    let mut options = std::fs::OpenOptions::new();
    let mut file = options.write(true).create(true).truncate(true).mode(0o600).open(&path).map_err(fault)?;
    file.write_all(secret.as_bytes()).and_then(|()| file.sync_all()).map_err(fault)?;
    Ok(secret)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    #[test]
    fn a_password_outlives_its_start_and_is_nobody_elses() {
        let folder = tempfile::tempdir().unwrap();
        let node = node_password(folder.path()).unwrap();
        assert_eq!(node, node_password(folder.path()).unwrap());
        assert_ne!(node, agent_password(folder.path()).unwrap());
        let tokens = token_secret(folder.path()).unwrap();
        assert_eq!(tokens, token_secret(folder.path()).unwrap());
        assert_ne!(tokens, token_secret(tempfile::tempdir().unwrap().path()).unwrap());
        let mode = std::fs::metadata(node_file(folder.path())).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}
