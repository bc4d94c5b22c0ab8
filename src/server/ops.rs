//! What operators ask: alive? ready? how much?
//!
//! Called from the operators' table. Promises that `/healthz` asks nothing, and that `/readyz` answers within two
//! seconds whatever the database does.

use std::time::Duration;

use axum::http::header;
use axum::response::IntoResponse;

use super::{Accepting, Metrics};
use crate::wire::problem::{Code, Problem};

const READY_WITHIN: Duration = Duration::from_millis(1500);
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// `/healthz`: the process answers, and that is all it says.
pub async fn healthz() -> &'static str {
    "ok"
}

/// `/readyz`: all surfaces accept, and `ping`, which asks the database, came back well.
///
/// # Errors
/// 503 `unavailable` when either is not so, or when the ping takes too long.
pub async fn readyz<E>(
    accepting: &Accepting,
    ping: impl Future<Output = Result<(), E>>,
) -> Result<&'static str, Problem> {
    if !accepting.now() {
        return Err(Problem::new(Code::Unavailable, "Not all surfaces accept connections."));
    }
    match tokio::time::timeout(READY_WITHIN, ping).await {
        Ok(Ok(())) => Ok("ok"),
        Ok(Err(_)) | Err(_) => Err(Problem::new(Code::Unavailable, "The database does not answer.")),
    }
}

/// `/metrics`: everything that is counted, as `OpenMetrics` text.
#[must_use]
pub fn metrics(metrics: &Metrics) -> impl IntoResponse + use<> {
    ([(header::CONTENT_TYPE, OPEN_METRICS)], metrics.encode())
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn ready(accepting: bool, ping: impl Future<Output = Result<(), ()>>) -> Result<&'static str, Code> {
        let all = Accepting::default();
        all.set(accepting);
        readyz(&all, ping).await.map_err(|problem| problem.code())
    }

    #[tokio::test]
    async fn ready_means_accepting_and_a_database_that_answers() {
        assert_eq!(ready(true, async { Ok(()) }).await, Ok("ok"));
        assert_eq!(ready(false, async { Ok(()) }).await, Err(Code::Unavailable));
        assert_eq!(ready(true, async { Err(()) }).await, Err(Code::Unavailable));
        assert_eq!(ready(true, std::future::pending()).await, Err(Code::Unavailable));
    }
}
