//! The life of one request outside its handler: assigns the request id, then finishes, counts and logs the response.
//!
//! Promises one log line and one count per request, also when the client disconnects before the response (status 499, as in
//! nginx), and that no log line shows a key or a query string.

use std::{borrow::Cow, net::IpAddr, sync::Arc};

use axum::{
    body::Body,
    http::{Method, Request, Response, uri::PathAndQuery},
};
use tokio::time::Instant;
use tracing::Level;

use super::{
    edge::Edge,
    finish::{ResponseForm, finish},
    log_sampling::{LogDecision, RefusalKind},
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
/// Characters of a path in a log line: long paths must not fill the disk.
const MAX_LOGGED_PATH: usize = 128;
/// Characters of a method in a log line.
const MAX_LOGGED_METHOD: usize = 16;
/// Bytes of a path that are masked. A key that starts within the logged part ends within these, even percent-encoded several
/// times.
const MAX_MASKED_PATH: usize = 2048;

/// A request in progress.
pub(super) struct RequestLog {
    edge: Arc<Edge>,
    id: RequestId,
    method: Method,
    path: Option<PathAndQuery>,
    client: IpAddr,
    /// Whether a page of another origin may read the response.
    open: bool,
    /// Whether an error is written as a page.
    errors_are_pages: bool,
    started: Instant,
    ended: bool,
}

impl RequestLog {
    /// Assigns the request id, and keeps what the log line needs without copying.
    pub(super) fn begin(edge: Arc<Edge>, request: &mut Request<Body>) -> Self {
        let id = RequestId::sent(request.headers()).unwrap_or_else(|| edge.ids.next());
        request.extensions_mut().insert(id.clone());
        let client = client_of(request, &edge.trusted);
        Self {
            open: edge.surface.is_read_across_origins(request.headers()),
            errors_are_pages: edge.surface.errors_are_pages(request.uri().path(), request.headers()),
            edge,
            id,
            method: request.method().clone(),
            path: request.uri().path_and_query().cloned(),
            client,
            started: Instant::now(),
            ended: false,
        }
    }

    /// Finishes the response, and logs it.
    pub(super) fn end(mut self, mut response: Response<Body>) -> Response<Body> {
        let info = response.extensions_mut().remove::<CallInfo>().unwrap_or_default();
        let form = ResponseForm { is_head: self.method == Method::HEAD, is_page: self.errors_are_pages };
        let (mut response, problem) = finish(response, &self.edge.docs, &self.id, form);
        self.edge.browsers.add(response.headers_mut(), self.open);
        if self.open {
            cors::open(response.headers_mut());
        }
        self.ended = true;
        self.log(response.status().as_u16(), problem.as_ref(), &info);
        response
    }

    fn log(&self, status: u16, problem: Option<&Problem>, info: &CallInfo) {
        let took = self.started.elapsed();
        self.edge.metrics.answered(info.operation, status, took.as_secs_f64());
        let (code, cause) = (problem.map(Problem::code), problem.and_then(Problem::cause));
        if cause.is_none() && !tracing::enabled!(target: "flow_gateway::request", Level::INFO) {
            return;
        }
        let network = Network::of(self.client).masked();
        // Not limited by a key's rate, so the number of log lines has its own limit.
        if let Some(code) = code.filter(|_| !info.admitted && cause.is_none())
            && self.edge.sampler.record(RefusalKind { surface: self.edge.surface, network, code }, Instant::now())
                == LogDecision::CountOnly
        {
            return;
        }
        macro_rules! line {
            ($level:ident $(, $cause:ident)?) => {
                tracing::$level!(
                    target: "flow_gateway::request",
                    surface = self.edge.surface.name(),
                    method = &*mask_keys(prefix(self.method.as_str(), MAX_LOGGED_METHOD)),
                    path = &*logged_path(self.path.as_ref().map_or("", PathAndQuery::path)),
                    status,
                    code = code.map(Code::name),
                    $($cause = &*mask_keys($cause),)?
                    duration_us = u64::try_from(took.as_micros()).unwrap_or(u64::MAX),
                    request_id = self.id.as_str(),
                    network = %network,
                    studio = info.studio.as_deref(),
                    key = info.key.as_deref(),
                    staff = info.staff.as_deref(),
                    operation = info.operation,
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

/// The start of a path, with keys masked. The log writer escapes line breaks and quotes.
fn logged_path(path: &str) -> Cow<'_, str> {
    match mask_path(prefix(path, MAX_MASKED_PATH)) {
        Cow::Borrowed(whole) if whole.len() <= MAX_LOGGED_PATH => Cow::Borrowed(whole),
        masked if masked.chars().count() <= MAX_LOGGED_PATH => masked,
        long => Cow::Owned(long.chars().take(MAX_LOGGED_PATH).chain(['…']).collect()),
    }
}

/// At most `bytes` bytes of a text.
fn prefix(text: &str, bytes: usize) -> &str {
    &text[..text.floor_char_boundary(bytes)]
}

impl Drop for RequestLog {
    fn drop(&mut self) {
        if !self.ended {
            self.log(CLIENT_WENT_AWAY, None, &CallInfo::default());
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
        assert_eq!(logged_path(&long).chars().count(), MAX_LOGGED_PATH + 1);
        for prefix in ["flow_sk_", "flow%5fsk%5F", "flow%25255fsk%25255F"] {
            let secret = "0123456789ABabcdefghijABCDEFGHIJ0123456789ab9fKq01";
            for before in 0..MAX_LOGGED_PATH {
                let path = format!("/{}{prefix}{secret}", "é".repeat(before));
                assert!(!logged_path(&path).contains(&secret[..8]), "{path}");
            }
        }
    }
}
