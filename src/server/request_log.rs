//! The life of one request outside its handler: assigns the request id, then finishes, counts and logs the response, and makes its
//! span where traces are exported.
//!
//! Promises one log line and one count per request, also when the client disconnects before the response (status 499, as in
//! nginx), and that no log line shows a key or a query string.

use std::{net::IpAddr, sync::Arc, time::Duration};

use axum::{
    body::Body,
    http::{Method, Request, Response, uri::PathAndQuery},
};
use ipnet::IpNet;
use tokio::time::Instant;
use tracing::{Level, field};

use super::{
    edge::Edge,
    finish::{ResponseForm, error_page_of, finish},
    log_sampling::{LogDecision, RefusalKind},
    traces::{EndedRequest, TraceIds},
};
use crate::{
    access::{
        activity::queue::{AnsweredCall, MethodAndPath},
        call_info::{CallInfo, CallSlot, KeyedCall},
        client::client_of,
        network::Network,
    },
    wire::{
        cors,
        language::Language,
        mask::{logged_method, logged_path, mask_keys},
        problem::{Code, Problem},
        request::RequestId,
        trace_context::TraceParent,
    },
};

const CLIENT_WENT_AWAY: u16 = 499;

/// A request in progress.
pub(super) struct RequestLog {
    edge: Arc<Edge>,
    id: RequestId,
    method: Method,
    path: Option<PathAndQuery>,
    client: IpAddr,
    /// The trace that the caller names.
    caller: Option<TraceParent>,
    /// Whether a page of another origin may read the response.
    open: bool,
    /// The language in which an error is written as a page, where it is one.
    error_pages: Option<Language>,
    /// What the guard knows of the call.
    call: CallSlot,
    ended: bool,
}

impl RequestLog {
    /// Assigns the request id, and keeps what the log line needs without copying.
    pub(super) fn begin(edge: Arc<Edge>, request: &mut Request<Body>) -> Self {
        let id = RequestId::sent(request.headers()).unwrap_or_else(|| edge.ids.next());
        request.extensions_mut().insert(id.clone());
        let call = CallSlot::new(Instant::now());
        request.extensions_mut().insert(call.clone());
        let client = client_of(request, &edge.trusted);
        Self {
            open: edge.surface.is_read_across_origins(request.uri().path(), request.headers()),
            error_pages: edge.surface.error_pages(request.uri().path(), request.headers()),
            edge,
            id,
            method: request.method().clone(),
            path: request.uri().path_and_query().cloned(),
            client,
            caller: TraceParent::sent(request.headers()),
            call,
            ended: false,
        }
    }

    /// Finishes the response, and logs it.
    pub(super) fn end(mut self, response: Response<Body>) -> Response<Body> {
        let error_page = self.error_pages.map(|_| error_page_of(self.edge.surface));
        let language = self.error_pages.unwrap_or_default();
        let form = ResponseForm { is_head: self.method == Method::HEAD, error_page, language };
        let (mut response, problem) = finish(response, &self.edge.docs, &self.id, form);
        self.edge.browsers.add(response.headers_mut(), self.open);
        if self.open {
            cors::open(response.headers_mut());
        }
        self.ended = true;
        self.log(response.status().as_u16(), problem.as_ref());
        response
    }

    fn log(&self, status: u16, problem: Option<&Problem>) {
        let took = self.call.started.elapsed();
        let unknown = CallInfo::default();
        let info = self.call.info().unwrap_or(&unknown);
        self.edge.metrics.answered(info.operation, status, took.as_secs_f64());
        let (code, cause) = (problem.map(Problem::code), problem.and_then(Problem::cause));
        if let Some(code) = code {
            self.edge.metrics.refused(code);
        }
        if let Some(keyed) = &info.keyed {
            keyed.record(self.answered(status, problem, took, keyed, info));
        }
        let trace = self.trace(status, code, took, info);
        let network = Network::of(self.client).masked();
        if cause.is_none() && !self.has_line(code.filter(|_| !info.admitted), network) {
            return;
        }
        macro_rules! line {
            ($level:ident $(, $cause:ident)?) => {
                tracing::$level!(
                    target: "flow_gateway::request",
                    surface = self.edge.surface.name(),
                    method = &*logged_method(self.method.as_str()),
                    path = &*logged_path(self.path()),
                    status,
                    code = code.map(Code::name),
                    $($cause = &*mask_keys($cause),)?
                    duration_us = u64::try_from(took.as_micros()).unwrap_or(u64::MAX),
                    request_id = self.id.as_str(),
                    trace_id = trace.map(|ids| field::display(ids.trace)),
                    span_id = trace.map(|ids| field::display(ids.span)),
                    network = %network,
                    studio = info.studio(),
                    key = info.masked_key(),
                    staff = info.staff.as_ref().map(|staff| staff.staff.as_str()),
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

    /// Makes the span, if traces are exported. Where the request stands in its trace, if it has one.
    fn trace(&self, status: u16, code: Option<Code>, took: Duration, info: &CallInfo) -> Option<TraceIds> {
        let Some(traces) = &self.edge.traces else { return self.caller.map(TraceIds::from) };
        let (method, path, request_id) = (&self.method, self.path(), &self.id);
        Some(traces.record(self.caller, &EndedRequest { method, path, status, code, info, request_id, took }))
    }

    /// Whether a request whose answer has no cause is logged, which may have been refused with this code. A refusal is not limited
    /// by a key's rate, so the number of its lines has its own limit.
    fn has_line(&self, refusal: Option<Code>, network: IpNet) -> bool {
        if !tracing::enabled!(target: "flow_gateway::request", Level::INFO) {
            return false;
        }
        refusal.is_none_or(|code| {
            let kind = RefusalKind { surface: self.edge.surface, network, code };
            self.edge.sampler.record(kind, Instant::now()) != LogDecision::CountOnly
        })
    }

    fn path(&self) -> &str {
        self.path.as_ref().map_or("", PathAndQuery::path)
    }

    /// The call, as the studio's activity shows it.
    fn answered(
        &self,
        status: u16,
        problem: Option<&Problem>,
        took: Duration,
        keyed: &KeyedCall,
        info: &CallInfo,
    ) -> AnsweredCall {
        let unknown = || MethodAndPath::of(self.method.as_str(), self.path());
        AnsweredCall {
            at: keyed.clock.now(),
            surface: self.edge.surface,
            operation: info.operation,
            unknown: info.operation.is_none().then(unknown),
            network: Network::of(self.client),
            status,
            refused: !info.admitted,
            code: problem.map(Problem::code),
            required_scope: problem.and_then(Problem::required_scope),
            request_id: self.id.clone(),
            took,
        }
    }
}

impl Drop for RequestLog {
    fn drop(&mut self) {
        if !self.ended {
            self.log(CLIENT_WENT_AWAY, None);
        }
    }
}
