//! The socket that hyper writes to: cuts clients that read too slowly.
//!
//! Response bytes that wait for a client count against the budget of unsent bytes. A slow client must read something within
//! the write timeout, and the whole response at the minimum speed. The fuller the budget, the faster it must read, so that
//! the slowest clients are cut first. A cut connection is reset, so that the kernel buffers nothing for it.

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
    activity::{Activity, Running},
    edge::Edge,
    head_refusal::HeadRefusal,
    unsent_bytes::HeldBytes,
};

/// The write timeout is never shorter, however full the budget.
const MIN_WRITE_TIMEOUT: Duration = Duration::from_secs(1);

/// A socket with bounded writes.
#[derive(Debug)]
pub(super) struct BoundedSocket {
    stream: TcpStream,
    held: HeldBytes,
    activity: Arc<Activity>,
    write_timeout: Duration,
    min_bytes_per_second: u64,
    slow: Option<SlowResponse>,
    running: Option<Running>,
    edge: Arc<Edge>,
    refusal: Option<HeadRefusal>,
}

/// A response that waits for its client, or did.
#[derive(Debug)]
struct SlowResponse {
    /// Which response of the connection it is.
    answer: usize,
    since: Instant,
    last_write: Instant,
    written: u64,
    timer: Pin<Box<Sleep>>,
}

impl BoundedSocket {
    pub(super) fn new(stream: TcpStream, held: HeldBytes, activity: Arc<Activity>, edge: Arc<Edge>) -> Self {
        let (write_timeout, min_bytes_per_second) =
            (edge.limits.write_timeout, edge.limits.min_bytes_per_second.max(1));
        Self {
            stream,
            held,
            activity,
            write_timeout,
            min_bytes_per_second,
            slow: None,
            running: None,
            edge,
            refusal: None,
        }
    }

    /// The status of the refusal, if the request's head was unreadable.
    pub(super) fn refusal_status(&self) -> Option<u16> {
        self.refusal.as_ref().map(|refusal| refusal.status)
    }

    /// Replaces hyper's own error response; `None` if these bytes are not one.
    fn refuse(&mut self, cx: &mut Context<'_>, bytes: &[u8]) -> Option<Poll<io::Result<usize>>> {
        if self.refusal.is_none() {
            self.refusal = Some(HeadRefusal::of(bytes, || self.edge.browser_header_lines())?);
        }
        let written = self.refusal.as_mut()?.poll_write(Pin::new(&mut self.stream), cx);
        Some(self.after_write(cx, written, bytes.len()))
    }

    /// Records the result of a write, and checks the timeouts.
    fn after_write(
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
        if self.running.is_none() {
            self.running = self.activity.resume();
        }
        let scarcity = self.held.scarcity();
        let write_timeout = (self.write_timeout / scarcity).max(self.write_timeout.min(MIN_WRITE_TIMEOUT));
        let min_bytes_per_second = self.min_bytes_per_second * u64::from(scarcity);
        let answer = self.activity.begun();
        let before = self.slow.take().filter(|slow| slow.answer == answer);
        let slow = self.slow.insert(before.unwrap_or_else(|| {
            let now = Instant::now();
            SlowResponse {
                answer,
                since: now,
                last_write: now,
                written: 0,
                timer: Box::pin(sleep_until(now + write_timeout)),
            }
        }));
        let at_speed = Duration::from_millis(slow.written.saturating_mul(1000) / min_bytes_per_second);
        let until = (slow.last_write + write_timeout).min(slow.since + write_timeout + at_speed);
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
        self.after_write(cx, written, buf.len())
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
        self.after_write(cx, written, bufs.iter().map(|buf| buf.len()).sum())
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    /// hyper flushes after it has written the whole response.
    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.held.set(0);
        self.running = None;
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
