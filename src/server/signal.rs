//! The operating system's signals.
//!
//! Called by the commands that serve, which hand [`terminated`] to [`Server::run`](super::Server::run). Promises to return at
//! the first SIGTERM or Ctrl-C.

use rustix::process::Signal;
use tokio::signal::unix::{SignalKind, signal};

/// Has a write that goes beyond the limit on the size of files (`ulimit -f`) fail, as one on a full disk does. The process
/// would end at it otherwise.
pub fn outlive_full_files() {
    // A signal that was awaited once is handled for as long as the process runs.
    if let Err(error) = signal(SignalKind::from_raw(Signal::XFSZ.as_raw())) {
        tracing::warn!(%error, "a file that reaches its largest size will end this process");
    }
}

/// Has the process go on when it is told that its terminal is gone, or to read its settings anew: it reads none again.
pub fn outlive_hangups() {
    match signal(SignalKind::hangup()) {
        Ok(mut signals) => drop(tokio::spawn(async move {
            while signals.recv().await.is_some() {
                tracing::info!("SIGHUP changes nothing: settings are read at the start, and SIGTERM ends the server");
            }
        })),
        Err(error) => tracing::warn!(%error, "SIGHUP will end this server"),
    }
}

/// Ends when the process is told to end. The signal is awaited from this call on, not from the first poll.
pub fn terminated() -> impl Future<Output = ()> {
    let asked = signal(SignalKind::terminate());
    async move {
        let asked_to_end = async {
            match asked {
                Ok(mut signals) => _ = signals.recv().await,
                Err(error) => {
                    tracing::warn!(%error, "SIGTERM cannot be awaited");
                    std::future::pending::<()>().await;
                }
            }
        };
        tokio::select! {
            () = asked_to_end => (),
            _ = tokio::signal::ctrl_c() => (),
        }
    }
}
