//! How many requests are at work, where waiting for a body is not work.
//!
//! Called by the edge. Promises that clients who send their bodies slowly do not use up the room of those who have
//! sent theirs: such a request steps aside while its body is awaited. The waiting room has an end, too; who finds
//! it full stays counted as at work.

use std::{
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
};

use axum::{
    Error,
    body::{Body, Bytes, HttpBody},
    http::Request,
};
use hyper::body::{Frame, SizeHint};

use super::slots::{Slot, Slots};

/// Room for requests.
#[derive(Clone, Debug)]
pub(super) struct Capacity {
    pub(super) at_work: Slots,
    pub(super) awaiting_body: Slots,
}

impl Capacity {
    /// A place for the request, or `None` at once when all are taken. A body is handed back with the place tied to it.
    pub(super) fn admit(&self, request: Request<Body>) -> Option<(RequestSlot, Request<Body>)> {
        let slot = self.at_work.take()?;
        if request.body().is_end_stream() {
            return Some((RequestSlot::Fixed(slot), request));
        }
        let standing = BodySlot(Arc::new(Mutex::new(Some(BodyState::AtWork(slot)))));
        let place = RequestSlot::Movable(standing.clone());
        let request = request.map(|body| Body::new(SteppingAside { body, standing, capacity: self.clone() }));
        Some((place, request))
    }
}

/// A request's place, given back on drop, whoever still keeps the body.
#[derive(Debug)]
pub(super) enum RequestSlot {
    /// Nobody counts.
    Free,
    /// A request without a body.
    Fixed(#[expect(dead_code, reason = "held for its drop")] Slot),
    /// A request with a body, which moves it.
    Movable(BodySlot),
}

impl Drop for RequestSlot {
    fn drop(&mut self) {
        if let Self::Movable(standing) = self {
            standing.change(|_| None);
        }
    }
}

/// Where a request with a body stands, known to its place and to its body; `None` once the place is given back.
#[derive(Clone, Debug)]
pub(super) struct BodySlot(Arc<Mutex<Option<BodyState>>>);

#[derive(Debug)]
enum BodyState {
    AtWork(Slot),
    AwaitingBody(#[expect(dead_code, reason = "held for its drop")] Slot),
}

impl BodySlot {
    fn step_aside(&self, capacity: &Capacity) {
        self.change(|standing| match standing {
            BodyState::AtWork(slot) => {
                Some(capacity.awaiting_body.take().map_or(BodyState::AtWork(slot), BodyState::AwaitingBody))
            }
            waiting @ BodyState::AwaitingBody(_) => Some(waiting),
        });
    }

    /// Back to work even when the room is full by now: the request was admitted once.
    fn step_back(&self, capacity: &Capacity) {
        self.change(|standing| match standing {
            BodyState::AwaitingBody(_) => Some(BodyState::AtWork(capacity.at_work.take_regardless())),
            working @ BodyState::AtWork(_) => Some(working),
        });
    }

    fn change(&self, change: impl FnOnce(BodyState) -> Option<BodyState>) {
        let mut standing = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *standing = standing.take().and_then(change);
    }
}

struct SteppingAside {
    body: Body,
    standing: BodySlot,
    capacity: Capacity,
}

impl HttpBody for SteppingAside {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        let polled = Pin::new(&mut self.body).poll_frame(cx);
        if polled.is_pending() {
            self.standing.step_aside(&self.capacity);
        } else {
            self.standing.step_back(&self.capacity);
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// A handler that stops reading may still have work to do.
impl Drop for SteppingAside {
    fn drop(&mut self) {
        self.standing.step_back(&self.capacity);
    }
}
