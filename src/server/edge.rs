//! What all requests of one surface share: limits, slots, response headers, request ids, metrics, traces, log sampling.

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
    log_sampling::{LogDecision, LogSampler, RefusalKind},
    metrics::SurfaceMetrics,
    traces::SurfaceTraces,
    unsent_bytes::UnsentBytes,
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

#[derive(Debug)]
pub(super) struct Edge {
    pub(super) surface: Surface,
    pub(super) docs: String,
    pub(super) browsers: BrowserHeaders,
    pub(super) limits: Limits,
    /// The budget of response bytes that wait for slow clients.
    pub(super) unsent: UnsentBytes,
    /// Proxies whose `X-Forwarded-For` is trusted.
    pub(super) trusted: Arc<[IpNet]>,
    /// Limits the log lines of refused requests.
    pub(super) sampler: LogSampler,
    pub(super) ids: Arc<RequestIds>,
    pub(super) metrics: SurfaceMetrics,
    /// Makes the spans of requests, if they are exported. None on the ops listener.
    pub(super) traces: Option<SurfaceTraces>,
    /// Slots for running requests. None on the ops listener, so that probes work when everything else is full.
    pub(super) slots: Option<Capacity>,
    pub(super) shed: Counter,
    /// The SQLite file behind the surface, if there is one.
    pub(super) file: Option<FileWatch>,
}

impl Edge {
    /// The headers of every response as text, for responses to unreadable heads. There the request's `Origin` is not known.
    pub(super) fn browser_header_lines(&self) -> String {
        let mut headers = HeaderMap::new();
        let open = self.surface.serves_other_origins();
        self.browsers.add(&mut headers, open);
        if open {
            cors::open(&mut headers);
        }
        headers.iter().fold(String::new(), |lines, (name, value)| {
            lines + name.as_str() + ": " + value.to_str().unwrap_or_default() + "\r\n"
        })
    }

    /// Counts and logs a request head that hyper could not read.
    pub(super) fn log_unreadable_head(&self, peer: Peer, status: u16, cause: &hyper::Error) {
        self.metrics.answered(None, status, 0.0);
        let network = Network::of(peer.0).masked();
        let code = Code::MalformedRequest;
        if self.sampler.record(RefusalKind { surface: self.surface, network, code }, Instant::now()) == LogDecision::Log
        {
            let (surface, code) = (self.surface.name(), code.name());
            tracing::info!(target: "flow_gateway::request", surface, status, code, network = %network, %cause, "unreadable request head");
        }
    }

    /// A slot for one more request, or a refusal. The announced body size is checked first, since that costs nothing.
    pub(super) fn admit(&self, request: Request<Body>) -> Result<(RequestSlot, Request<Body>), Problem> {
        if self.file.as_ref().is_some_and(|file| !file.was_intact()) {
            let gone = Problem::new(
                Code::Unavailable,
                "The database file was moved or replaced. The log tells the operator what to do.",
            );
            return Err(gone.with_retry_after(1));
        }
        if request.body().size_hint().lower() > self.limits.body_bytes as u64 {
            return Err(too_large(self.limits.body_bytes));
        }
        let Some(slots) = &self.slots else { return Ok((RequestSlot::Free, request)) };
        slots.admit(request).ok_or_else(|| {
            self.shed.inc();
            Problem::new(Code::Overloaded, "Too many requests are running.").with_retry_after(1)
        })
    }
}
