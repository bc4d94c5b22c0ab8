//! The docs pages, as a browser shows them.

use flow_gateway::{
    server::{Limits, Metrics, Server},
    surfaces,
    wire::problem::Code,
};

use crate::support::{chromium, studio::Studio};

#[tokio::test]
async fn nothing_is_at_the_root_whatever_the_method() {
    let studio = Studio::on_sqlite().await;
    for client in [studio.storefront_client(), studio.management_client(), studio.api_client()] {
        for method in ["GET", "POST", "PUT", "DELETE", "OPTIONS"] {
            client.call(method, "/").await.is_problem(404, "unknown_operation");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_docs_show_every_operation_and_an_entry_for_every_code() {
    let studio = Studio::on_sqlite().await;
    let mut server = Server::new(Limits::default(), Metrics::new());
    let here = ([127, 0, 0, 1], 0).into();
    let docs = |at| format!("http://{at}/docs");
    let address = server.listen("management", here, docs, surfaces::management(&studio.app)).expect("a port");
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
