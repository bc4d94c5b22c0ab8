//! `POST /v1/github-secret-scanning` on the Studio surface: GitHub sends the secret keys that it found, signed. The row is
//! there only where that is switched on.

use axum::{
    Json,
    extract::{Request, State},
    routing::post,
};

use super::assets::OpenRow;
use crate::{
    access::{client::client_of, github::Feedback, network::Network, table::Rule},
    operation::app::App,
    wire::{
        body,
        problem::{Code, Problem},
    },
};

/// The row.
pub fn row() -> OpenRow<App> {
    let rule = Rule::new("POST", "/v1/github-secret-scanning", (), "reportByGitHubSecretScanning");
    (rule, post(report))
}

async fn report(State(app): State<App>, request: Request) -> Result<Json<Vec<Feedback>>, Problem> {
    let Some(github) = &app.access.github else {
        let detail = "This gateway takes no reports of GitHub's: start it with `--github-secret-scanning on`.";
        return Err(Problem::new(Code::UnknownOperation, detail));
    };
    let network = Network::of(client_of(&request, &app.access.trusted_proxies));
    let (parts, body) = request.into_parts();
    // Nothing is read before the key of the signature is known.
    let signer = github.signer(&parts.headers).await?;
    let body = body::read(body).await?;
    github.report(&app.access, &signer, &body, network).await.map(Json)
}
