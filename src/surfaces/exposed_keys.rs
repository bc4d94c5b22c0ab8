//! `POST /v1/exposed-keys` on the Studio surface: who finds a secret key revokes it by sending all of it. The call needs no
//! credential but that key. The answer is 202 whatever was sent, so that it says nothing about any key.

use std::borrow::Cow;

use axum::{
    body::to_bytes,
    extract::{Request, State},
    http::StatusCode,
    routing::post,
};
use serde::Deserialize;

use super::assets::OpenRow;
use crate::{
    access::{client::client_of, network::Network, quarantine, table::Rule},
    operation::app::App,
    wire::problem::Problem,
};

/// Bytes of a report: a key, and room for what a scanner adds.
const MAX_REPORT_BYTES: usize = 16 * 1024;

/// What is reported. Without `Debug`, because it holds a whole key.
#[derive(Deserialize)]
struct Report<'r> {
    #[serde(borrow)]
    key: Cow<'r, str>,
}

/// The row.
pub fn row() -> OpenRow<App> {
    (Rule::new("POST", "/v1/exposed-keys", (), "reportExposedKey"), post(report))
}

async fn report(State(app): State<App>, request: Request) -> Result<StatusCode, Problem> {
    let network = Network::of(client_of(&request, &app.access.trusted_proxies));
    let body = to_bytes(request.into_body(), MAX_REPORT_BYTES).await.unwrap_or_default();
    let text = serde_json::from_slice(&body).map_or(Cow::Borrowed(""), |Report { key }| key);
    quarantine::report(&app.access, &text, network).await?;
    Ok(StatusCode::ACCEPTED)
}
