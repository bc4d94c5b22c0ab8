//! One request's stay, from its head to its answer: names it, then finishes, counts and logs the answer.
//!
//! Called by the edge. Promises one log line and one count for every request, also for one whose client went away
//! before the answer (status 499, as nginx has it), and that neither path nor line shows a key or a query.

use std::sync::Arc;

use axum::{
    body::Body,
    http::{Method, Request, Response, uri::PathAndQuery},
};
use tokio::time::Instant;
use tracing::Level;

use super::{edge::Surface, finish::finish};
use crate::wire::{
    cors,
    mask::{mask_keys, mask_path},
    request::{RequestId, Told},
};

const CLIENT_WENT_AWAY: u16 = 499;

/// A request under way.
pub(super) struct Visit {
    surface: Arc<Surface>,
    id: RequestId,
    method: Method,
    path: Option<PathAndQuery>,
    /// Whether a page may read the answer.
    open: bool,
    started: Instant,
    ended: bool,
}

impl Visit {
    /// Names the request, and keeps what its log line needs. Nothing is copied: the parts are counted references.
    pub(super) fn begin(surface: Arc<Surface>, request: &mut Request<Body>) -> Self {
        let id = RequestId::sent(request.headers()).unwrap_or_else(|| surface.ids.next());
        request.extensions_mut().insert(id.clone());
        Self {
            open: surface.readers.may_read(request.headers()),
            surface,
            id,
            method: request.method().clone(),
            path: request.uri().path_and_query().cloned(),
            started: Instant::now(),
            ended: false,
        }
    }

    pub(super) fn id(&self) -> &RequestId {
        &self.id
    }

    /// The answer as it leaves the gateway.
    pub(super) fn end(mut self, mut response: Response<Body>) -> Response<Body> {
        let told = response.extensions_mut().remove::<Told>().unwrap_or_default();
        let mut response = finish(response, &self.surface.docs, &self.id, self.method == Method::HEAD);
        self.surface.browsers.put(response.headers_mut(), self.open);
        if self.open {
            cors::open(response.headers_mut());
        }
        self.ended = true;
        self.note(response.status().as_u16(), &told);
        response
    }

    fn note(&self, status: u16, told: &Told) {
        let took = self.started.elapsed();
        self.surface.metrics.answered(told.operation, status, took.as_secs_f64());
        if !tracing::enabled!(target: "flow_gateway::request", Level::INFO) {
            return;
        }
        let path = mask_path(self.path.as_ref().map_or("", PathAndQuery::path));
        tracing::info!(
            target: "flow_gateway::request",
            surface = self.surface.name,
            method = &*mask_keys(self.method.as_str()),
            path = &*path,
            status,
            duration_us = u64::try_from(took.as_micros()).unwrap_or(u64::MAX),
            request_id = self.id.as_str(),
            studio = told.studio.as_deref(),
            key = told.key.as_deref(),
            operation = told.operation,
        );
    }
}

impl Drop for Visit {
    fn drop(&mut self) {
        if !self.ended {
            self.note(CLIENT_WENT_AWAY, &Told::default());
        }
    }
}
