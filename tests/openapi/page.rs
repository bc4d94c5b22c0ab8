//! The docs pages, as a browser shows them.

use flow_gateway::{
    access::surface::Surface,
    operation::app::{Options, Urls},
    server::{self, Limits, Metrics, Server},
    surfaces,
    wire::problem::Code,
};
use serde_json::json;

use crate::support::{
    chromium,
    studio::{Client, Studio},
};

#[tokio::test]
async fn nothing_is_at_the_root_whatever_the_method() {
    let studio = Studio::on_sqlite().await;
    for client in [studio.storefront_client(), studio.management_client(), studio.api_client()] {
        for method in ["GET", "POST", "PUT", "DELETE", "OPTIONS"] {
            client.call(method, "/").await.is_problem(404, "unknown_operation");
        }
    }
}

#[tokio::test]
async fn a_document_names_the_public_address_of_its_surface() {
    let studio = Studio::on_sqlite().await;
    let url = "https://api.studio.example/flow";
    let urls = Urls { management: url.into(), ..Urls::default() };
    let options = Options { urls, ..Options::default() };
    let (app, _tasks) = server::start(studio.app.db.clone(), options).await.expect("the gateway starts");
    let surface = Surface::Management;
    let client = Client::of(server::at_edge(surfaces::guarded(surface, &app), surface, "http://docs.test/docs"));
    assert_eq!(client.get("/openapi.json").await.expect(200)["servers"][0]["url"], json!(url));
}

#[tokio::test]
async fn a_document_names_no_address_of_the_listener() {
    let studio = Studio::on_sqlite().await;
    for client in [studio.storefront_client(), studio.management_client(), studio.members_client()] {
        assert_eq!(client.get("/openapi.json").await.expect(200)["servers"][0]["url"], json!("/"));
    }
}

#[tokio::test]
async fn a_slash_behind_the_docs_leads_to_the_same_page_and_its_document() {
    let studio = Studio::on_sqlite().await;
    let api = studio.api_client();
    for (client, docs) in [
        (studio.storefront_client(), "/docs"),
        (studio.management_client(), "/docs"),
        (api.clone(), "/docs"),
        (api, "/storefront/docs"),
    ] {
        let (page, slash) = (client.get(docs).await, client.get(&format!("{docs}/")).await);
        assert_eq!((page.status, slash.status), (axum::http::StatusCode::OK, axum::http::StatusCode::OK), "{docs}");
        assert_eq!(page.body, slash.body);
        let beside = format!("{}openapi.json", docs.trim_end_matches("docs"));
        assert_eq!(
            client.get(&beside).await.expect(200),
            client.get(&format!("{docs}/openapi.json")).await.expect(200)
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_docs_show_every_operation_and_an_entry_for_every_code() {
    let studio = Studio::on_sqlite().await;
    let mut server = Server::new(Limits::default(), Metrics::new());
    let here = ([127, 0, 0, 1], 0).into();
    let docs = |at| format!("http://{at}/docs");
    let address = server
        .listen(Surface::Management, here, docs, surfaces::guarded(Surface::Management, &studio.app))
        .expect("a port");
    tokio::spawn(server.run(std::future::pending()));
    let Some(page) = tokio::task::block_in_place(|| chromium::open(&docs(address))) else { return };
    for row in surfaces::management::endpoints() {
        assert!(page.contains(row.rule.id), "{} is not on the page", row.rule.id);
    }
    for code in Code::ALL {
        // The `type` of a problem leads to this heading.
        let heading = format!(r#"id="section/Problems/{}""#, code.name());
        assert!(page.contains(&heading), "{heading} is not on the page");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_port_for_both_apis_describes_both() {
    let studio = Studio::on_sqlite().await;
    let described = async |client: &Client, path: &str| client.get(path).await.expect(200);
    let api = studio.api_client();
    for (path, alone) in
        [("/openapi.json", studio.management_client()), ("/storefront/openapi.json", studio.storefront_client())]
    {
        assert_eq!(described(&api, path).await, described(&alone, "/openapi.json").await);
        alone.get("/storefront/openapi.json").await.is_problem(401, "missing_key");
    }
    let mut server = Server::new(Limits::default(), Metrics::new());
    let docs = |at| format!("http://{at}/docs");
    let address = server
        .listen(Surface::Api, ([127, 0, 0, 1], 0).into(), docs, surfaces::guarded(Surface::Api, &studio.app))
        .expect("a port");
    tokio::spawn(server.run(std::future::pending()));
    let url = format!("http://{address}/storefront/docs");
    let Some(page) = tokio::task::block_in_place(|| chromium::open(&url)) else { return };
    for row in surfaces::storefront::endpoints() {
        assert!(page.contains(row.rule.id), "{} is not on the page", row.rule.id);
    }
}
