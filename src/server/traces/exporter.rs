//! The task that exports spans in batches, and tells the log when some are lost.
//!
//! Promises that a batch takes ten seconds at most, and that a loss is logged once, until nothing has been lost for five seconds. At a
//! shutdown the last spans are exported within three seconds.

use std::{mem, time::Duration};

use opentelemetry_otlp::{ExporterBuildError, Protocol, SpanExporter, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::{
    Resource,
    trace::{SpanData, SpanExporter as _},
};
use tokio::{
    select,
    sync::{mpsc::Receiver, oneshot},
    task::JoinHandle,
    time::{Instant, timeout},
};

use super::{
    collector::{Collector, LastFailure},
    queue::SpanCounts,
};

/// Spans of a batch.
const MAX_BATCH: usize = 1024;
/// How long a batch is collected.
const COLLECT_FOR: Duration = Duration::from_secs(1);
/// How long the export of a batch may take, with all its tries.
const EXPORT_LIMIT: Duration = Duration::from_secs(10);
/// How long the last spans may take at a shutdown.
const FINISH_LIMIT: Duration = Duration::from_secs(3);
/// After how long without a loss the next one is logged again.
const CALM: Duration = Duration::from_secs(5);

/// The task that exports.
#[derive(Debug)]
pub struct Exporting {
    task: JoinHandle<()>,
    stop: oneshot::Sender<()>,
    counts: SpanCounts,
}

impl Exporting {
    pub(super) fn start(
        collector: Collector,
        resource: &Resource,
        waiting: Receiver<SpanData>,
        counts: SpanCounts,
    ) -> Result<Self, ExporterBuildError> {
        let (url, place, failure) = (collector.url().to_owned(), collector.place(), LastFailure::default());
        let mut otlp = SpanExporter::builder()
            .with_http()
            .with_http_client(collector.client(failure.clone()))
            .with_endpoint(url)
            .with_protocol(Protocol::HttpBinary)
            .with_timeout(EXPORT_LIMIT)
            .build()?;
        otlp.set_resource(resource);
        let (stop, stopped) = oneshot::channel();
        let losses = Losses { place, counts: counts.clone(), known: 0, last: None };
        let exporter = Exporter { waiting, otlp, failure, losses };
        Ok(Self { task: tokio::spawn(exporter.run(stopped)), stop, counts })
    }

    /// Exports what still waits, once no request runs any more.
    pub async fn finish(mut self) {
        self.stop.send(()).ok();
        if timeout(FINISH_LIMIT, &mut self.task).await.is_err() {
            self.task.abort();
            let lost = self.counts.waiting.get();
            tracing::warn!(lost, "the last spans are lost: the collector did not take them before the shutdown limit");
        }
    }
}

struct Exporter {
    waiting: Receiver<SpanData>,
    otlp: SpanExporter,
    failure: LastFailure,
    losses: Losses,
}

impl Exporter {
    /// Exports until it is stopped and nothing waits any more.
    async fn run(mut self, mut stopped: oneshot::Receiver<()>) {
        let (mut batch, mut is_stopped) = (Vec::new(), false);
        loop {
            select! {
                has_more = collect(&mut self.waiting, &mut batch) => if !has_more { return },
                _ = &mut stopped, if !is_stopped => {
                    is_stopped = true;
                    self.waiting.close();
                }
            }
            if !batch.is_empty() {
                self.export(mem::take(&mut batch)).await;
            }
        }
    }

    async fn export(&mut self, batch: Vec<SpanData>) {
        let spans = batch.len();
        let failure = match timeout(EXPORT_LIMIT, self.otlp.export(batch)).await {
            Ok(Ok(())) => None,
            Ok(Err(error)) => Some(self.failure.take().unwrap_or_else(|| error.to_string())),
            Err(_) => Some(format!("no answer within {} seconds", EXPORT_LIMIT.as_secs())),
        };
        self.losses.exported(spans, failure);
    }
}

/// Adds to the batch until it is full, or a while after its first span. False if there will be none.
async fn collect(waiting: &mut Receiver<SpanData>, batch: &mut Vec<SpanData>) -> bool {
    if waiting.recv_many(batch, MAX_BATCH).await == 0 {
        return false;
    }
    let fill =
        async { while batch.len() < MAX_BATCH && waiting.recv_many(batch, MAX_BATCH - batch.len()).await > 0 {} };
    timeout(COLLECT_FOR, fill).await.ok();
    true
}

/// Counts what was exported, and logs when spans begin to be lost and when that is over.
struct Losses {
    place: String,
    counts: SpanCounts,
    /// How many were lost when it was looked at last.
    known: u64,
    /// When some were lost last, while that is not over.
    last: Option<Instant>,
}

impl Losses {
    /// Notes how a batch ended.
    fn exported(&mut self, spans: usize, failure: Option<String>) {
        let Self { place: collector, counts, .. } = self;
        let spans = u64::try_from(spans).unwrap_or(u64::MAX);
        counts.waiting.dec_by(i64::try_from(spans).unwrap_or(i64::MAX));
        if failure.is_some() { &counts.dropped } else { &counts.exported }.inc_by(spans);
        let lost = counts.dropped.get();
        if lost > self.known {
            if self.last.is_none() {
                let failure = failure.unwrap_or_else(|| "there are more than can be exported".to_owned());
                tracing::warn!(%collector, %failure, "spans are lost");
            }
            self.last = Some(Instant::now());
        } else if self.last.is_some_and(|last| last.elapsed() > CALM) {
            self.last = None;
            tracing::info!(%collector, lost, "spans are exported again");
        }
        self.known = lost;
    }
}
