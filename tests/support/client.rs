//! A client of a surface, and its responses, with the checks that every response must pass.

use std::{net::IpAddr, time::Duration};

use axum::{
    body::{Body, Bytes, to_bytes},
    http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode},
};
use flow_gateway::wire::request::Peer;
use serde_json::Value;
use tower::ServiceExt;

use super::studio::{Served, within};

/// A client: a surface, and the headers of every request.
#[derive(Clone)]
pub struct Client {
    surface: Served,
    headers: HeaderMap,
    peer: IpAddr,
}

impl Client {
    pub fn of(surface: Served) -> Self {
        Self { surface, headers: HeaderMap::new(), peer: IpAddr::from([127, 0, 0, 1]) }
    }

    /// The same client with this key.
    pub fn with_key(self, key: &str) -> Self {
        self.with("authorization", &format!("Bearer {key}"))
    }

    /// The same client with a header, replacing one of the same name.
    pub fn with(mut self, name: &str, value: &str) -> Self {
        let name: HeaderName = name.parse().expect("a header's name");
        self.headers.insert(name, HeaderValue::from_bytes(value.as_bytes()).expect("a header's value"));
        self
    }

    /// The same client with one more header.
    pub fn with_another(mut self, name: &str, value: &str) -> Self {
        let name: HeaderName = name.parse().expect("a header's name");
        self.headers.append(name, HeaderValue::from_str(value).expect("a header's value"));
        self
    }

    /// The same client from another address.
    pub fn from(mut self, address: &str) -> Self {
        self.peer = address.parse().expect("an address");
        self
    }

    /// A header that it sends with each call.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    pub async fn get(&self, path: &str) -> Reply {
        self.send(Method::GET, path, Body::empty(), None).await
    }

    /// The rows of a list of changes, once it tells any. On PostgreSQL a change is told once every transaction that began before
    /// it has ended, also those of other tests on the server.
    pub async fn changes(&self, path: &str) -> Vec<Value> {
        let mut rows = Vec::new();
        within(Duration::from_secs(20), async || {
            rows = self.get(path).await.rows();
            !rows.is_empty()
        })
        .await;
        rows
    }

    pub async fn head(&self, path: &str) -> Reply {
        self.send(Method::HEAD, path, Body::empty(), None).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Reply {
        self.send(Method::POST, path, Body::from(body.to_string()), Some("application/json")).await
    }

    pub async fn patch(&self, path: &str, body: Value) -> Reply {
        self.send(Method::PATCH, path, Body::from(body.to_string()), Some("application/merge-patch+json")).await
    }

    pub async fn delete(&self, path: &str) -> Reply {
        self.send(Method::DELETE, path, Body::empty(), None).await
    }

    /// A request with any method, with an empty object as the body if the method has one.
    pub async fn call(&self, method: &str, path: &str) -> Reply {
        let method: Method = method.parse().expect("a method");
        if method == Method::POST || method == Method::PATCH || method == Method::PUT {
            return self.send(method, path, Body::from("{}"), Some("application/json")).await;
        }
        self.send(method, path, Body::empty(), None).await
    }

    /// Any request.
    pub async fn send(&self, method: Method, path: &str, body: Body, media_type: Option<&str>) -> Reply {
        let (parts, body) = self.begin(method, path, body, media_type).await.into_parts();
        let body = to_bytes(body, usize::MAX).await.expect("a whole body");
        Reply { status: parts.status, headers: parts.headers, body }
    }

    /// Any request, whose answer's body is still to be read.
    pub async fn begin(&self, method: Method, path: &str, body: Body, media_type: Option<&str>) -> Response<Body> {
        let mut request = Request::builder().method(method).uri(path).body(body).expect("a request");
        *request.headers_mut() = self.headers.clone();
        if let Some(media_type) = media_type.filter(|_| !self.headers.contains_key("content-type")) {
            request.headers_mut().insert("content-type", media_type.parse().expect("a media type"));
        }
        request.extensions_mut().insert(Peer(self.peer));
        self.surface.clone().oneshot(request).await.expect("an answer")
    }
}

/// A response.
#[derive(Debug)]
pub struct Reply {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Reply {
    /// A header's text; empty if it is missing.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// The body; checks the status.
    #[track_caller]
    pub fn expect(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{self:?}");
        if self.body.is_empty() { Value::Null } else { self.json() }
    }

    /// The body; checks that it is this problem.
    #[track_caller]
    pub fn is_problem(&self, status: u16, code: &str) -> Value {
        assert_eq!(self.status, status, "{self:?}");
        assert_eq!(self.header("content-type"), "application/problem+json", "{self:?}");
        assert_eq!(self.header("cache-control"), "no-store", "{self:?}");
        let body = self.json();
        assert_eq!(body["code"], code, "{body}");
        assert_eq!(body["status"], status, "{body}");
        assert_eq!(body["request_id"], self.header("x-request-id"), "{self:?}");
        body
    }

    /// The sorted pointers of a validation's faults.
    #[track_caller]
    pub fn faults(&self) -> Vec<String> {
        let body = self.is_problem(422, "validation_failed");
        let errors = body["errors"].as_array().expect("faults");
        let mut pointers: Vec<_> =
            errors.iter().filter_map(|error| error["pointer"].as_str().map(str::to_owned)).collect();
        pointers.sort();
        pointers
    }

    /// The rows of a list.
    #[track_caller]
    pub fn rows(&self) -> Vec<Value> {
        self.expect(200)["data"].as_array().expect("rows").clone()
    }
}
