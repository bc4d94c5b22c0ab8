//! The socket as hyper writes to it: whoever reads an answer too slowly is cut.
//!
//! Called by the connection. An answer that waits for its client is counted in the budget of unsent bytes. It has to go
//! on within the time of a write, and over its whole length at the least speed, after as long a start. The more of the
//! budget is taken, the faster it has to go on, so that the slowest readers give way first. Who is cut gets a reset, so
//! that the system holds nothing for it either.

use std::{
    io::{self, IoSlice},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
    time::{Instant, Sleep, sleep_until},
};

use super::{
    edge::Edge,
    presence::{AtWork, Presence},
    unreadable::HeadRefusal,
    unsent::HeldBytes,
};

/// However scarce memory is, a client has this long to read on.
const SHORTEST_WRITE_TIME: Duration = Duration::from_secs(1);

/// A socket with bounded writes.
#[derive(Debug)]
pub(super) struct BoundedSocket {
    stream: TcpStream,
    held: HeldBytes,
    presence: Arc<Presence>,
    write_time: Duration,
    least_speed: u64,
    slow: Option<Slow>,
    at_work: Option<AtWork>,
    edge: Arc<Edge>,
    refusal: Option<HeadRefusal>,
}

/// An answer that waits for its client, or did.
#[derive(Debug)]
struct Slow {
    /// Which answer of the connection it is.
    answer: usize,
    since: Instant,
    last_write: Instant,
    written: u64,
    timer: Pin<Box<Sleep>>,
}

impl BoundedSocket {
    pub(super) fn new(stream: TcpStream, held: HeldBytes, presence: Arc<Presence>, edge: Arc<Edge>) -> Self {
        let (write_time, least_speed) = (edge.limits.write_time, edge.limits.least_speed.max(1));
        Self { stream, held, presence, write_time, least_speed, slow: None, at_work: None, edge, refusal: None }
    }

    /// The status with which a head was refused that could not be read.
    pub(super) fn refused_with(&self) -> Option<u16> {
        self.refusal.as_ref().map(|refusal| refusal.status)
    }

    /// Writes a refusal in place of hyper's own; nothing where these bytes are none.
    fn refuse(&mut self, cx: &mut Context<'_>, bytes: &[u8]) -> Option<Poll<io::Result<usize>>> {
        if self.refusal.is_none() {
            self.refusal = Some(HeadRefusal::of(bytes, || self.edge.lines_for_browsers())?);
        }
        let written = self.refusal.as_mut()?.poll_write(Pin::new(&mut self.stream), cx);
        Some(self.note(cx, written, bytes.len()))
    }

    /// Takes note of a write of these bytes.
    fn note(
        &mut self,
        cx: &mut Context<'_>,
        written: Poll<io::Result<usize>>,
        unsent: usize,
    ) -> Poll<io::Result<usize>> {
        if let Poll::Ready(written) = written {
            if let (Some(slow), Ok(written)) = (&mut self.slow, &written) {
                slow.written += *written as u64;
                slow.last_write = Instant::now();
            }
            return Poll::Ready(written);
        }
        if !self.held.set(unsent) {
            return Poll::Ready(Err(self.cut("too many bytes wait for slow clients")));
        }
        if self.at_work.is_none() {
            self.at_work = self.presence.resume();
        }
        let scarcity = self.held.scarcity();
        let write_time = (self.write_time / scarcity).max(self.write_time.min(SHORTEST_WRITE_TIME));
        let least_speed = self.least_speed * u64::from(scarcity);
        let answer = self.presence.begun();
        let before = self.slow.take().filter(|slow| slow.answer == answer);
        let slow = self.slow.insert(before.unwrap_or_else(|| {
            let now = Instant::now();
            Slow { answer, since: now, last_write: now, written: 0, timer: Box::pin(sleep_until(now + write_time)) }
        }));
        let at_speed = Duration::from_millis(slow.written.saturating_mul(1000) / least_speed);
        let until = (slow.last_write + write_time).min(slow.since + write_time + at_speed);
        if slow.timer.deadline() != until {
            slow.timer.as_mut().reset(until);
        }
        ready!(slow.timer.as_mut().poll(cx));
        Poll::Ready(Err(self.cut("the client reads too slowly")))
    }

    fn cut(&self, why: &'static str) -> io::Error {
        self.stream.set_zero_linger().ok();
        io::Error::new(io::ErrorKind::TimedOut, why)
    }
}

impl AsyncRead for BoundedSocket {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for BoundedSocket {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        if let Some(refused) = self.refuse(cx, buf) {
            return refused;
        }
        let written = Pin::new(&mut self.stream).poll_write(cx, buf);
        self.note(cx, written, buf.len())
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        if let [bytes] = bufs
            && let Some(refused) = self.refuse(cx, bytes)
        {
            return refused;
        }
        let written = Pin::new(&mut self.stream).poll_write_vectored(cx, bufs);
        self.note(cx, written, bufs.iter().map(|buf| buf.len()).sum())
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    /// hyper flushes when it has written all that it had of the answer.
    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.held.set(0);
        self.at_work = None;
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
