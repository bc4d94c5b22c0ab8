//! The spans that wait to be exported. The SDK puts them here; the exporter's task takes them.
//!
//! Promises that nobody waits to put one in: what comes while the queue is full is dropped and counted. The SDK's own queue does not
//! tell how many it drops.

use std::time::Duration;

use opentelemetry::Context;
use opentelemetry_sdk::{
    error::OTelSdkResult,
    trace::{Span, SpanData, SpanProcessor},
};
use prometheus_client::metrics::{counter::Counter, gauge::Gauge};
use tokio::sync::mpsc::{self, Receiver, Sender};

use crate::server::metrics::Metrics;

/// Spans that may wait, of about one and a half kilobytes each.
const MAX_WAITING: usize = 4096;

/// What becomes of the spans.
#[derive(Clone, Debug, Default)]
pub(super) struct SpanCounts {
    pub(super) exported: Counter,
    pub(super) dropped: Counter,
    /// Also those that are being exported.
    pub(super) waiting: Gauge,
}

impl SpanCounts {
    /// Counts that the page of metrics shows.
    pub(super) fn registered(metrics: &Metrics) -> Self {
        let counts = Self::default();
        metrics.register("spans_exported", "Spans that the collector took", counts.exported.clone());
        metrics.register("spans_dropped", "Spans that were lost", counts.dropped.clone());
        metrics.register("spans_waiting", "Spans that are still to be exported", counts.waiting.clone());
        counts
    }
}

/// Where the SDK puts spans.
#[derive(Debug)]
pub(super) struct SpanQueue {
    queue: Sender<SpanData>,
    counts: SpanCounts,
}

/// A queue, and where its spans are taken.
pub(super) fn queue(counts: SpanCounts) -> (SpanQueue, Receiver<SpanData>) {
    let (queue, waiting) = mpsc::channel(MAX_WAITING);
    (SpanQueue { queue, counts }, waiting)
}

impl SpanProcessor for SpanQueue {
    fn on_start(&self, _: &mut Span, _: &Context) {}

    fn on_end(&self, span: SpanData) {
        self.counts.waiting.inc();
        if self.queue.try_send(span).is_err() {
            self.counts.waiting.dec();
            self.counts.dropped.inc();
        }
    }

    /// [`super::Exporting::finish`] does that.
    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    /// So it does that.
    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use opentelemetry::trace::{Tracer, TracerProvider};
    use opentelemetry_sdk::trace::SdkTracerProvider;

    use super::*;

    #[test]
    fn what_comes_while_the_queue_is_full_or_nobody_takes_it_is_dropped_and_counted() {
        let counts = SpanCounts::default();
        let (queue, mut waiting) = queue(counts.clone());
        let tracer = SdkTracerProvider::builder().with_span_processor(queue).build().tracer("test");
        let end = |spans: usize| (0..spans).for_each(|_| drop(tracer.start("span")));
        end(MAX_WAITING + 10);
        assert_eq!((counts.dropped.get(), counts.waiting.get()), (10, 4096));
        waiting.try_recv().expect("one waits");
        counts.waiting.dec();
        end(2);
        assert_eq!((counts.dropped.get(), counts.waiting.get()), (11, 4096));
        drop(waiting);
        end(1);
        assert_eq!(counts.dropped.get(), 12);
    }
}
