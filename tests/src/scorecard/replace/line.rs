//! A slow line: forwards TCP to one address and lets so many bits a second through each way, all connections together.

use anyhow::Result;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Mutex;

/// Bytes that go through at once.
const PIECE: usize = 16 * 1024;

/// One direction's turns: when the next piece may go.
#[derive(Debug)]
struct Pace {
    bits_per_s: u64,
    next: Mutex<Instant>,
}

impl Pace {
    fn new(bits_per_s: u64) -> Arc<Self> {
        Arc::new(Self { bits_per_s, next: Mutex::new(Instant::now()) })
    }

    /// Waits until so many bytes have gone through.
    async fn pass(&self, bytes: usize) {
        let takes = Duration::from_secs_f64(bytes as f64 * 8.0 / self.bits_per_s as f64);
        let until = {
            let mut next = self.next.lock().await;
            *next = (*next).max(Instant::now()) + takes;
            *next
        };
        tokio::time::sleep_until(until.into()).await;
    }
}

/// A running line.
#[derive(Debug, Clone)]
pub struct Line {
    /// Where to connect instead of the target.
    pub address: SocketAddr,
    carried: Arc<AtomicU64>,
}

impl Line {
    /// Listens on a free loopback port and forwards to `target`.
    ///
    /// # Errors
    /// When there is no port.
    pub async fn lay(target: SocketAddr, bits_per_s: u64) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let line = Self { address: listener.local_addr()?, carried: Arc::default() };
        let carried = line.carried.clone();
        let (up, down) = (Pace::new(bits_per_s), Pace::new(bits_per_s));
        tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                let (up, down, carried) = (up.clone(), down.clone(), carried.clone());
                tokio::spawn(async move {
                    let Ok(far) = TcpStream::connect(target).await else { return };
                    let (near_in, near_out) = near.into_split();
                    let (far_in, far_out) = far.into_split();
                    tokio::join!(
                        carry(near_in, far_out, up, carried.clone()),
                        carry(far_in, near_out, down, carried)
                    );
                });
            }
        });
        Ok(line)
    }

    /// Bytes carried, both ways together.
    pub fn carried(&self) -> u64 {
        self.carried.load(Ordering::Relaxed)
    }
}

async fn carry(
    mut from: tokio::net::tcp::OwnedReadHalf,
    mut to: tokio::net::tcp::OwnedWriteHalf,
    pace: Arc<Pace>,
    carried: Arc<AtomicU64>,
) {
    let mut piece = vec![0; PIECE];
    while let Ok(size @ 1..) = from.read(&mut piece).await {
        pace.pass(size).await;
        carried.fetch_add(size as u64, Ordering::Relaxed);
        if to.write_all(&piece[..size]).await.is_err() {
            break;
        }
    }
    let _ = to.shutdown().await;
}

/// Sends a file over a line of its own to somebody who only reads, for at most so long; bytes and time.
///
/// # Errors
/// When the file cannot be read.
pub async fn push(path: &Path, bits_per_s: u64, most: Duration) -> Result<(u64, Duration)> {
    let sink = TcpListener::bind("127.0.0.1:0").await?;
    let line = Line::lay(sink.local_addr()?, bits_per_s).await?;
    tokio::spawn(async move {
        let Ok((mut stream, _)) = sink.accept().await else { return };
        let mut piece = vec![0; PIECE];
        while let Ok(1..) = stream.read(&mut piece).await {}
    });
    let mut file = tokio::fs::File::open(path).await?;
    let mut stream = TcpStream::connect(line.address).await?;
    let begun = Instant::now();
    let mut piece = vec![0; PIECE];
    loop {
        let size = file.read(&mut piece).await?;
        if size == 0 || begun.elapsed() >= most {
            break;
        }
        stream.write_all(&piece[..size]).await?;
    }
    // What still lies in the sockets has not arrived: what was carried counts.
    Ok((line.carried(), begun.elapsed()))
}

/// Bytes of a file packed by zstd at the level that backups use.
///
/// # Errors
/// When the file cannot be read.
pub fn packed(path: &Path) -> Result<u64> {
    let mut count = Count(0);
    let mut packer = zstd::stream::Encoder::new(&mut count, 3)?;
    std::io::copy(&mut std::fs::File::open(path)?, &mut packer)?;
    packer.finish()?;
    Ok(count.0)
}

struct Count(u64);

impl std::io::Write for Count {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0 += bytes.len() as u64;
        Ok(bytes.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
