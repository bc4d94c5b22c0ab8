//! A secret key never works in a browser.

use std::time::Duration;

use flow_gateway::access::{
    key::{KeyKind, mint},
    keys::{self, NewKey},
    scope::Scope::{self, InstructorsRead},
};
use serde_json::Value;

use super::forge::half_right;
use crate::support::studio::{Client, Reply, Studio, on_both_engines, secret};

const SITE: &str = "https://studio.example";
const LIST: &str = "/v1/instructors";

/// Every surface that keys open, by the name that a record gives it.
fn surfaces(studio: &Studio) -> [(&'static str, Client); 3] {
    [
        ("management", studio.management_client()),
        ("storefront", studio.storefront_client()),
        ("api", studio.api_client()),
    ]
}

/// All of an answer that does not differ from one call to the next.
fn lasting(reply: &Reply) -> (u16, Value, Vec<(String, String)>) {
    let mut body = reply.json();
    body["request_id"] = Value::Null;
    let headers = reply.headers.iter().filter(|(name, _)| *name != "x-request-id");
    let headers = headers.map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()));
    (reply.status.as_u16(), body, headers.collect())
}

#[apply(on_both_engines!)]
async fn a_secret_key_with_a_browsers_marks_is_refused_alike_whether_it_exists_or_not(studio: Studio) {
    let key = studio.key(secret(Scope::ALL)).await;
    let revoked = studio.key(secret(Scope::ALL)).await;
    keys::revoke(&studio.app.db, studio.id, revoked.stored.id, None, "a test", studio.clock.now()).await.unwrap();
    let expired = studio.key(NewKey { expires_in: Some(Duration::ZERO), ..secret(Scope::ALL) }).await;
    let fenced = studio.key(NewKey { networks: vec!["198.51.100.0/24".parse().unwrap()], ..secret(Scope::ALL) }).await;
    let texts = [
        key.minted.reveal().to_owned(),
        mint(KeyKind::Secret).reveal().to_owned(),
        half_right(key.minted.reveal()),
        revoked.minted.reveal().to_owned(),
        expired.minted.reveal().to_owned(),
        fenced.minted.reveal().to_owned(),
    ];
    for (_, client) in surfaces(&studio) {
        for (mark, value) in [
            ("origin", SITE),
            ("origin", "null"),
            ("origin", ""),
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-site", "none"),
            ("sec-fetch-site", ""),
        ] {
            for path in [LIST, "/v1/nothing"] {
                let mut told = Vec::new();
                for text in &texts {
                    let reply = client.clone().with_key(text).with(mark, value).get(path).await;
                    reply.is_problem(403, "secret_key_in_browser");
                    assert_eq!(reply.header("ratelimit"), "");
                    told.push(lasting(&reply));
                }
                assert!(told.iter().all(|other| *other == told[0]), "{told:#?}");
            }
        }
    }
}

#[apply(on_both_engines!)]
async fn sec_fetch_mode_alone_is_no_browsers_mark(studio: Studio) {
    let server = studio.server(&[InstructorsRead]).await;
    server.with("sec-fetch-mode", "cors").get(LIST).await.expect(200);
}
