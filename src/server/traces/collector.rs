//! The collector that spans are sent to, as the setting names it, and the HTTP client with which OpenTelemetry's exporter reaches it.
//!
//! Promises that spans are not sent unencrypted to another machine unless the address says so, and that no error repeats the address.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use async_trait::async_trait;
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use url::Url;

use crate::wire::outgoing::{Destination, DestinationError};

/// The path of traces at a collector.
const PATH: &str = "/v1/traces";
/// Bytes of an answer that are read.
const MAX_ANSWER_BYTES: usize = 64 * 1024;

/// A collector of OpenTelemetry, or what takes spans like one.
pub struct Collector {
    url: Url,
    destination: Destination,
}

/// Why an address is not used.
#[derive(Debug, thiserror::Error)]
pub enum CollectorError {
    /// Not an address that we know.
    #[error("is not a URL such as https://HOST:4318, or http:// for a collector on this machine")]
    Form,
    /// It contains a login.
    #[error("contains a login, which is not sent from there: set it as a header with OTEL_EXPORTER_OTLP_HEADERS")]
    Login,
    /// Somebody on the way could read the spans.
    #[error(
        "names a collector on another machine without TLS: use https://, or add ?tls=none in a network that you trust"
    )]
    Plain,
    /// TLS does not start.
    #[error("cannot be used: {0}")]
    Destination(#[from] DestinationError),
}

impl Collector {
    /// Reads an address. `/v1/traces` is added to its path, unless it stands there.
    ///
    /// # Errors
    /// When it is not one, or the connection would not be encrypted.
    pub fn parse(text: &str) -> Result<Self, CollectorError> {
        let mut url = Url::parse(text).map_err(|_| CollectorError::Form)?;
        let is_trusted = match (url.scheme(), url.query()) {
            ("http", Some("tls=none")) => true,
            ("http" | "https", None) => false,
            _ => return Err(CollectorError::Form),
        };
        if url.fragment().is_some() || !url.has_host() {
            return Err(CollectorError::Form);
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(CollectorError::Login);
        }
        url.set_query(None);
        let base = url.path().trim_end_matches('/');
        let path = if base.ends_with(PATH) { base.to_owned() } else { format!("{base}{PATH}") };
        url.set_path(&path);
        let destination = Destination::of(&url)?;
        if !is_trusted && !destination.is_protected() {
            return Err(CollectorError::Plain);
        }
        Ok(Self { url, destination })
    }

    /// The address that spans are posted to.
    pub(super) fn url(&self) -> &str {
        self.url.as_str()
    }

    /// The server for people: host and port.
    pub(super) fn place(&self) -> String {
        self.destination.place()
    }

    /// A client that reaches it and nothing else.
    pub(super) fn client(self, failure: LastFailure) -> CollectorClient {
        CollectorClient { destination: self.destination, failure }
    }
}

/// Why nothing was sent the last time. The exporter does not tell it.
#[derive(Clone, Debug, Default)]
pub(super) struct LastFailure(Arc<Mutex<Option<String>>>);

impl LastFailure {
    fn set(&self, why: Option<String>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = why;
    }

    /// The failure in words, unless there was an answer.
    pub(super) fn take(&self) -> Option<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// Sends what the exporter has encoded.
pub(super) struct CollectorClient {
    destination: Destination,
    failure: LastFailure,
}

#[async_trait]
impl HttpClient for CollectorClient {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let sent = self.destination.send(request, MAX_ANSWER_BYTES).await;
        self.failure.set(sent.as_ref().err().map(ToString::to_string));
        Ok(sent?)
    }
}

impl fmt::Debug for CollectorClient {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "CollectorClient({})", self.destination.place())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<(String, String), String> {
        let read = Collector::parse(text);
        read.map(|read| (read.url().to_owned(), read.place())).map_err(|error| error.to_string())
    }

    #[test]
    fn spans_are_posted_to_the_path_of_traces() {
        for (text, url, place) in [
            ("https://otel.example", "https://otel.example/v1/traces", "otel.example:443"),
            ("https://otel.example:4318/", "https://otel.example:4318/v1/traces", "otel.example:4318"),
            ("https://otel.example/otlp", "https://otel.example/otlp/v1/traces", "otel.example:443"),
            ("https://otel.example/v1/traces", "https://otel.example/v1/traces", "otel.example:443"),
            ("http://localhost:4318", "http://localhost:4318/v1/traces", "localhost:4318"),
            ("http://[::1]:4318", "http://[::1]:4318/v1/traces", "[::1]:4318"),
            ("http://10.0.0.1:4318?tls=none", "http://10.0.0.1:4318/v1/traces", "10.0.0.1:4318"),
        ] {
            assert_eq!(read(text), Ok((url.to_owned(), place.to_owned())), "{text}");
        }
    }

    #[test]
    fn clear_text_to_another_machine_takes_a_word_in_the_address() {
        for url in ["http://otel.example:4318", "http://192.0.2.1/hunter2"] {
            assert!(read(url).is_err_and(|told| told.contains("?tls=none") && !told.contains("hunter2")), "{url}");
        }
    }

    #[test]
    fn what_nobody_would_heed_is_refused_without_the_address() {
        for url in [
            "hunter2",
            "grpc://hunter2:4317",
            "localhost:4318",
            "https://",
            "https://hunter2@otel.example",
            "https://u:hunter2@otel.example",
            "https://otel.example?key=hunter2",
            "https://otel.example?tls=none",
            "https://otel.example#hunter2",
            "http://localhost?tls=off",
        ] {
            assert!(read(url).is_err_and(|told| !told.contains("hunter2")), "{url}: {:?}", read(url));
        }
    }
}
