//! `POST /v1/exposed-keys` on the Studio surface: who finds a secret key revokes it by sending all of it. The call needs no
//! credential but that key. The answer is 202 whatever was sent, so that it says nothing about any key.

use std::borrow::Cow;

use axum::{
    body::to_bytes,
    extract::{Request, State},
    http::StatusCode,
    routing::any,
};
use serde::Deserialize;

use crate::{
    access::{client::client_of, listener::Pages, network::Network, quarantine},
    operation::{app::App, endpoint},
    wire::problem::{Code, Problem},
};

const PATH: &str = "/v1/exposed-keys";
/// Bytes of a report: a key, and room for what a scanner adds.
const MAX_REPORT_BYTES: usize = 16 * 1024;

/// What is reported. Without `Debug`: a whole key stands in it.
#[derive(Deserialize)]
struct Report<'r> {
    #[serde(borrow)]
    key: Cow<'r, str>,
}

/// What stands at the path.
pub fn pages(app: &App) -> Pages {
    Pages { paths: vec![PATH], router: endpoint::open(vec![(PATH, any(report))], app.clone()) }
}

async fn report(State(app): State<App>, request: Request) -> Result<StatusCode, Problem> {
    if request.method() != "POST" {
        let detail = "This path takes reports of exposed keys: `POST` with `{\"key\": …}`.";
        return Err(Problem::new(Code::MethodNotAllowed, detail).with_allow("POST".to_owned()));
    }
    let network = Network::of(client_of(&request, &app.access.trusted_proxies));
    let body = to_bytes(request.into_body(), MAX_REPORT_BYTES).await.unwrap_or_default();
    let text = serde_json::from_slice(&body).map_or(Cow::Borrowed(""), |Report { key }| key);
    quarantine::report(&app.access, &text, network).await?;
    Ok(StatusCode::ACCEPTED)
}
