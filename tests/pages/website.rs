//! The example website, in front of a gateway that listens on real sockets.

use flow_gateway::access::surface::Surface;
use flow_gateway::{
    access::scope::Scope::{InstructorsRead, InstructorsWrite},
    server::{Limits, Metrics, Server},
    surfaces,
};
use serde_json::{Value, json};

use self::site::Site;
use crate::support::{
    chromium,
    studio::{Studio, publishable, secret},
};

#[path = "../../examples/website/site.rs"]
#[allow(clippy::duplicate_mod, reason = "the example is a program of its own")]
mod site;

/// A website for this studio, and its address.
async fn open_website(studio: &Studio) -> String {
    let mut server = Server::new(Limits::default(), Metrics::new());
    let docs = |at| format!("http://{at}/docs");
    let here = ([127, 0, 0, 1], 0).into();
    let storefront = server
        .listen(Surface::Storefront, here, docs, surfaces::guarded(Surface::Storefront, &studio.app))
        .expect("a port");
    let management = server
        .listen(Surface::Management, here, docs, surfaces::guarded(Surface::Management, &studio.app))
        .expect("a port");
    tokio::spawn(server.run(std::future::pending()));
    let site = Site {
        publishable_key: studio.key(publishable()).await.minted.reveal().to_owned(),
        secret_key: studio.key(secret(&[InstructorsRead])).await.minted.reveal().to_owned(),
        storefront_url: format!("http://{storefront}"),
        management_url: format!("http://{management}"),
    };
    let listener = tokio::net::TcpListener::bind(here).await.expect("a port");
    let address = listener.local_addr().expect("the port");
    let router = site.router().expect("the settings are right");
    tokio::spawn(async move { axum::serve(listener, router).await });
    format!("http://{address}")
}

async fn studio_with_instructors() -> Studio {
    let studio = Studio::on_sqlite().await;
    let server = studio.server(&[InstructorsWrite]).await;
    for instructor in [
        json!({"display_name": "Anna <b>Berg</b>", "email": "anna@private.example"}),
        json!({"display_name": "Rui Sousa"}),
        json!({"display_name": "Gone Away", "status": "inactive"}),
    ] {
        server.post("/v1/instructors", instructor).await.expect(201);
    }
    studio
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_visitor_sees_who_teaches_and_since_when() {
    let studio = studio_with_instructors().await;
    let website = open_website(&studio).await;
    let Some(page) = tokio::task::block_in_place(|| chromium::open(&website)) else { return };
    assert!(page.contains("Anna &lt;b&gt;Berg&lt;/b&gt;"), "{page}");
    assert!(page.contains("Rui Sousa"), "{page}");
    assert!(page.contains("With us since 20"), "{page}");
    for private in ["Gone Away", "anna@private.example", "flow_sk_"] {
        assert!(!page.contains(private), "{private} is in {page}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_websites_own_endpoint_passes_no_header_and_no_private_field_on() {
    let studio = studio_with_instructors().await;
    let website = open_website(&studio).await;
    let as_a_browser = reqwest::Client::new()
        .get(format!("{website}/api/team"))
        .header("origin", &website)
        .header("sec-fetch-site", "same-origin");
    let answer: Value = as_a_browser.send().await.expect("an answer").json().await.expect("JSON");
    assert_eq!(answer["since"].as_object().expect("years").len(), 2, "{answer}");
    assert!(!answer.to_string().contains("private"), "{answer}");
}

#[test]
fn keys_in_each_others_place_are_refused() {
    let keys = |publishable: &str, secret: &str| {
        let site = Site {
            publishable_key: publishable.into(),
            secret_key: secret.into(),
            storefront_url: "http://127.0.0.1:7604".into(),
            management_url: "http://127.0.0.1:7605".into(),
        };
        site.router().map(drop)
    };
    assert!(keys("flow_pk_a", "flow_sk_a").is_ok());
    assert!(keys("flow_sk_a", "flow_sk_a").is_err());
    assert!(keys("flow_pk_a", "flow_pk_a").is_err());
    assert!(keys("flow_pk_\"><script>", "flow_sk_a").is_err());
}
