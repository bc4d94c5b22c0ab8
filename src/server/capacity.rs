//! Limits the requests that run at once. A request whose body has not arrived does not count as running.
//!
//! Promises that clients which send bodies slowly do not use up the slots of the others: such a request moves to a second,
//! larger set of slots while its body is awaited. When that set is full, the request keeps its running slot.

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

use super::slots::{HeldSlot, Slots};

/// Request slots.
#[derive(Clone, Debug)]
pub(super) struct Capacity {
    pub(super) running: Slots,
    pub(super) awaiting_body: Slots,
}

impl Capacity {
    /// A slot for the request, or `None` when all are taken. The returned body moves the slot while it is awaited.
    pub(super) fn admit(&self, request: Request<Body>) -> Option<(RequestSlot, Request<Body>)> {
        let slot = self.running.take()?;
        if request.body().is_end_stream() {
            return Some((RequestSlot::Fixed(slot), request));
        }
        let slot = BodySlot(Arc::new(Mutex::new(Some(BodyState::Running(slot)))));
        let body_slot = slot.clone();
        let request = request.map(|body| Body::new(TrackedBody { body, slot: body_slot, capacity: self.clone() }));
        Some((RequestSlot::Movable(slot), request))
    }
}

/// A request's slot. Dropping it frees the slot, even if the body still exists.
#[derive(Debug)]
pub(super) enum RequestSlot {
    /// Not counted: requests on the ops listener.
    Free,
    /// A request without a body.
    Fixed(#[expect(dead_code, reason = "held for its drop")] HeldSlot),
    /// A request with a body; the body moves it.
    Movable(BodySlot),
}

impl Drop for RequestSlot {
    fn drop(&mut self) {
        if let Self::Movable(slot) = self {
            slot.change(|_| None);
        }
    }
}

/// The slot of a request with a body, shared by the request and its body; `None` once freed.
#[derive(Clone, Debug)]
pub(super) struct BodySlot(Arc<Mutex<Option<BodyState>>>);

#[derive(Debug)]
enum BodyState {
    Running(HeldSlot),
    AwaitingBody(#[expect(dead_code, reason = "held for its drop")] HeldSlot),
}

impl BodySlot {
    fn await_body(&self, capacity: &Capacity) {
        self.change(|slot| match slot {
            BodyState::Running(slot) => {
                Some(capacity.awaiting_body.take().map_or(BodyState::Running(slot), BodyState::AwaitingBody))
            }
            waiting @ BodyState::AwaitingBody(_) => Some(waiting),
        });
    }

    /// Takes a running slot even when all are taken: the request was admitted already.
    fn resume(&self, capacity: &Capacity) {
        self.change(|slot| match slot {
            BodyState::AwaitingBody(_) => Some(BodyState::Running(capacity.running.take_over_limit())),
            working @ BodyState::Running(_) => Some(working),
        });
    }

    fn change(&self, change: impl FnOnce(BodyState) -> Option<BodyState>) {
        let mut slot = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *slot = slot.take().and_then(change);
    }
}

struct TrackedBody {
    body: Body,
    slot: BodySlot,
    capacity: Capacity,
}

impl HttpBody for TrackedBody {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        let polled = Pin::new(&mut self.body).poll_frame(cx);
        if polled.is_pending() {
            self.slot.await_body(&self.capacity);
        } else {
            self.slot.resume(&self.capacity);
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

/// A handler that stops reading the body may still be running.
impl Drop for TrackedBody {
    fn drop(&mut self) {
        self.slot.resume(&self.capacity);
    }
}
