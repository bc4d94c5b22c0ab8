//! The metrics registry, as a value: no globals, so that tests do not share counters.
//!
//! Promises bounded labels (surfaces, operations and statuses are closed lists) and no allocation per request.

use std::sync::{Arc, Mutex, PoisonError};

use prometheus_client::{
    collector::Collector,
    encoding::{EncodeLabelSet, text},
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram, info::Info},
    registry::{Metric, Registry},
};

use crate::wire::problem::Code;

/// Upper bounds in seconds; a request times out after fifteen.
const BUCKETS: [f64; 12] = [0.0001, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.25, 1.0, 5.0, 15.0];

/// The registry and the server's own metrics. Clones share them.
#[derive(Clone, Debug)]
pub struct Metrics(Arc<Families>);

#[derive(Debug)]
struct Families {
    registry: Mutex<Registry>,
    requests: Family<RequestLabels, Counter>,
    refusals: Family<RefusalLabels, Counter>,
    durations: Family<SurfaceLabel, Histogram, fn() -> Histogram>,
    connections: Gauge,
    probes: Gauge,
    unsent: Gauge,
    in_flight: Gauge,
    awaiting_body: Gauge,
    shed: Family<Shed, Counter>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    surface: &'static str,
    operation: &'static str,
    status: u16,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RefusalLabels {
    surface: &'static str,
    code: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct SurfaceLabel {
    surface: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Shed {
    what: &'static str,
}

impl Metrics {
    /// All metrics at zero.
    pub fn new() -> Self {
        let counts = Families {
            registry: Mutex::new(Registry::default()),
            durations: Family::new_with_constructor(|| Histogram::new(BUCKETS)),
            requests: Family::default(),
            refusals: Family::default(),
            connections: Gauge::default(),
            probes: Gauge::default(),
            unsent: Gauge::default(),
            in_flight: Gauge::default(),
            awaiting_body: Gauge::default(),
            shed: Family::default(),
        };
        let metrics = Self(Arc::new(counts));
        let Families {
            requests, refusals, durations, connections, probes, unsent, in_flight, awaiting_body, shed, ..
        } = &*metrics.0;
        metrics.register("build", "The version that runs", Info::new([("version", env!("CARGO_PKG_VERSION"))]));
        metrics.register("http_requests", "Requests answered", requests.clone());
        metrics.register("http_refusals", "Requests answered with an error, by its code", refusals.clone());
        metrics.register("http_request_duration_seconds", "Time from head to answer", durations.clone());
        metrics.register("connections_open", "Open connections", connections.clone());
        metrics.register("probe_connections_open", "Open connections of operators", probes.clone());
        metrics.register("unsent_bytes", "Bytes of answers that wait for slow clients", unsent.clone());
        metrics.register("requests_in_flight", "Requests at work", in_flight.clone());
        metrics.register("requests_awaiting_body", "Requests whose body has not arrived yet", awaiting_body.clone());
        metrics.register("shed", "Connections and requests refused because the gateway was busy", shed.clone());
        metrics
    }

    /// Registers another metric. Its name gets the prefix `flow_`, and a counter's the suffix `_total`.
    pub fn register(&self, name: &str, help: &str, metric: impl Metric) {
        self.registry().register(format!("flow_{name}"), help, metric);
    }

    /// Registers metrics that are read when the page is, under the names that they have.
    pub fn collect(&self, collector: impl Collector) {
        self.registry().register_collector(Box::new(collector));
    }

    /// All metrics as `OpenMetrics` text.
    pub fn encode(&self) -> String {
        let mut page = String::new();
        if text::encode(&mut page, &self.registry()).is_err() {
            tracing::error!("the metrics cannot be written");
        }
        page
    }

    /// The metrics of one surface, looked up once.
    pub(super) fn of_surface(&self, surface: &'static str) -> SurfaceMetrics {
        SurfaceMetrics {
            surface,
            requests: self.0.requests.clone(),
            refusals: self.0.refusals.clone(),
            duration: self.0.durations.get_or_create_owned(&SurfaceLabel { surface }),
        }
    }

    pub(super) fn connections(&self) -> Gauge {
        self.0.connections.clone()
    }

    pub(super) fn probes(&self) -> Gauge {
        self.0.probes.clone()
    }

    pub(super) fn unsent(&self) -> Gauge {
        self.0.unsent.clone()
    }

    pub(super) fn in_flight(&self) -> Gauge {
        self.0.in_flight.clone()
    }

    pub(super) fn awaiting_body(&self) -> Gauge {
        self.0.awaiting_body.clone()
    }

    /// The counter of what was refused: `connection`, `probe` or `request`.
    pub(super) fn shed(&self, what: &'static str) -> Counter {
        self.0.shed.get_or_create_owned(&Shed { what })
    }

    fn registry(&self) -> std::sync::MutexGuard<'_, Registry> {
        self.0.registry.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

/// One surface's metrics.
#[derive(Clone, Debug)]
pub(super) struct SurfaceMetrics {
    surface: &'static str,
    requests: Family<RequestLabels, Counter>,
    refusals: Family<RefusalLabels, Counter>,
    duration: Histogram,
}

impl SurfaceMetrics {
    /// Counts one response. A known combination of labels allocates nothing.
    pub(super) fn answered(&self, operation: Option<&'static str>, status: u16, seconds: f64) {
        let labels = RequestLabels { surface: self.surface, operation: operation.unwrap_or("none"), status };
        self.requests.get_or_create(&labels).inc();
        self.duration.observe(seconds);
    }

    /// Counts one response that was an error. The same holds for it.
    pub(super) fn refused(&self, code: Code) {
        self.refusals.get_or_create(&RefusalLabels { surface: self.surface, code: code.name() }).inc();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_shows_what_was_counted_here_and_by_others() {
        let metrics = Metrics::new();
        let mail = Gauge::<i64>::default();
        metrics.register("outbox_waiting", "Mail not sent yet", mail.clone());
        mail.set(3);
        metrics.of_surface("members").answered(Some("membersGetMe"), 200, 0.0002);
        metrics.of_surface("members").answered(None, 404, 0.0002);
        metrics.of_surface("members").refused(Code::NotFound);
        let page = metrics.encode();
        for line in [
            r#"flow_http_requests_total{surface="members",operation="membersGetMe",status="200"} 1"#,
            r#"flow_http_requests_total{surface="members",operation="none",status="404"} 1"#,
            r#"flow_http_request_duration_seconds_count{surface="members"} 2"#,
            r#"flow_http_refusals_total{surface="members",code="not_found"} 1"#,
            concat!(r#"flow_build_info{version=""#, env!("CARGO_PKG_VERSION"), r#""} 1"#),
            "flow_outbox_waiting 3",
            "flow_connections_open 0",
        ] {
            assert!(page.contains(line), "{line} is missing in:\n{page}");
        }
        assert!(!Metrics::new().encode().contains("membersGetMe"));
    }
}
