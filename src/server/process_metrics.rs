//! What the operating system knows of this process, under the names that Prometheus gives it everywhere. Read when the metrics page
//! is; on other systems than Linux there is only the time of the start.

use std::fmt;

use prometheus_client::{
    collector::Collector,
    encoding::{DescriptorEncoder, EncodeMetric},
    metrics::{counter::ConstCounter, gauge::ConstGauge},
};

use crate::store::instant::Instant;

/// Reads them.
#[derive(Debug)]
pub(super) struct ProcessMetrics {
    started_at: Instant,
}

impl ProcessMetrics {
    /// Of a process that started at this time.
    pub(super) fn since(started_at: Instant) -> Self {
        Self { started_at }
    }
}

impl Collector for ProcessMetrics {
    fn encode(&self, mut page: DescriptorEncoder<'_>) -> fmt::Result {
        let mut put = |name, help, metric: &dyn EncodeMetric| {
            metric.encode(page.encode_descriptor(name, help, None, metric.metric_type())?)
        };
        let started_at = ConstGauge::new(self.started_at.seconds());
        put("process_start_time_seconds", "When the process started", &started_at)?;
        let Some(now) = ProcessReadings::read() else { return Ok(()) };
        put("process_cpu_seconds", "Seconds of a processor that were used", &ConstCounter::new(now.cpu_seconds))?;
        put("process_resident_memory_bytes", "Memory that is in use", &ConstGauge::new(now.resident_bytes))?;
        put("process_virtual_memory_bytes", "Addresses that are taken", &ConstGauge::new(now.virtual_bytes))?;
        put("process_threads", "Threads", &ConstGauge::new(now.threads))?;
        put("process_open_fds", "Open files and connections", &ConstGauge::new(now.open_files))?;
        put("process_max_fds", "Files and connections that may be open", &ConstGauge::new(now.most_files))
    }
}

/// What was read at one time.
struct ProcessReadings {
    cpu_seconds: f64,
    resident_bytes: u64,
    virtual_bytes: u64,
    threads: i64,
    open_files: u64,
    most_files: u64,
}

impl ProcessReadings {
    #[cfg(target_os = "linux")]
    fn read() -> Option<Self> {
        use procfs::process::{LimitValue, Process};

        let process = Process::myself().ok()?;
        let stat = process.stat().ok()?;
        let limits = process.limits().ok()?;
        let most_files = match limits.max_open_files.soft_limit {
            LimitValue::Value(most) => most,
            LimitValue::Unlimited => u64::MAX,
        };
        #[expect(clippy::cast_precision_loss, reason = "ticks of some centuries are exact")]
        let cpu_seconds = (stat.utime + stat.stime) as f64 / procfs::ticks_per_second() as f64;
        Some(Self {
            cpu_seconds,
            resident_bytes: stat.rss * procfs::page_size(),
            virtual_bytes: stat.vsize,
            threads: stat.num_threads,
            open_files: u64::try_from(process.fd_count().ok()?).ok()?,
            most_files,
        })
    }

    #[cfg(not(target_os = "linux"))]
    fn read() -> Option<Self> {
        None
    }
}
