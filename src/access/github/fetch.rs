//! Fetches the public keys that GitHub signs with: one GET, over TLS beyond this machine, within ten seconds and 64 KiB.
//! Redirects are not followed.

use std::{io, time::Duration};

use axum::body::Bytes;
use axum::http::{Request, StatusCode, header};
use http_body_util::{BodyExt, Empty, Limited};
use hyper::client::conn::http1::handshake;
use hyper_util::rt::TokioIo;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    task::JoinSet,
    time::timeout,
};
use url::Url;

use crate::wire::tls::{Tls, TlsError, is_this_machine};

/// How long it may take.
const TIMEOUT: Duration = Duration::from_secs(10);
/// Bytes of the answer.
const MAX_ANSWER_BYTES: usize = 64 * 1024;

/// Where the keys are published.
pub(super) struct Source {
    url: Url,
    host: String,
    port: u16,
    /// None on this machine.
    tls: Option<Tls>,
}

/// Why an address is not used.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// It has no host.
    #[error("the address names no host")]
    Host,
    /// Somebody on the way could hand out keys of their own.
    #[error("the keys must come over https: with http, anybody on the way could sign reports")]
    Plain,
    /// TLS cannot be set up.
    #[error("TLS cannot be set up: {0}")]
    Tls(#[from] TlsError),
}

/// Why the keys were not fetched.
#[derive(Debug, thiserror::Error)]
pub(super) enum FetchError {
    #[error("connection error: {0}")]
    Network(#[from] io::Error),
    #[error("{0}")]
    Http(#[from] hyper::Error),
    #[error("no request can be made: {0}")]
    Request(#[from] axum::http::Error),
    #[error("the server answered {0}")]
    Status(StatusCode),
    #[error("the answer breaks off, or is too long")]
    Body,
    #[error("the server did not answer within ten seconds")]
    Timeout,
    #[error("the answer is no list of public keys")]
    NoKeys,
}

impl Source {
    pub(super) fn new(url: &Url) -> Result<Self, SourceError> {
        let host = url.host_str().ok_or(SourceError::Host)?.trim_matches(['[', ']']).to_owned();
        let port = url.port_or_known_default().ok_or(SourceError::Host)?;
        let tls = match url.scheme() {
            "https" => Some(Tls::new(&host)?),
            _ if is_this_machine(&host) => None,
            _ => return Err(SourceError::Plain),
        };
        Ok(Self { url: url.clone(), host, port, tls })
    }

    /// What the server answers.
    pub(super) async fn get(&self) -> Result<Bytes, FetchError> {
        timeout(TIMEOUT, self.ask()).await.map_err(|_| FetchError::Timeout)?
    }

    async fn ask(&self) -> Result<Bytes, FetchError> {
        let stream = TcpStream::connect((self.host.as_str(), self.port)).await?;
        match &self.tls {
            Some(tls) => self.ask_over(tls.connect(stream).await?).await,
            None => self.ask_over(stream).await,
        }
    }

    async fn ask_over(
        &self,
        stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    ) -> Result<Bytes, FetchError> {
        let (mut sender, connection) = handshake(TokioIo::new(stream)).await?;
        // Ends with this call.
        let mut running = JoinSet::new();
        running.spawn(connection);
        let request = Request::get(self.url.path())
            .header(header::HOST, &self.url[url::Position::BeforeHost..url::Position::AfterPort])
            .header(header::ACCEPT, "application/json")
            .header(header::USER_AGENT, concat!("flow-gateway/", env!("CARGO_PKG_VERSION")))
            .body(Empty::<Bytes>::new())?;
        let answer = sender.send_request(request).await?;
        if answer.status() != StatusCode::OK {
            return Err(FetchError::Status(answer.status()));
        }
        let body = Limited::new(answer.into_body(), MAX_ANSWER_BYTES).collect().await;
        Ok(body.map_err(|_| FetchError::Body)?.to_bytes())
    }
}
