//! A client of Management that stands outside, behind a proxy with TLS.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use axum::{body::Bytes, http::Request};
use http_body_util::{BodyExt, Full};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::{net::TcpStream, time::sleep};
use tokio_rustls::{
    TlsConnector,
    rustls::{
        ClientConfig, RootCertStore,
        crypto::ring,
        pki_types::{CertificateDer, ServerName, pem::PemObject},
    },
};

use crate::support::certificates::Authority;

/// The host name of Management in the examples.
pub const HOST: &str = "management.studio.example";
/// Tries of one write: enough for what a proxy and the other server need to notice, and an end for a broken test.
const TRIES: usize = 200;

/// The client.
#[derive(Clone)]
pub struct Outside {
    tls: TlsConnector,
    port: u16,
    key: String,
}

impl Outside {
    pub fn new(authority: &Authority, port: u16, key: &str) -> Self {
        let mut trusted = RootCertStore::empty();
        let pem = authority.pem();
        trusted.add(CertificateDer::from_pem_slice(pem.as_bytes()).expect("a certificate")).expect("trusted");
        let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_root_certificates(trusted)
            .with_no_client_auth();
        Self { tls: TlsConnector::from(Arc::new(config)), port, key: key.to_owned() }
    }

    /// Whether a host of this name shows a certificate for it.
    pub async fn greets_as(&self, host: &'static str) -> bool {
        let stream = TcpStream::connect(("127.0.0.1", self.port)).await.expect("it listens");
        self.tls.connect(ServerName::try_from(host).expect("a name"), stream).await.is_ok()
    }

    /// One call on a connection of its own; nothing if the connection breaks.
    pub async fn call(&self, method: &str, path: &str, retry: Option<&str>, body: String) -> Option<(u16, Value)> {
        let stream = TcpStream::connect(("127.0.0.1", self.port)).await.ok()?;
        let stream = self.tls.connect(ServerName::try_from(HOST).expect("a name"), stream).await.ok()?;
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.ok()?;
        let running = tokio::spawn(connection);
        let mut request = Request::builder().method(method).uri(path).header("host", HOST);
        request = request.header("authorization", format!("Bearer {}", self.key));
        if let Some(retry) = retry {
            request = request.header("idempotency-key", retry).header("content-type", "application/json");
        }
        let request = request.body(Full::new(Bytes::from(body))).expect("a request");
        let answer = sender.send_request(request).await.ok()?;
        let status = answer.status().as_u16();
        let body = answer.into_body().collect().await.ok()?.to_bytes();
        running.abort();
        Some((status, serde_json::from_slice(&body).unwrap_or_default()))
    }

    /// Creates an instructor; tries again with the same `Idempotency-Key` until that is answered. Its id.
    pub async fn create(&self, name: &str) -> String {
        let (body, retry) = (json!({"display_name": name}).to_string(), name.replace(' ', "-"));
        for _ in 0..TRIES {
            match self.call("POST", "/v1/instructors", Some(&retry), body.clone()).await {
                Some((201, made)) => return made["id"].as_str().expect("an id").to_owned(),
                // Not taken, or nobody knows: the proxy has lost the server, or the other one still sees the first try at work.
                None | Some((409 | 502 | 503 | 504, _)) => sleep(Duration::from_millis(50)).await,
                Some((status, problem)) => panic!("{status}: {problem}"),
            }
        }
        panic!("{name} is not created")
    }

    /// All instructors: the name of each, by id.
    pub async fn all(&self) -> BTreeMap<String, String> {
        let (mut all, mut cursor) = (BTreeMap::new(), String::new());
        loop {
            let page = self.call("GET", &format!("/v1/instructors?limit=100{cursor}"), None, String::new()).await;
            let Some((200, page)) = page else { panic!("{page:?}") };
            for row in page["data"].as_array().expect("rows") {
                let text = |field: &str| row[field].as_str().expect("a text").to_owned();
                all.insert(text("id"), text("display_name"));
            }
            match page["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return all,
            }
        }
    }
}
