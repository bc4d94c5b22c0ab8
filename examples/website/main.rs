//! A studio's website: a page that reads the Storefront in the visitor's browser, and one endpoint of its own that asks
//! Management from the server. Shows where each key belongs. With the demo running:
//!
//! ```text
//! FLOW_PUBLISHABLE_KEY=flow_pk_… FLOW_SECRET_KEY=flow_sk_… cargo run --example website
//! ```
//!
//! The secret key needs the scope `instructors:read` and no other.

mod site;

use std::{net::Ipv4Addr, process::ExitCode};

use clap::Parser;
use site::Site;

/// A small website for a studio.
#[derive(Debug, Parser)]
struct Settings {
    /// The key that stands in the page, `flow_pk_…`
    #[arg(long, value_name = "KEY", env = "FLOW_PUBLISHABLE_KEY", hide_env_values = true)]
    publishable_key: Option<String>,
    /// The key that stays on this server, `flow_sk_…`; the variable hides it from the list of processes
    #[arg(long, value_name = "KEY", env = "FLOW_SECRET_KEY", hide_env_values = true)]
    secret_key: Option<String>,
    /// Where browsers find the Storefront
    #[arg(long, value_name = "URL", env = "FLOW_STOREFRONT_URL", default_value = "http://127.0.0.1:7604")]
    storefront_url: String,
    /// Where this server finds Management
    #[arg(long, value_name = "URL", env = "FLOW_MANAGEMENT_URL", default_value = "http://127.0.0.1:7605")]
    management_url: String,
    /// The port on 127.0.0.1
    #[arg(long, default_value_t = 7610)]
    port: u16,
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(Settings::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("website: {why}");
            ExitCode::FAILURE
        }
    }
}

async fn run(settings: Settings) -> Result<(), String> {
    let missing = |name: &str, variable: &str| {
        format!("the {name} key is missing: set {variable}, or see --help. `flow-gateway demo` prints one.")
    };
    let site = Site {
        publishable_key: settings.publishable_key.ok_or_else(|| missing("publishable", "FLOW_PUBLISHABLE_KEY"))?,
        secret_key: settings.secret_key.ok_or_else(|| missing("secret", "FLOW_SECRET_KEY"))?,
        storefront_url: settings.storefront_url,
        management_url: settings.management_url,
    };
    let router = site.router()?;
    let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, settings.port))
        .await
        .map_err(|error| format!("port {} cannot be used: {error}", settings.port))?;
    let address = listener.local_addr().map_err(|error| error.to_string())?;
    println!("website listening on http://{address}");
    axum::serve(listener, router).await.map_err(|error| error.to_string())
}
