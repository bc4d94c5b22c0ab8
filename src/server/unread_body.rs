//! What happens to a request body that the handler did not read.
//!
//! hyper closes such a connection at once; a client that is still sending may then get a reset instead of the response. So
//! the service gets a wrapper, and what it leaves unread is discarded, up to a byte limit and a timeout, while the response is
//! sent. If the body ends within these limits, the connection can be reused.

use std::{
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
};

use axum::body::Bytes;
use http_body_util::BodyExt;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use tokio::time::{Instant, sleep_until, timeout_at};

use super::limits::Limits;

/// Where the wrapper puts a body that was not read to its end.
type Returned = Arc<Mutex<Option<Incoming>>>;

/// The body that the service reads.
#[derive(Debug)]
pub(super) struct LentBody {
    body: Option<Incoming>,
    returned: Returned,
}

/// Receives the unread body from the wrapper.
#[derive(Debug)]
pub(super) struct UnreadBody(Returned);

pub(super) fn lend(body: Incoming) -> (LentBody, UnreadBody) {
    let returned = Returned::default();
    (LentBody { body: Some(body), returned: Arc::clone(&returned) }, UnreadBody(returned))
}

impl UnreadBody {
    /// The unread body, if any.
    pub(super) fn take(self) -> Option<Incoming> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl Body for LentBody {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let Some(body) = &mut self.body else { return Poll::Ready(None) };
        let frame = std::task::ready!(Pin::new(body).poll_frame(cx));
        if matches!(frame, None | Some(Err(_))) {
            self.body = None;
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.body.as_ref().map_or_else(|| SizeHint::with_exact(0), Body::size_hint)
    }
}

impl Drop for LentBody {
    fn drop(&mut self) {
        if let Some(body) = self.body.take().filter(|body| !body.is_end_stream()) {
            *self.returned.lock().unwrap_or_else(PoisonError::into_inner) = Some(body);
        }
    }
}

/// Whether the body is longer than we discard, so that the connection has to close.
pub(super) fn exceeds_limit(body: &Incoming, limits: &Limits) -> bool {
    body.size_hint().lower() > limits.unread_bytes as u64
}

/// Discards the body up to the limit; if more is left, keeps the connection open until the timeout.
pub(super) async fn discard(mut body: Incoming, limits: Limits) {
    let until = Instant::now() + limits.unread_timeout;
    if timeout_at(until, ends_within(&mut body, limits.unread_bytes)).await == Ok(false) {
        sleep_until(until).await;
    }
}

/// For a client that waits for `100 Continue`: reading would send that, and invite the body.
pub(super) async fn hold(body: Incoming, limits: Limits) {
    tokio::time::sleep(limits.unread_timeout).await;
    drop(body);
}

async fn ends_within(body: &mut Incoming, bytes: usize) -> bool {
    let mut read = 0;
    while read < bytes {
        match body.frame().await {
            Some(Ok(frame)) => read += frame.data_ref().map_or(0, Bytes::len),
            Some(Err(_)) | None => return true,
        }
    }
    body.is_end_stream()
}
