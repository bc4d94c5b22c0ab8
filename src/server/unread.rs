//! Bodies that nobody read, and what becomes of them after the answer.
//!
//! Called by the connection. hyper, left alone, closes a connection whose body was not read, and the client, still
//! sending, may then get a reset instead of the answer that explains itself. So the body is only lent to the service:
//! what comes back unread is discarded for a bounded number of bytes and a short time, while the answer is on its
//! way. A body that ends within these bounds leaves the connection fit for the next request.

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

/// Where a body goes that was not read to its end.
type Returned = Arc<Mutex<Option<Incoming>>>;

/// A body in the hands of the service.
#[derive(Debug)]
pub(super) struct Lent {
    body: Option<Incoming>,
    returned: Returned,
}

/// The connection's claim on a body that it lent.
#[derive(Debug)]
pub(super) struct Lender(Returned);

/// Lends a body out.
pub(super) fn lend(body: Incoming) -> (Lent, Lender) {
    let returned = Returned::default();
    (Lent { body: Some(body), returned: Arc::clone(&returned) }, Lender(returned))
}

impl Lender {
    /// What came back unread.
    pub(super) fn unread(self) -> Option<Incoming> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl Body for Lent {
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

impl Drop for Lent {
    fn drop(&mut self) {
        if let Some(body) = self.body.take().filter(|body| !body.is_end_stream()) {
            *self.returned.lock().unwrap_or_else(PoisonError::into_inner) = Some(body);
        }
    }
}

/// Whether the body cannot end within the bounds, so that the connection has to close.
pub(super) fn is_too_much(body: &Incoming, limits: &Limits) -> bool {
    body.size_hint().lower() > limits.unread_bytes as u64
}

/// Discards the body within the bounds; then keeps the connection open, unread, for the rest of the time.
pub(super) async fn discard(mut body: Incoming, limits: Limits) {
    let until = Instant::now() + limits.unread_time;
    if timeout_at(until, ends_within(&mut body, limits.unread_bytes)).await == Ok(false) {
        sleep_until(until).await;
    }
}

/// For a client that waits for `100 Continue`: reading would send it, and invite the body that we do not want.
pub(super) async fn hold(body: Incoming, limits: Limits) {
    tokio::time::sleep(limits.unread_time).await;
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
