//! A wire that can be cut: forwards TCP to one address, and while it is cut drops every connection and takes none.
//! Stands between a store and its hub, or between a handheld and its broker.

use anyhow::Result;
use std::net::SocketAddr;
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// A running wire.
#[derive(Debug, Clone)]
pub struct Wire {
    /// Where to connect instead of the target.
    pub address: SocketAddr,
    whole: watch::Sender<bool>,
}

impl Wire {
    /// Listens on a free loopback port and forwards to `target`.
    pub async fn lay(target: SocketAddr) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let whole = watch::Sender::new(true);
        tokio::spawn(accept(listener, target, whole.clone()));
        Ok(Self { address, whole })
    }

    /// Drops what runs over it, refuses what comes.
    pub fn cut(&self) {
        self.whole.send_replace(false);
    }

    /// Makes it whole again.
    pub fn mend(&self) {
        self.whole.send_replace(true);
    }
}

async fn accept(listener: TcpListener, target: SocketAddr, whole: watch::Sender<bool>) {
    while let Ok((stream, _)) = listener.accept().await {
        let state = whole.subscribe();
        if *state.borrow() {
            tokio::spawn(forward(stream, target, state));
        }
    }
}

async fn forward(mut near: TcpStream, target: SocketAddr, mut whole: watch::Receiver<bool>) {
    let Ok(mut far) = TcpStream::connect(target).await else { return };
    let _ = (near.set_nodelay(true), far.set_nodelay(true));
    tokio::select! {
        _ = copy_bidirectional(&mut near, &mut far) => {}
        _ = whole.wait_for(|whole| !whole) => {}
    }
}
