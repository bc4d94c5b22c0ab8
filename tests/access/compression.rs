//! What is compressed, for whom, and what never is.

use std::{io::Read, time::Duration};

use flow_gateway::access::scope::Scope::{InstructorsRead, InstructorsWrite};
use serde_json::json;

use crate::support::{
    client::{Client, Reply},
    studio::{Studio, on_both_engines, within},
};

const LIST: &str = "/v1/instructors";
const LONG_WAIT: Duration = Duration::from_secs(20);

fn plain(reply: &Reply) -> Vec<u8> {
    let mut bytes = Vec::new();
    let sent = &reply.body[..];
    match reply.header("content-encoding") {
        "br" => brotli::Decompressor::new(sent, 4096).read_to_end(&mut bytes),
        "zstd" => zstd::Decoder::new(sent).and_then(|mut decoder| decoder.read_to_end(&mut bytes)),
        "gzip" => flate2::read::GzDecoder::new(sent).read_to_end(&mut bytes),
        other => panic!("{other:?} is no coding"),
    }
    .expect("decoded");
    bytes
}

/// The compressed answer: whoever asks first gets the whole.
async fn compressed(client: &Client) -> Reply {
    let mut reply = None;
    within(LONG_WAIT, async || {
        let answer = client.get(LIST).await;
        let is_compressed = !answer.header("content-encoding").is_empty();
        reply = Some(answer).filter(|_| is_compressed);
        is_compressed
    })
    .await;
    reply.expect("a compressed answer")
}

/// A website, and a server that has made enough instructors for a list that is worth it.
async fn with_a_long_list(studio: &Studio) -> (Client, Client) {
    let server = studio.server(&[InstructorsRead, InstructorsWrite]).await;
    for at in 0..10 {
        server.post(LIST, json!({"display_name": format!("Anna {at}"), "bio": "Teaches slowly."})).await.expect(201);
    }
    (studio.website().await, server)
}

#[apply(on_both_engines!)]
async fn a_kept_answer_of_the_storefront_is_sent_in_the_coding_that_its_client_takes(studio: Studio) {
    let (website, server) = with_a_long_list(&studio).await;
    let whole = website.get(LIST).await;
    assert_eq!(whole.header("content-encoding"), "");
    assert_eq!(whole.header("vary"), "Origin, Authorization, Accept-Encoding");
    for (accepted, coding) in [("gzip, deflate, br, zstd", "br"), ("zstd", "zstd"), ("gzip;q=0.5", "gzip")] {
        let client = website.clone().with("accept-encoding", accepted);
        let reply = compressed(&client).await;
        assert_eq!(reply.header("content-encoding"), coding);
        assert_eq!(reply.header("content-type"), "application/json");
        assert_eq!(reply.header("vary"), "Origin, Authorization, Accept-Encoding");
        assert_eq!(plain(&reply), whole.body);
        assert!(reply.body.len() * 2 < whole.body.len(), "{coding}: {} bytes", reply.body.len());
        assert_ne!(reply.header("etag"), whole.header("etag"), "forms of other bytes have other tags");
        let holding = client.clone().with("if-none-match", reply.header("etag"));
        within(LONG_WAIT, async || holding.get(LIST).await.status == 304).await;
        let holding = client.clone().with("if-none-match", whole.header("etag"));
        assert_eq!(holding.get(LIST).await.status, 304, "the whole says the same");
        within(LONG_WAIT, async || {
            let head = client.head(LIST).await;
            assert!(head.body.is_empty());
            head.header("content-encoding") == coding && head.header("content-length") == reply.body.len().to_string()
        })
        .await;
    }
    let old = compressed(&website.clone().with("accept-encoding", "br")).await;
    server.post(LIST, json!({"display_name": "Berta"})).await.expect(201);
    let client = website.clone().with("accept-encoding", "br").with("if-none-match", old.header("etag"));
    assert_eq!(client.get(LIST).await.status, 200, "a write changes every form");
    let new = compressed(&website.with("accept-encoding", "br")).await;
    assert!(String::from_utf8_lossy(&plain(&new)).contains("Berta"));
}

#[apply(on_both_engines!)]
async fn what_only_a_server_may_read_and_what_its_client_does_not_take_is_never_compressed(studio: Studio) {
    let (website, server) = with_a_long_list(&studio).await;
    for (client, accepted) in
        [(&server, "br, gzip"), (&website, "identity"), (&website, "br;q=0"), (&website, "deflate")]
    {
        let client = client.clone().with("accept-encoding", accepted);
        for _ in 0..3 {
            let reply = client.get(LIST).await;
            assert_eq!(reply.rows().len(), 10, "{accepted}");
            assert_eq!(reply.header("content-encoding"), "", "{accepted}");
        }
    }
    assert_eq!(server.get(LIST).await.header("vary"), "Origin, Authorization");
}

#[tokio::test]
async fn files_are_compressed_tagged_and_not_sent_again() {
    let studio = Studio::on_sqlite().await;
    for (client, path) in [
        (studio.management_client(), "/openapi.json"),
        (studio.storefront_client(), "/docs/reference/classes"),
        (studio.members_client(), "/flow.js"),
        (studio.dashboard_client(), "/studio/studio.css"),
    ] {
        let whole = client.get(path).await;
        assert_eq!((whole.status.as_u16(), whole.header("content-encoding")), (200, ""), "{path}");
        for coding in ["br", "zstd", "gzip"] {
            let reply = client.clone().with("accept-encoding", coding).get(path).await;
            assert_eq!(reply.header("content-encoding"), coding, "{path}");
            assert_eq!(reply.header("content-type"), whole.header("content-type"));
            assert_eq!(plain(&reply), whole.body, "{path}");
            for tag in [reply.header("etag"), whole.header("etag")] {
                let held = client.clone().with("accept-encoding", coding).with("if-none-match", tag).get(path).await;
                assert_eq!((held.status.as_u16(), held.body.len()), (304, 0), "{path}");
                assert_eq!(held.header("cache-control"), whole.header("cache-control"));
                assert_eq!(held.header("content-type"), "");
            }
        }
    }
}
