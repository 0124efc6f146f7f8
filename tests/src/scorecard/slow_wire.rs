//! A thin line: forwards TCP to one address, at so many bytes a second each way, as an uplink of 1 Mbit/s does.

use anyhow::Result;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};

/// Bytes of one packet.
const PACKET: usize = 1_500;

/// Listens on a free loopback port and forwards to `target`; gives where to connect instead.
///
/// # Errors
/// When there is no port.
pub async fn lay(target: SocketAddr, bytes_per_s: u32) -> Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    tokio::spawn(async move {
        while let Ok((near, _)) = listener.accept().await {
            let Ok(far) = TcpStream::connect(target).await else { continue };
            let _ = (near.set_nodelay(true), far.set_nodelay(true));
            let ((near_in, near_out), (far_in, far_out)) = (near.into_split(), far.into_split());
            tokio::spawn(carry(near_in, far_out, bytes_per_s));
            tokio::spawn(carry(far_in, near_out, bytes_per_s));
        }
    });
    Ok(address)
}

async fn carry(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, bytes_per_s: u32) {
    let mut packet = [0; PACKET];
    let mut free_at = tokio::time::Instant::now();
    while let Ok(read @ 1..) = from.read(&mut packet).await {
        // The line is busy with this packet for as long as its bytes take.
        let now = tokio::time::Instant::now();
        free_at = free_at.max(now) + Duration::from_secs_f64(read as f64 / f64::from(bytes_per_s));
        tokio::time::sleep_until(free_at).await;
        if to.write_all(&packet[..read]).await.is_err() {
            return;
        }
    }
}
