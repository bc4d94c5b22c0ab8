//! `POST /v1/github-secret-scanning`: GitHub's signed reports revoke the secret keys in them.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::{body::Body, http::Method};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use flow_gateway::{
    access::{
        history,
        key::{KeyKind, mint},
        keys,
        scope::Scope::InstructorsRead,
    },
    mail::{email::Email, outbox::MailKind},
    signin::owner_mails::exposure,
    store::{
        audit::{self, AuditFilter},
        filter::LogOrder,
    },
};
use ring::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair},
};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
    task::JoinHandle,
};

use super::forge::half_right;
use crate::support::{
    client::Reply,
    studio::{Studio, on_both_engines, publishable, secret},
};

const PATH: &str = "/v1/github-secret-scanning";
const LIST: &str = "/v1/instructors";
const KEY_ID: &str = "f9525bf080f75b3506ca1ead061add62b8633a346606dc5fe544e29231c6ee0d";
const FOUND_AT: &str = "https://github.com/octocat/Hello-World/blob/1234/foo/bar.txt";

/// GitHub: a key pair, and a server that publishes the public one.
struct FakeGitHub {
    pair: EcdsaKeyPair,
    url: String,
    visits: Arc<AtomicUsize>,
    task: JoinHandle<()>,
}

impl Drop for FakeGitHub {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn pair() -> EcdsaKeyPair {
    let random = SystemRandom::new();
    let document = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &random).expect("a key");
    EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, document.as_ref(), &random).expect("a key")
}

/// The public key as GitHub writes it.
fn pem(pair: &EcdsaKeyPair) -> String {
    let prefix = hex::decode("3059301306072a8648ce3d020106082a8648ce3d030107034200").expect("hex");
    let der = BASE64_STANDARD.encode([&prefix, pair.public_key().as_ref()].concat());
    let (first, second) = der.split_at(64);
    format!("-----BEGIN PUBLIC KEY-----\n{first}\n{second}\n-----END PUBLIC KEY-----\n")
}

impl FakeGitHub {
    async fn open() -> Self {
        let pair = pair();
        let keys = json!({"public_keys": [{"key_identifier": KEY_ID, "key": pem(&pair), "is_current": true}]});
        Self::answering(pair, "200 OK", keys.to_string()).await
    }

    async fn answering(pair: EcdsaKeyPair, status: &str, body: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}/meta/public_keys/secret_scanning", listener.local_addr().expect("an address"));
        let visits = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&visits);
        let status = status.to_owned();
        let task = tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                counted.fetch_add(1, Ordering::SeqCst);
                let mut request = Vec::new();
                while !request.ends_with(b"\r\n\r\n") {
                    let Ok(byte) = stream.read_u8().await else { break };
                    request.push(byte);
                }
                let request = String::from_utf8_lossy(&request).to_lowercase();
                assert!(request.starts_with("get /meta/public_keys/secret_scanning http/1.1\r\n"), "{request}");
                assert!(request.contains("\r\nuser-agent: flow-gateway/"), "{request}");
                let length = body.len();
                let answer =
                    format!("HTTP/1.1 {status}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}");
                stream.write_all(answer.as_bytes()).await.ok();
            }
        });
        Self { pair, url, visits, task }
    }

    fn sign(&self, body: &str) -> String {
        let signed = self.pair.sign(&SystemRandom::new(), body.as_bytes()).expect("a signature");
        BASE64_STANDARD.encode(signed)
    }

    fn visits(&self) -> usize {
        self.visits.load(Ordering::SeqCst)
    }

    /// Sends a signed body.
    async fn send(&self, studio: &Studio, body: &Value) -> Reply {
        let body = body.to_string();
        let signature = self.sign(&body);
        send(studio, KEY_ID, &signature, &body).await
    }
}

async fn send(studio: &Studio, id: &str, signature: &str, body: &str) -> Reply {
    let client = studio.dashboard_client().with("github-public-key-identifier", id);
    let client = client.with("github-public-key-signature", signature).from("192.0.2.9");
    client.send(Method::POST, PATH, Body::from(body.to_owned()), Some("application/json")).await
}

fn found(token: &str) -> Value {
    json!({"token": token, "type": "flow_secret_key", "url": FOUND_AT, "source": "content"})
}

#[apply(on_both_engines!)]
async fn a_secret_key_that_github_found_is_revoked_and_its_exposure_recorded_and_told(studio: Studio) {
    let github = FakeGitHub::open().await;
    let taking = studio.instance_with_github(&github.url).await;
    studio.add_staff(studio.id, "owner@casa.example", flow_gateway::signin::staff::Role::Owner).await;
    let key = studio.key(secret(&[InstructorsRead])).await;
    let text = key.minted.reveal();
    taking.management_client().with_key(text).get(LIST).await.expect(200);
    taking.app.access.usage.write(&taking.app.db).await.expect("written");
    let find = async || keys::find(studio.app.db.of(studio.id), key.stored.id).await.expect("the key");
    let used_at = find().await.last_used_at;
    for _ in 0..2 {
        let labels = github.send(&taking, &json!([found(text)])).await.expect(200);
        assert_eq!(labels, json!([{"token_raw": text, "token_type": "flow_secret_key", "label": "true_positive"}]));
    }
    taking.management_client().with_key(text).get(LIST).await.is_problem(401, "revoked_key");
    let row = find().await;
    assert_eq!(row.revoked_by.as_deref(), Some("GitHub secret scanning"));
    assert_eq!(row.last_used_at, used_at, "a report is no use");
    let seen = history::exposures(studio.app.db.of(studio.id), key.stored.id).await.expect("exposures");
    assert_eq!((seen.len(), seen[0].origin.as_str(), seen[0].count), (1, &*format!("found by GitHub {FOUND_AT}"), 2));
    let filter = AuditFilter { action: Some("keys.revoke".into()), ..AuditFilter::default() };
    let rows = audit::list(studio.app.db.of(studio.id), &filter, LogOrder::Oldest(None), 10).await.expect("rows");
    assert_eq!((rows.len(), rows[0].by.as_str()), (1, "GitHub secret scanning"));
    exposure::notify_new(&taking.app).await.expect("looked");
    let mails = studio.mails(studio.id, MailKind::KeyExposed).await;
    assert_eq!(mails.len(), 1);
    let mail = Email::write(&mails[0], None).expect("written").text;
    assert!(mail.contains("GitHub found the key in a public place.") && mail.contains("The key is revoked"), "{mail}");
    assert!(!mail.contains("octocat"), "{mail}");
    assert_eq!(github.visits(), 1, "its keys are kept");
}

#[apply(on_both_engines!)]
async fn what_is_no_secret_key_of_ours_is_a_false_positive_and_a_publishable_key_is_never_touched(studio: Studio) {
    let github = FakeGitHub::open().await;
    let taking = studio.instance_with_github(&github.url).await;
    let (key, website) = (studio.key(secret(&[InstructorsRead])).await, studio.key(publishable()).await);
    let (text, public) = (key.minted.reveal(), website.minted.reveal());
    let unknown: Vec<_> = (0..30).map(|_| mint(KeyKind::Secret).reveal().to_owned()).collect();
    let mut tokens = vec![half_right(text), public.to_owned(), "nothing".to_owned(), String::new()];
    tokens.extend(unknown);
    tokens.push(format!("{text}\n"));
    let body = Value::Array(tokens.iter().map(|token| found(token)).collect());
    let labels = github.send(&taking, &body).await.expect(200);
    let labels: Vec<_> = labels.as_array().expect("a list").iter().map(|label| label["label"].clone()).collect();
    let (last, others) = labels.split_last().expect("some");
    assert_eq!(last, "true_positive", "however many others stand before it");
    assert!(others.len() == 34 && others.iter().all(|label| label == "false_positive"), "{others:?}");
    taking.management_client().with_key(text).get(LIST).await.is_problem(401, "revoked_key");
    taking.storefront_client().with_key(public).get(LIST).await.expect(200);
}

#[apply(on_both_engines!)]
async fn without_a_right_signature_over_the_very_bytes_nothing_happens(studio: Studio) {
    let github = FakeGitHub::open().await;
    let taking = studio.instance_with_github(&github.url).await;
    let key = studio.key(secret(&[InstructorsRead])).await;
    let body = json!([found(key.minted.reveal())]).to_string();
    let (right, other) = (github.sign(&body), pair());
    let wrong = BASE64_STANDARD.encode(other.sign(&SystemRandom::new(), body.as_bytes()).expect("a signature"));
    for (id, signature, body) in [
        (KEY_ID, &*wrong, &*body),
        (KEY_ID, "", &body),
        (KEY_ID, "no base64!", &body),
        (KEY_ID, "AAAA", &body),
        (KEY_ID, &right, &format!("{body} ")),
        (KEY_ID, &right, ""),
    ] {
        send(&taking, id, signature, body).await.is_problem(400, "malformed_request");
    }
    let bare = taking.dashboard_client().send(Method::POST, PATH, Body::from(body.clone()), None).await;
    bare.is_problem(400, "malformed_request");
    for wrong in ["{}", "[1]", "", r#"[{"token": 7}]"#] {
        send(&taking, KEY_ID, &github.sign(wrong), wrong).await.is_problem(400, "malformed_request");
    }
    taking.management_client().with_key(key.minted.reveal()).get(LIST).await.expect(200);
    send(&taking, KEY_ID, &right, &body).await.expect(200);
    taking.management_client().with_key(key.minted.reveal()).get(LIST).await.is_problem(401, "revoked_key");
}

#[apply(on_both_engines!)]
async fn the_keys_are_fetched_when_needed_and_at_most_once_in_five_minutes(studio: Studio) {
    let studio = studio.with_a_clock_that_stands().await;
    let github = FakeGitHub::open().await;
    let taking = studio.instance_with_github(&github.url).await;
    assert_eq!(github.visits(), 0);
    send(&taking, "invented", "AAAA", "[]").await.is_problem(400, "malformed_request");
    for number in 0..5 {
        let reply = send(&taking, &format!("invented-{number}"), "AAAA", "[]").await;
        reply.is_problem(503, "unavailable");
        assert_eq!(reply.header("retry-after"), "300", "it may be newer than what was fetched");
        github.send(&taking, &json!([])).await.expect(200);
    }
    assert_eq!(github.visits(), 1);
    studio.pass(Duration::from_mins(5));
    send(&taking, "invented", "AAAA", "[]").await.is_problem(400, "malformed_request");
    assert_eq!(github.visits(), 2, "it may be a new one");
    studio.pass(Duration::from_hours(1));
    let reports: Vec<_> = (0..8).map(|_| json!([])).collect();
    let all = reports.iter().map(|report| github.send(&taking, report));
    for reply in futures_util::future::join_all(all).await {
        reply.expect(200);
    }
    assert_eq!(github.visits(), 3, "one of many asks, whether the keys are still GitHub's");
}

#[apply(on_both_engines!)]
async fn while_the_keys_cannot_be_fetched_a_report_is_answered_503_and_those_that_are_known_count_for_a_day(
    studio: Studio,
) {
    let studio = studio.with_a_clock_that_stands().await;
    let down = FakeGitHub::answering(pair(), "500 Internal Server Error", String::new()).await;
    let taking = studio.instance_with_github(&down.url).await;
    for _ in 0..3 {
        let reply = down.send(&taking, &json!([])).await;
        reply.is_problem(503, "unavailable");
        assert_eq!(reply.header("retry-after"), "300");
    }
    assert_eq!(down.visits(), 1);
    let garbage = FakeGitHub::answering(pair(), "200 OK", "{}".to_owned()).await;
    let taking = studio.instance_with_github(&garbage.url).await;
    garbage.send(&taking, &json!([])).await.is_problem(503, "unavailable");

    let github = FakeGitHub::open().await;
    let taking = studio.instance_with_github(&github.url).await;
    github.send(&taking, &json!([])).await.expect(200);
    github.task.abort();
    studio.pass(Duration::from_hours(23));
    github.send(&taking, &json!([])).await.expect(200);
    studio.pass(Duration::from_hours(2));
    github.send(&taking, &json!([])).await.is_problem(503, "unavailable");
}

#[apply(on_both_engines!)]
async fn a_redirect_to_other_keys_is_not_followed(studio: Studio) {
    let elsewhere = FakeGitHub::open().await;
    let moved = format!("302 Found\r\nlocation: {}", elsewhere.url);
    let github = FakeGitHub::answering(pair(), &moved, String::new()).await;
    let taking = studio.instance_with_github(&github.url).await;
    let key = studio.key(secret(&[InstructorsRead])).await;
    elsewhere.send(&taking, &json!([found(key.minted.reveal())])).await.is_problem(503, "unavailable");
    taking.management_client().with_key(key.minted.reveal()).get(LIST).await.expect(200);
    assert_eq!((github.visits(), elsewhere.visits()), (1, 0));
}

#[apply(on_both_engines!)]
async fn unless_it_is_switched_on_there_is_no_such_path(studio: Studio) {
    let github = FakeGitHub::open().await;
    let key = studio.key(secret(&[InstructorsRead])).await;
    github.send(&studio, &json!([found(key.minted.reveal())])).await.is_problem(404, "unknown_operation");
    studio.dashboard_client().get(PATH).await.is_problem(404, "unknown_operation");
    studio.management_client().with_key(key.minted.reveal()).get(LIST).await.expect(200);
    assert_eq!(github.visits(), 0);
    let taking = studio.instance_with_github(&github.url).await;
    taking.dashboard_client().get(PATH).await.is_problem(405, "method_not_allowed");
}

#[test]
fn the_keys_are_fetched_over_tls_unless_the_address_is_of_this_machine() {
    use flow_gateway::{access::github::GitHub, store::clock::Clock};
    let is_taken = |url: &str| GitHub::new(&url.parse().expect("a URL"), Clock::default()).is_ok();
    assert!(is_taken("https://api.github.com/meta/public_keys/secret_scanning") && is_taken("http://127.0.0.1:1/keys"));
    for plain in ["http://api.github.com/keys", "http://192.0.2.1/keys", "http://localhost.evil.example/keys"] {
        assert!(!is_taken(plain), "{plain}");
    }
}
