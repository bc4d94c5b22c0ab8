//! The operating system's word to stop.
//!
//! Called by the commands that serve, which hand it to [`Server::run`](super::Server::run). Promises to return at
//! the first SIGTERM or Ctrl-C.

use tokio::signal::unix::{SignalKind, signal};

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
