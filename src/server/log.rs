//! Log output: standard error, as text or JSON, written by its own thread.
//!
//! When the output is too slow, lines are dropped rather than requests delayed. Promises that a panic is logged with its
//! location and without keys. Request lines are masked where they are written.

use std::{
    any::Any,
    borrow::Cow,
    io::{self, BufWriter, Stderr, Write},
    panic::PanicHookInfo,
    thread,
    time::Duration,
};

use tracing::Subscriber;
use tracing_appender::non_blocking::{NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::{EnvFilter, Layer, fmt, fmt::MakeWriter, layer::SubscriberExt, registry::Registry};

use super::log_fields::TextFields;
use crate::{config::LogFormat, wire::mask::mask_keys};

/// The default filter.
pub const DEFAULT_FILTER: &str = "info";
/// Lines that may wait for a slow terminal or pipe. Newer lines are dropped.
const WAITING_LINES: usize = 32 * 1024;
/// Bytes of lines that are written at once.
const BATCH_BYTES: usize = 64 * 1024;
/// How long lines are collected before they are written. While the writer waits, a request need not wake it.
const BATCH_PAUSE: Duration = Duration::from_millis(5);

/// Why logging could not start.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// The filter does not parse.
    #[error("the log filter is not valid: {0}")]
    Filter(#[from] tracing_subscriber::filter::ParseError),
    /// Logging has started already.
    #[error("logging has started already")]
    Started(#[from] tracing::subscriber::SetGlobalDefaultError),
}

/// Keeps the writer thread; dropping it flushes the waiting lines.
#[derive(Debug)]
#[must_use = "lines are lost once it is dropped"]
pub struct LogGuard(#[expect(dead_code, reason = "held for its drop")] WorkerGuard);

/// Standard error, written in batches: a write and a wake-up for each line cost a busy server more than its routing.
struct Batches(BufWriter<Stderr>);

impl Batches {
    fn new() -> Self {
        Self(BufWriter::with_capacity(BATCH_BYTES, io::stderr()))
    }
}

impl Write for Batches {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.0.write(line)
    }

    /// The writer's thread calls this when no line waits. Lines that come during the pause are the next batch.
    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()?;
        thread::sleep(BATCH_PAUSE);
        Ok(())
    }
}

/// Starts logging for the process. `filter` has the syntax of `tracing` filters (`--log-level`).
///
/// # Errors
/// When the filter does not parse, or logging has started already.
pub fn init(format: LogFormat, filter: Option<&str>) -> Result<LogGuard, LogError> {
    let (writer, guard) =
        NonBlockingBuilder::default().lossy(true).buffered_lines_limit(WAITING_LINES).finish(Batches::new());
    tracing::subscriber::set_global_default(subscriber(format, filter.unwrap_or(DEFAULT_FILTER), writer)?)?;
    std::panic::set_hook(Box::new(log_panic));
    Ok(LogGuard(guard))
}

/// The same with another writer, for tests.
///
/// # Errors
/// When the filter does not parse.
pub fn subscriber<W>(format: LogFormat, filter: &str, writer: W) -> Result<impl Subscriber + Send + Sync, LogError>
where
    W: for<'writer> MakeWriter<'writer> + Send + Sync + 'static,
{
    let lines = fmt::layer::<Registry>().with_ansi(false).with_writer(writer);
    let lines = match format {
        LogFormat::Text => lines.fmt_fields(TextFields).boxed(),
        LogFormat::Json => lines.json().flatten_event(true).with_current_span(true).with_span_list(false).boxed(),
    };
    Ok(Registry::default().with(lines).with(EnvFilter::try_new(filter)?))
}

/// A panic's message, with keys masked.
pub(super) fn panic_message(panic: &(dyn Any + Send)) -> Cow<'_, str> {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    mask_keys(text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no message"))
}

/// The standard hook would print the message unmasked, with any key in it.
fn log_panic(panic: &PanicHookInfo<'_>) {
    let place = panic.location().map(ToString::to_string).unwrap_or_default();
    let cause = mask_keys(panic.payload_as_str().unwrap_or("no message"));
    tracing::error!(%place, %cause, "panic");
}
