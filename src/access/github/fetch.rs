//! Fetches the public keys that GitHub signs with: one GET, over TLS beyond this machine, within ten seconds and 64 KiB.

use std::time::Duration;

use axum::{
    body::Bytes,
    http::{HeaderValue, Request, StatusCode, header},
};
use tokio::time::timeout;
use url::Url;

use crate::wire::outgoing::{Destination, DestinationError, SendError};

/// How long it may take.
const TIMEOUT: Duration = Duration::from_secs(10);
/// Bytes of the answer.
const MAX_ANSWER_BYTES: usize = 64 * 1024;

/// Where the keys are published.
pub(super) struct Source(Destination);

/// Why an address is not used.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// Nothing can be asked there.
    #[error(transparent)]
    Destination(#[from] DestinationError),
    /// Somebody on the way could hand out keys of their own.
    #[error("the keys must come over https: with http, anybody on the way could sign reports")]
    Plain,
}

/// Why the keys were not fetched.
#[derive(Debug, thiserror::Error)]
pub(super) enum FetchError {
    #[error(transparent)]
    Send(#[from] SendError),
    #[error("the server answered {0}")]
    Status(StatusCode),
    #[error("the server did not answer within ten seconds")]
    Timeout,
    #[error("the answer is no list of public keys")]
    NoKeys,
}

impl Source {
    pub(super) fn new(url: &Url) -> Result<Self, SourceError> {
        let destination = Destination::of(url)?;
        if destination.is_protected() { Ok(Self(destination)) } else { Err(SourceError::Plain) }
    }

    /// What the server answers.
    pub(super) async fn get(&self) -> Result<Bytes, FetchError> {
        let mut request = Request::new(Bytes::new());
        request.headers_mut().insert(header::ACCEPT, HeaderValue::from_static("application/json"));
        let sent = timeout(TIMEOUT, self.0.send(request, MAX_ANSWER_BYTES));
        let answer = sent.await.map_err(|_| FetchError::Timeout)??;
        if answer.status() != StatusCode::OK {
            return Err(FetchError::Status(answer.status()));
        }
        Ok(answer.into_body())
    }
}
