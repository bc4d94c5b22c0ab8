//! One request's stay, from its head to its answer: names it, then finishes, counts and logs the answer.
//!
//! Called by the edge. Promises one log line and one count for every request, also for one whose client went away
//! before the answer (status 499, as nginx has it), and that neither path nor line shows a key or a query.

use std::{borrow::Cow, net::IpAddr, sync::Arc};

use axum::{
    body::Body,
    http::{Method, Request, Response, uri::PathAndQuery},
};
use tokio::time::Instant;
use tracing::Level;

use super::{
    edge::Edge,
    finish::finish,
    repeats::{Frequency, Refused},
};
use crate::{
    access::{client::client_of, network::Network},
    wire::{
        cors,
        mask::{mask_keys, mask_path},
        problem::{Code, Problem},
        request::{CallInfo, RequestId},
    },
};

const CLIENT_WENT_AWAY: u16 = 499;
/// Characters of a path that a line shows: who writes long ones shall not fill the disk.
const LOGGED_PATH: usize = 128;
/// The same of a method.
const LOGGED_METHOD: usize = 16;
/// Bytes of a path that are looked at: a key that begins within those that are shown ends within these, however often it
/// was percent-encoded.
const MASKED_PATH: usize = 2048;

/// A request under way.
pub(super) struct Visit {
    edge: Arc<Edge>,
    id: RequestId,
    method: Method,
    path: Option<PathAndQuery>,
    client: IpAddr,
    /// Whether a page may read the answer.
    open: bool,
    started: Instant,
    ended: bool,
}

impl Visit {
    /// Names the request, and keeps what its log line needs. Nothing is copied: the parts are counted references.
    pub(super) fn begin(edge: Arc<Edge>, request: &mut Request<Body>) -> Self {
        let id = RequestId::sent(request.headers()).unwrap_or_else(|| edge.ids.next());
        request.extensions_mut().insert(id.clone());
        let client = client_of(request, &edge.trusted);
        Self {
            open: edge.surface.is_read_across_origins(request.headers()),
            edge,
            id,
            method: request.method().clone(),
            path: request.uri().path_and_query().cloned(),
            client,
            started: Instant::now(),
            ended: false,
        }
    }

    /// The answer as it leaves the gateway.
    pub(super) fn end(mut self, mut response: Response<Body>) -> Response<Body> {
        let told = response.extensions_mut().remove::<CallInfo>().unwrap_or_default();
        let (mut response, problem) = finish(response, &self.edge.docs, &self.id, self.method == Method::HEAD);
        self.edge.browsers.put(response.headers_mut(), self.open);
        if self.open {
            cors::open(response.headers_mut());
        }
        self.ended = true;
        self.note(response.status().as_u16(), problem.as_ref(), &told);
        response
    }

    fn note(&self, status: u16, problem: Option<&Problem>, told: &CallInfo) {
        let took = self.started.elapsed();
        self.edge.metrics.answered(told.operation, status, took.as_secs_f64());
        let (code, cause) = (problem.map(Problem::code), problem.and_then(Problem::cause));
        if cause.is_none() && !tracing::enabled!(target: "flow_gateway::request", Level::INFO) {
            return;
        }
        let network = Network::of(self.client).masked();
        // Whom no operation was opened to is bound by no rate of a key: such lines have one of their own.
        if let Some(code) = code.filter(|_| !told.admitted && cause.is_none())
            && self.edge.repeats.seen(Refused { surface: self.edge.surface, network, code }, Instant::now())
                == Frequency::TooOften
        {
            return;
        }
        macro_rules! line {
            ($level:ident $(, $cause:ident)?) => {
                tracing::$level!(
                    target: "flow_gateway::request",
                    surface = self.edge.surface.name(),
                    method = &*mask_keys(start(self.method.as_str(), LOGGED_METHOD)),
                    path = &*logged_path(self.path.as_ref().map_or("", PathAndQuery::path)),
                    status,
                    code = code.map(Code::name),
                    $($cause = &*mask_keys($cause),)?
                    duration_us = u64::try_from(took.as_micros()).unwrap_or(u64::MAX),
                    request_id = self.id.as_str(),
                    network = %network,
                    studio = told.studio.as_deref(),
                    key = told.key.as_deref(),
                    operation = told.operation,
                )
            };
        }
        if let Some(cause) = cause {
            line!(error, cause);
        } else {
            line!(info);
        }
    }
}

/// A path as a line shows it: its start, without keys. Line breaks and quotes are escaped where the line is written.
fn logged_path(path: &str) -> Cow<'_, str> {
    match mask_path(start(path, MASKED_PATH)) {
        Cow::Borrowed(whole) if whole.len() <= LOGGED_PATH => Cow::Borrowed(whole),
        masked if masked.chars().count() <= LOGGED_PATH => masked,
        long => Cow::Owned(long.chars().take(LOGGED_PATH).chain(['…']).collect()),
    }
}

/// At most so many bytes of a text.
fn start(text: &str, bytes: usize) -> &str {
    &text[..text.floor_char_boundary(bytes)]
}

impl Drop for Visit {
    fn drop(&mut self) {
        if !self.ended {
            self.note(CLIENT_WENT_AWAY, None, &CallInfo::default());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_cut_and_no_key_is_cut_open() {
        assert_eq!(logged_path("/v1/classes"), "/v1/classes");
        let long = format!("/{}", "x".repeat(16_000));
        assert_eq!(logged_path(&long).chars().count(), LOGGED_PATH + 1);
        for prefix in ["flow_sk_", "flow%5fsk%5F", "flow%25255fsk%25255F"] {
            let secret = "0123456789ABabcdefghijABCDEFGHIJ0123456789ab9fKq01";
            for before in 0..LOGGED_PATH {
                let path = format!("/{}{prefix}{secret}", "é".repeat(before));
                assert!(!logged_path(&path).contains(&secret[..8]), "{path}");
            }
        }
    }
}
