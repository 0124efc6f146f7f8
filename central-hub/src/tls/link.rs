//! An encrypted connection that ends, for whoever reads or writes it, when its certificate is taken back. Knows no
//! certificate: somebody else says when.

use std::fmt;
use std::future::Future;
use std::io::{Error, ErrorKind};
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::server::TlsStream;

/// A link to a store.
pub struct Link {
    stream: TlsStream<TcpStream>,
    /// Done when the link has to end.
    out: Pin<Box<dyn Future<Output = ()> + Send>>,
    ended: bool,
}

impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Link").field("ended", &self.ended).finish_non_exhaustive()
    }
}

impl Link {
    pub(super) fn new(stream: TlsStream<TcpStream>, out: impl Future<Output = ()> + Send + 'static) -> Self {
        Self { stream, out: Box::pin(out), ended: false }
    }

    /// An error once it has to end; until then whoever polls is woken when it does.
    fn stands(&mut self, context: &mut Context<'_>) -> Result<(), Error> {
        self.ended = self.ended || self.out.as_mut().poll(context).is_ready();
        if self.ended {
            return Err(Error::new(ErrorKind::ConnectionAborted, "the certificate was taken back"));
        }
        Ok(())
    }
}

impl AsyncRead for Link {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<Result<(), Error>> {
        self.stands(context)?;
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Link {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<Result<usize, Error>> {
        if self.ended {
            return Poll::Ready(Err(Error::from(ErrorKind::BrokenPipe)));
        }
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<(), Error>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<(), Error>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
