//! Tells systemd that the node is ready, where it runs as a service of `Type=notify`: what starts after it (the agent, whose
//! password the node makes) then finds everything. Anywhere else it does nothing.

use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::net::{SocketAddr, UnixDatagram};

/// Where systemd listens; given to the service in this variable.
const SOCKET: &str = "NOTIFY_SOCKET";

/// Says so; a service manager that cannot be told lets the node run, and ends it when its patience is over.
pub fn ready() {
    let Some(place) = std::env::var_os(SOCKET) else { return };
    if let Err(error) = say(place.as_bytes(), b"READY=1") {
        tracing::warn!(%error, "systemd was not told that the node is ready");
    }
}

/// One datagram to a path, or to a name without one (`@` stands for its first byte).
fn say(place: &[u8], word: &[u8]) -> std::io::Result<()> {
    let socket = UnixDatagram::unbound()?;
    let address = match place.strip_prefix(b"@") {
        Some(name) => SocketAddr::from_abstract_name(name)?,
        None => SocketAddr::from_pathname(std::ffi::OsStr::from_bytes(place))?,
    };
    socket.send_to_addr(word, &address).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_word_comes_to_a_path_and_to_a_name() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("notify");
        let name = format!("larder-notify-{}", std::process::id());
        let abstract_name = SocketAddr::from_abstract_name(name.as_bytes()).unwrap();
        for (socket, place) in [
            (UnixDatagram::bind(&path).unwrap(), path.as_os_str().as_bytes().to_vec()),
            (UnixDatagram::bind_addr(&abstract_name).unwrap(), format!("@{name}").into_bytes()),
        ] {
            say(&place, b"READY=1").unwrap();
            let mut word = [0; 32];
            let length = socket.recv(&mut word).unwrap();
            assert_eq!(&word[..length], b"READY=1");
        }
        assert!(say(b"/no/such/socket", b"READY=1").is_err());
    }
}
