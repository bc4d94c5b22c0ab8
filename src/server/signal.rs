//! Signals of the operating system.

use rustix::process::Signal;
use tokio::signal::unix::{SignalKind, signal};

/// Makes a write beyond the file size limit (`ulimit -f`) fail like one on a full disk. By default SIGXFSZ ends the process.
pub fn ignore_file_size_signal() {
    // Registering a handler once replaces the default action for good.
    if let Err(error) = signal(SignalKind::from_raw(Signal::XFSZ.as_raw())) {
        tracing::warn!(%error, "cannot handle SIGXFSZ: the process will end when a file reaches the size limit");
    }
}

/// Ignores SIGHUP, which is sent when the terminal closes or to reload settings: there is no reload.
pub fn ignore_hangups() {
    match signal(SignalKind::hangup()) {
        Ok(mut signals) => drop(tokio::spawn(async move {
            while signals.recv().await.is_some() {
                tracing::info!("SIGHUP ignored: settings are read at the start only; SIGTERM stops the server");
            }
        })),
        Err(error) => tracing::warn!(%error, "cannot handle SIGHUP: it will end this server"),
    }
}

/// Resolves at SIGTERM or Ctrl-C. The handler is registered by this call, not by the first poll.
pub fn terminated() -> impl Future<Output = ()> {
    let signals = signal(SignalKind::terminate());
    async move {
        let sigterm = async {
            match signals {
                Ok(mut signals) => _ = signals.recv().await,
                Err(error) => {
                    tracing::warn!(%error, "cannot handle SIGTERM");
                    std::future::pending::<()>().await;
                }
            }
        };
        tokio::select! {
            () = sigterm => (),
            _ = tokio::signal::ctrl_c() => (),
        }
    }
}
