//! The connection to a mail server: TCP, then TLS where it is wanted, and a bound on all that the server says. Made by
//! the mailer, anew for each mail.
//!
//! Promises that a server's words take [`MOST_SAID`] bytes of memory at the most, before TLS and after, and that what was said
//! before TLS counts for nothing after it: the reply that starts TLS is read by itself, byte by byte.

use std::{
    io,
    net::SocketAddr,
    pin::Pin,
    task::{Context, Poll, ready},
};

use lettre::transport::smtp::{
    client::{AsyncSmtpConnection, AsyncTokioStream},
    extension::ClientId,
};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf},
    net::TcpStream,
};
use tokio_rustls::client::TlsStream;

use crate::wire::tls::Tls;

/// Bytes that a server may say on one connection: several times what a usual conversation takes. The client reads a reply
/// of many lines anew with each line, so that more would cost time as well.
const MOST_SAID: usize = 16 * 1024;
/// Bytes of a connection under TLS, with the certificates.
const MOST_UNDER_TLS: usize = 64 * 1024;

/// How the connection is encrypted.
#[derive(Clone)]
pub(super) enum Encryption {
    /// Not at all.
    None,
    /// Once the server has agreed to it, before anything else is said.
    StartTls(Tls),
    /// From the first byte.
    FromTheStart(Tls),
}

/// Why there is no connection, or why it ended.
#[derive(Debug, thiserror::Error)]
pub(super) enum SmtpFailure {
    /// What the SMTP client met.
    #[error(transparent)]
    Smtp(#[from] lettre::transport::smtp::Error),
    /// The network, or TLS.
    #[error("connection error: {0}")]
    Network(#[from] io::Error),
    /// A refusal before TLS began: its code, and the server's words.
    #[error("the server refuses ({0}): {1}")]
    Refused(u16, String),
    /// The server does not offer TLS.
    #[error("the server does not offer STARTTLS, so nothing was sent to it")]
    NoTls,
    /// What it says is no reply.
    #[error("the server does not speak SMTP")]
    NoSmtp,
}

async fn encrypt(
    tls: &Tls,
    stream: BoundedStream<TcpStream>,
) -> io::Result<BoundedStream<TlsStream<BoundedStream<TcpStream>>>> {
    let peer = stream.peer;
    Ok(BoundedStream::over(tls.connect(stream).await?, peer, MOST_SAID))
}

/// Connects, encrypts and greets.
pub(super) async fn connect(
    host: &str,
    port: u16,
    encryption: &Encryption,
    hello: &ClientId,
) -> Result<AsyncSmtpConnection, SmtpFailure> {
    let stream = TcpStream::connect((host, port)).await?;
    let peer = stream.peer_addr()?;
    let most = if let Encryption::None = encryption { MOST_SAID } else { MOST_UNDER_TLS };
    let mut stream = BoundedStream::over(stream, peer, most);
    let stream: Box<dyn AsyncTokioStream> = match encryption {
        Encryption::None => Box::new(stream),
        Encryption::FromTheStart(tls) => Box::new(encrypt(tls, stream).await?),
        Encryption::StartTls(tls) => {
            start_tls(&mut stream, hello).await?;
            let mut encrypted = encrypt(tls, stream).await?;
            // The client waits for a greeting, and the server has greeted already.
            encrypted.first = b"220 \r\n";
            Box::new(encrypted)
        }
    };
    Ok(AsyncSmtpConnection::connect_with_transport(stream, hello).await?)
}

/// Asks for TLS (RFC 3207).
async fn start_tls(stream: &mut BoundedStream<TcpStream>, hello: &ClientId) -> Result<(), SmtpFailure> {
    reply(stream, 220).await?;
    stream.write_all(format!("EHLO {hello}\r\n").as_bytes()).await?;
    let offers = reply(stream, 250).await?;
    if !offers.lines().any(|line| line.get(4..).is_some_and(|word| word.trim().eq_ignore_ascii_case("STARTTLS"))) {
        return Err(SmtpFailure::NoTls);
    }
    stream.write_all(b"STARTTLS\r\n").await?;
    reply(stream, 220).await.map(drop)
}

/// Reads a reply, which may have several lines, and not a byte of what comes behind it.
async fn reply(stream: &mut BoundedStream<TcpStream>, expected: u16) -> Result<String, SmtpFailure> {
    let (mut said, mut line) = (Vec::new(), 0);
    loop {
        let byte = stream.read_u8().await?;
        said.push(byte);
        if byte == b'\n' {
            let is_last = said.get(line + 3) != Some(&b'-');
            line = said.len();
            if is_last {
                break;
            }
        }
    }
    let said = String::from_utf8_lossy(&said).into_owned();
    match said.get(..3).and_then(|code| code.parse().ok()) {
        Some(code) if code == expected => Ok(said),
        Some(code) => Err(SmtpFailure::Refused(code, said)),
        None => Err(SmtpFailure::NoSmtp),
    }
}

/// A stream that ends with an error once more was read than it may.
#[derive(Debug)]
struct BoundedStream<S> {
    inner: S,
    peer: SocketAddr,
    /// What is read before anything of the stream.
    first: &'static [u8],
    left: usize,
}

impl<S> BoundedStream<S> {
    fn over(inner: S, peer: SocketAddr, most: usize) -> Self {
        Self { inner, peer, first: b"", left: most }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for BoundedStream<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if !self.first.is_empty() {
            let (now, later) = self.first.split_at(self.first.len().min(buf.remaining()));
            buf.put_slice(now);
            self.first = later;
            return Poll::Ready(Ok(()));
        }
        let before = buf.filled().len();
        ready!(Pin::new(&mut self.inner).poll_read(cx, buf))?;
        let read = buf.filled().len() - before;
        let Some(left) = self.left.checked_sub(read) else {
            self.left = 0;
            return Poll::Ready(Err(io::Error::other("the mail server says more than it may")));
        };
        self.left = left;
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for BoundedStream<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}

impl<S> AsyncTokioStream for BoundedStream<S>
where
    S: AsyncRead + AsyncWrite + Send + Sync + Unpin + std::fmt::Debug,
{
    fn peer_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.peer)
    }
}
