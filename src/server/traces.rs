//! Traces: a span of each request, exported over OTLP/HTTP in protobuf (`--otlp-endpoint`). [`super::request_log`] makes the span
//! where it writes the log line, of what the line tells; a task exports it.
//!
//! Promises that a request never waits for the collector; that the spans in memory are limited, and that those which are lost are
//! counted. Nothing runs without the setting.

pub mod collector;
mod exporter;
mod queue;
mod span;

use std::{fmt, sync::Arc};

use opentelemetry::{KeyValue, trace::TracerProvider};
use opentelemetry_otlp::ExporterBuildError;
use opentelemetry_sdk::{
    Resource,
    trace::{Sampler, SdkTracer, SdkTracerProvider},
};
use uuid::Builder;

pub use self::exporter::Exporting;
pub(super) use self::span::{EndedRequest, TraceIds};
use self::{collector::Collector, queue::SpanCounts};
use super::metrics::Metrics;
use crate::{
    access::{listener::Listener, surface::Surface},
    store::clock::{Clock, random},
};

/// Makes the spans of a server. Clones share it.
#[derive(Clone, Debug)]
pub struct Traces {
    tracer: SdkTracer,
    clock: Clock,
}

impl Traces {
    /// Starts the task that exports. `share` is how many of the requests that come without a trace get a span, from 0 to 1; of the
    /// others the caller has decided.
    ///
    /// # Errors
    /// When a variable of OpenTelemetry's exporter has a value that it does not take.
    pub fn start(collector: Collector, share: f64, metrics: &Metrics) -> Result<(Self, Exporting), ExporterBuildError> {
        let counts = SpanCounts::registered(metrics);
        let (queue, waiting) = queue::queue(counts.clone());
        let resource = resource();
        let exporting = Exporting::start(collector, &resource, waiting, counts)?;
        let provider = SdkTracerProvider::builder()
            .with_resource(resource)
            .with_sampler(Sampler::ParentBased(Box::new(Sampler::TraceIdRatioBased(share))))
            .with_span_processor(queue)
            .build();
        let traces = Self { tracer: provider.tracer("flow-gateway"), clock: Clock::default() };
        Ok((traces, exporting))
    }

    /// The same for one surface, with the operations that its paths name.
    pub(super) fn of_surface(&self, surface: Surface, is_https: bool, routes: Option<Arc<Listener>>) -> SurfaceTraces {
        let scheme = if is_https { "https" } else { "http" };
        SurfaceTraces { traces: self.clone(), surface, scheme, routes }
    }
}

/// Who sends the spans: this program and this process, and what `OTEL_RESOURCE_ATTRIBUTES` adds.
fn resource() -> Resource {
    let process = Builder::from_random_bytes(random()).into_uuid();
    Resource::builder()
        .with_service_name("flow-gateway")
        .with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")))
        .with_attribute(KeyValue::new("service.instance.id", process.to_string()))
        .build()
}

/// Makes the spans of one surface.
pub(super) struct SurfaceTraces {
    traces: Traces,
    surface: Surface,
    scheme: &'static str,
    routes: Option<Arc<Listener>>,
}

impl SurfaceTraces {
    /// The path of the operation or page that a path names, with `{name}` for a parameter.
    fn template(&self, path: &str) -> Option<&'static str> {
        self.routes.as_ref()?.template(path)
    }
}

impl fmt::Debug for SurfaceTraces {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "SurfaceTraces({})", self.surface.name())
    }
}
