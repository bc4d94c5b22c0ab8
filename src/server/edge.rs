//! What the edge of a surface knows: its limits, its room, what browsers are told, how requests are named, counted and
//! logged. One a surface, made by the server.

use std::sync::Arc;

use axum::{
    body::{Body, HttpBody},
    http::{HeaderMap, Request},
};
use ipnet::IpNet;
use prometheus_client::metrics::counter::Counter;
use tokio::time::Instant;

use super::{
    capacity::{Capacity, RequestSlot},
    headers::BrowserHeaders,
    limits::Limits,
    metrics::SurfaceMetrics,
    repeats::{Frequency, Refused, Repeats},
    unsent::UnsentBytes,
};
use crate::{
    access::{network::Network, surface::Surface},
    store::file_watch::FileWatch,
    wire::{
        body::too_large,
        cors,
        problem::{Code, Problem},
        request::{Peer, RequestIds},
    },
};

/// One surface, as the edge knows it.
#[derive(Debug)]
pub(super) struct Edge {
    pub(super) surface: Surface,
    /// The docs page that problems link to.
    pub(super) docs: String,
    /// What every answer tells browsers.
    pub(super) browsers: BrowserHeaders,
    pub(super) limits: Limits,
    /// The answers that wait for slow clients.
    pub(super) unsent: UnsentBytes,
    /// The proxies that may name a client.
    pub(super) trusted: Arc<[IpNet]>,
    /// Refusals that are logged together.
    pub(super) repeats: Repeats,
    pub(super) ids: Arc<RequestIds>,
    pub(super) metrics: SurfaceMetrics,
    /// Room for requests at work; probes have no bound, so that they answer when all else is full.
    pub(super) room: Option<Capacity>,
    pub(super) shed: Counter,
    /// The database file that the surface answers from, if it is one.
    pub(super) file: Option<FileWatch>,
}

impl Edge {
    /// What every answer tells browsers, as lines of a head: for answers to what was not read. Whether it was a page that
    /// called is not known then.
    pub(super) fn lines_for_browsers(&self) -> String {
        let mut headers = HeaderMap::new();
        let open = self.surface.serves_other_origins();
        self.browsers.put(&mut headers, open);
        if open {
            cors::open(&mut headers);
        }
        headers.iter().fold(String::new(), |lines, (name, value)| {
            lines + name.as_str() + ": " + value.to_str().unwrap_or_default() + "\r\n"
        })
    }

    /// Counts and logs a head that could not be read, and was answered by nobody else.
    pub(super) fn note_unreadable(&self, peer: Peer, status: u16, cause: &hyper::Error) {
        self.metrics.answered(None, status, 0.0);
        let network = Network::of(peer.0).masked();
        let code = Code::MalformedRequest;
        if self.repeats.seen(Refused { surface: self.surface, network, code }, Instant::now()) == Frequency::Seldom {
            let (surface, code) = (self.surface.name(), code.name());
            tracing::info!(target: "flow_gateway::request", surface, status, code, network = %network, %cause, "a request's head could not be read");
        }
    }

    /// Room for one more request, or the refusal. What the head announces is judged first, since it costs nothing.
    pub(super) fn admit(&self, request: Request<Body>) -> Result<(RequestSlot, Request<Body>), Problem> {
        if self.file.as_ref().is_some_and(|file| !file.was_intact()) {
            let gone =
                Problem::new(Code::Unavailable, "The database is not where it was. Its operators have been told.");
            return Err(gone.with_retry_after(1));
        }
        if request.body().size_hint().lower() > self.limits.body_bytes as u64 {
            return Err(too_large(self.limits.body_bytes));
        }
        let Some(room) = &self.room else { return Ok((RequestSlot::Free, request)) };
        room.admit(request).ok_or_else(|| {
            self.shed.inc();
            Problem::new(Code::Overloaded, "Too many requests are at work at this moment.").with_retry_after(1)
        })
    }
}
