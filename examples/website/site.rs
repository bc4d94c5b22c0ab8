//! The website's routes.

use std::{sync::Arc, time::Duration};

use axum::{
    Json, Router,
    extract::State,
    http::{StatusCode, header},
    response::{Html, IntoResponse},
    routing::get,
};
use reqwest::{Client, Url, redirect::Policy};
use serde::Deserialize;
use serde_json::{Value, json};

/// What the website needs to know.
pub struct Site {
    /// Goes into the page: anyone may read it there.
    pub publishable_key: String,
    /// Never leaves this server, except to Management.
    pub secret_key: String,
    /// Where browsers find the Storefront.
    pub storefront_url: String,
    /// Where this server finds Management.
    pub management_url: String,
}

/// The server's side of Management.
struct Management {
    client: Client,
    url: Url,
    key: String,
}

impl Site {
    /// The routes of the website.
    ///
    /// # Errors
    /// Says which setting is wrong. Keys in each other's place are: a secret key in the page would be everyone's.
    pub fn router(self) -> Result<Router, String> {
        check_key(&self.publishable_key, "publishable", "flow_pk_")?;
        check_key(&self.secret_key, "secret", "flow_sk_")?;
        let storefront = base(&self.storefront_url)?.origin().ascii_serialization();
        let url = base(&self.management_url)?.join("v1/instructors").map_err(|error| error.to_string())?;
        let client = Client::builder()
            .timeout(Duration::from_secs(5))
            // A redirect would send the key to wherever it leads.
            .redirect(Policy::none())
            .build()
            .map_err(|error| error.to_string())?;
        let page = include_str!("index.html")
            .replace("{{storefront}}", &storefront)
            .replace("{{publishable_key}}", &self.publishable_key);
        let policy = format!(
            "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self' {storefront}; \
             base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        );
        let index =
            move || std::future::ready(([(header::CONTENT_SECURITY_POLICY, policy.clone())], Html(page.clone())));
        Ok(Router::new()
            .route("/", get(index))
            .route("/site.js", get(async || ([(header::CONTENT_TYPE, "text/javascript")], include_str!("site.js"))))
            .route("/site.css", get(async || ([(header::CONTENT_TYPE, "text/css")], include_str!("site.css"))))
            .route("/api/team", get(team))
            .with_state(Arc::new(Management { client, url, key: self.secret_key })))
    }
}

fn check_key(key: &str, kind: &str, prefix: &str) -> Result<(), String> {
    let rest = key.strip_prefix(prefix).filter(|rest| !rest.is_empty());
    match rest.filter(|rest| rest.bytes().all(|byte| byte.is_ascii_alphanumeric())) {
        Some(_) => Ok(()),
        None => Err(format!("the {kind} key does not look like one: it starts with {prefix}")),
    }
}

fn base(url: &str) -> Result<Url, String> {
    Url::parse(url)
        .ok()
        .filter(Url::has_host)
        .ok_or_else(|| format!("{url} is not an address such as http://127.0.0.1:7604"))
}

/// A page of instructors, of which we take only what the website needs.
#[derive(Deserialize)]
struct Page {
    data: Vec<Instructor>,
    next_cursor: Option<String>,
}

#[derive(Deserialize)]
struct Instructor {
    id: String,
    status: String,
    created_at: String,
}

/// Since which year each active instructor has been with the studio: something that only Management tells.
///
/// Takes nothing of the visitor's request along, and no headers at all. Management refuses a secret key that comes with
/// a browser's marks (`Origin`, `Sec-Fetch-Site`), and reports it to the studio as exposed: a proxy that passes headers
/// on looks just like a page with a secret key in it. Nor does it pass the answer on: rows of Management hold e-mail
/// addresses and notes, so what becomes public is picked by hand.
async fn team(State(management): State<Arc<Management>>) -> impl IntoResponse {
    match management.instructors().await {
        Ok(all) => {
            let active = all.into_iter().filter(|one| one.status == "active");
            let since: serde_json::Map<String, Value> =
                active.filter_map(|one| Some((one.id, one.created_at.get(..4)?.into()))).collect();
            (StatusCode::OK, Json(json!({"since": since})))
        }
        Err(error) => {
            eprintln!("website: Management does not answer as it should: {error}");
            (StatusCode::BAD_GATEWAY, Json(json!({"detail": "We cannot look that up at the moment."})))
        }
    }
}

impl Management {
    async fn instructors(&self) -> reqwest::Result<Vec<Instructor>> {
        let mut all = Vec::new();
        let mut cursor = None;
        loop {
            let mut url = self.url.clone();
            url.query_pairs_mut()
                .append_pair("limit", "100")
                .extend_pairs(cursor.map(|cursor: String| ("cursor", cursor)));
            let answer = self.client.get(url).bearer_auth(&self.key).send().await?.error_for_status()?;
            let page: Page = answer.json().await?;
            all.extend(page.data);
            cursor = page.next_cursor;
            if cursor.is_none() {
                return Ok(all);
            }
        }
    }
}
