//! The span of a request, named and described as OpenTelemetry's conventions for HTTP servers say. It is made when the request has
//! ended, of what the log line tells.
//!
//! Promises that nothing that a caller wrote is in it, but for a request id that [`RequestId`] has taken: no path, since one may
//! contain a secret, but the path of the operation with the names of its parameters; no query, no header, no address.

use std::time::{Duration, UNIX_EPOCH};

use axum::http::Method;
use opentelemetry::{
    Context, KeyValue,
    trace::{
        Span, SpanBuilder, SpanContext, SpanId, SpanKind, Status, TraceContextExt, TraceFlags, TraceId, TraceState,
        Tracer,
    },
};

use super::SurfaceTraces;
use crate::{
    access::call_info::CallInfo,
    wire::{problem::Code, request::RequestId, trace_context::TraceParent},
};

/// The methods that the conventions know.
const METHODS: [&str; 9] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "CONNECT", "TRACE"];

/// A request that has ended.
pub(in crate::server) struct EndedRequest<'r> {
    pub(in crate::server) method: &'r Method,
    pub(in crate::server) path: &'r str,
    pub(in crate::server) status: u16,
    pub(in crate::server) code: Option<Code>,
    pub(in crate::server) info: &'r CallInfo,
    pub(in crate::server) request_id: &'r RequestId,
    pub(in crate::server) took: Duration,
}

/// Where a request stands in its trace, for its log line.
#[derive(Clone, Copy, Debug)]
pub(in crate::server) struct TraceIds {
    pub(in crate::server) trace: TraceId,
    /// The request's span; the caller's, where no spans are made.
    pub(in crate::server) span: SpanId,
}

impl From<TraceParent> for TraceIds {
    fn from(caller: TraceParent) -> Self {
        Self { trace: caller.trace_id, span: caller.span_id }
    }
}

impl SurfaceTraces {
    /// Makes the span of a request, and has it exported if the trace is recorded.
    pub(in crate::server) fn record(&self, caller: Option<TraceParent>, request: &EndedRequest<'_>) -> TraceIds {
        let method = METHODS.into_iter().find(|known| *known == request.method.as_str());
        let now = self.traces.clock.now().timestamp().as_microsecond();
        let ended = UNIX_EPOCH + Duration::from_micros(u64::try_from(now).unwrap_or_default());
        let start = ended.checked_sub(request.took).unwrap_or(ended);
        let builder =
            SpanBuilder::from_name(method.unwrap_or("HTTP")).with_kind(SpanKind::Server).with_start_time(start);
        let mut span = self.traces.tracer.build_with_context(builder, &context(caller));
        let ids = TraceIds { trace: span.span_context().trace_id(), span: span.span_context().span_id() };
        if !span.is_recording() {
            return ids;
        }
        if let Some(route) = self.template(request.path) {
            span.update_name(format!("{} {route}", method.unwrap_or("HTTP")));
            span.set_attribute(KeyValue::new("http.route", route));
        }
        span.set_attribute(KeyValue::new("http.request.method", method.unwrap_or("_OTHER")));
        span.set_attributes(self.attributes(request));
        if request.status >= 500 {
            span.set_attribute(KeyValue::new("error.type", request.status.to_string()));
            span.set_status(Status::error(""));
        }
        span.end_with_timestamp(ended);
        ids
    }

    fn attributes(&self, request: &EndedRequest<'_>) -> impl Iterator<Item = KeyValue> {
        let EndedRequest { status, code, info, request_id, .. } = request;
        let always = [
            KeyValue::new("http.response.status_code", i64::from(*status)),
            KeyValue::new("url.scheme", self.scheme),
            KeyValue::new("flow.surface", self.surface.name()),
            KeyValue::new("flow.request_id", request_id.as_str().to_owned()),
        ];
        let if_known = [
            info.operation.map(|operation| KeyValue::new("flow.operation", operation)),
            info.studio().map(|studio| KeyValue::new("flow.studio", studio.to_owned())),
            info.keyed.as_ref().map(|keyed| KeyValue::new("flow.key_id", keyed.key.stored.id.to_string())),
            code.map(|code| KeyValue::new("flow.code", code.name())),
        ];
        always.into_iter().chain(if_known.into_iter().flatten())
    }
}

/// What the span continues.
fn context(caller: Option<TraceParent>) -> Context {
    let Some(TraceParent { trace_id, span_id, is_sampled }) = caller else { return Context::new() };
    let flags = TraceFlags::default().with_sampled(is_sampled);
    let caller = SpanContext::new(trace_id, span_id, flags, true, TraceState::default());
    Context::new().with_remote_span_context(caller)
}
