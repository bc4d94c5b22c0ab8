//! `POST /v1/github-secret-scanning` on the Studio surface: GitHub sends the secret keys that it found, signed. Where that is not
//! switched on, the path is like one that does not exist.

use axum::{
    Json,
    body::to_bytes,
    extract::{Request, State},
    routing::post,
};

use super::assets::OpenRow;
use crate::{
    access::{client::client_of, github::Feedback, network::Network, table::Rule},
    operation::app::App,
    wire::problem::{Code, Problem},
};

/// Bytes of a report: GitHub may send many secrets at once.
const MAX_REPORT_BYTES: usize = 1024 * 1024;

/// The row.
pub fn row() -> OpenRow<App> {
    let rule =
        Rule { method: "POST", path: "/v1/github-secret-scanning", needs: (), id: "reportByGitHubSecretScanning" };
    (rule, post(report))
}

async fn report(State(app): State<App>, request: Request) -> Result<Json<Vec<Feedback>>, Problem> {
    let Some(github) = &app.access.github else {
        let detail = "This gateway takes no reports of GitHub's: start it with `--github-secret-scanning on`.";
        return Err(Problem::new(Code::UnknownOperation, detail));
    };
    let network = Network::of(client_of(&request, &app.access.trusted_proxies));
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, MAX_REPORT_BYTES).await.map_err(|_| {
        Problem::new(Code::BodyTooLarge, "The report breaks off, or is larger than 1 MiB. Send fewer secrets at once.")
    })?;
    github.report(&app.access, &parts.headers, &body, network).await.map(Json)
}
