//! Sends an HTTP request to another server: to the one that publishes GitHub's keys, and to the collector of traces. Each request
//! has a connection of its own, over TLS where the address is `https`.
//!
//! Promises that redirects are not followed, and that no more of an answer is read than was asked for. How long it may take is up to
//! the caller: a request that is dropped closes its connection.

use std::io;

use axum::{
    body::Bytes,
    http::{HeaderValue, Request, Response, Uri, header},
};
use http_body_util::{BodyExt, Full, Limited};
use hyper::client::conn::http1::handshake;
use hyper_util::rt::TokioIo;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    task::JoinSet,
};
use url::{Position, Url};

use super::tls::{Tls, TlsError, is_this_machine};

const USER_AGENT: HeaderValue = HeaderValue::from_static(concat!("flow-gateway/", env!("CARGO_PKG_VERSION")));

/// An address that requests are sent to.
pub struct Destination {
    host: String,
    port: u16,
    /// Host and port as they stand in the address.
    authority: HeaderValue,
    path: Uri,
    tls: Option<Tls>,
}

/// Why nothing can be sent to an address.
#[derive(Debug, thiserror::Error)]
pub enum DestinationError {
    /// Its scheme is neither http nor https, or it has no host.
    #[error("the address is not one of http or https with a host")]
    Form,
    /// TLS cannot be set up.
    #[error("TLS cannot be set up: {0}")]
    Tls(#[from] TlsError),
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// No connection, or it broke.
    #[error("connection error: {0}")]
    Network(#[from] io::Error),
    /// What came was not HTTP.
    #[error("{0}")]
    Http(#[from] hyper::Error),
    /// The answer is longer than what is read, or breaks off.
    #[error("the answer breaks off, or is too long")]
    Body,
}

impl Destination {
    /// The place that an address names.
    ///
    /// # Errors
    /// When the address has no host or another scheme, or TLS cannot be set up.
    pub fn of(url: &Url) -> Result<Self, DestinationError> {
        let host = url.host_str().filter(|host| !host.is_empty()).ok_or(DestinationError::Form)?;
        let host = host.trim_matches(['[', ']']).to_owned();
        let tls = match url.scheme() {
            "https" => Some(Tls::new(&host)?),
            "http" => None,
            _ => return Err(DestinationError::Form),
        };
        let authority = url[Position::BeforeHost..Position::AfterPort].parse().ok();
        let path = url[Position::BeforePath..Position::AfterQuery].parse().ok();
        let (Some(authority), Some(path), Some(port)) = (authority, path, url.port_or_known_default()) else {
            return Err(DestinationError::Form);
        };
        Ok(Self { host, port, authority, path, tls })
    }

    /// Whether nobody on the way can read or change what is sent.
    pub fn is_protected(&self) -> bool {
        self.tls.is_some() || is_this_machine(&self.host)
    }

    /// The server for people: host and port.
    pub fn place(&self) -> String {
        let Self { host, port, .. } = self;
        if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") }
    }

    /// Sends a request to the address, whatever address it names itself, and reads at most so many bytes of the answer.
    ///
    /// # Errors
    /// When there is no connection or no whole answer.
    pub async fn send(&self, request: Request<Bytes>, max_bytes: usize) -> Result<Response<Bytes>, SendError> {
        let mut request = request.map(Full::new);
        *request.uri_mut() = self.path.clone();
        request.headers_mut().insert(header::HOST, self.authority.clone());
        request.headers_mut().insert(header::USER_AGENT, USER_AGENT);
        let stream = TcpStream::connect((self.host.as_str(), self.port)).await?;
        match &self.tls {
            Some(tls) => send_over(tls.connect(stream).await?, request, max_bytes).await,
            None => send_over(stream, request, max_bytes).await,
        }
    }
}

async fn send_over(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    request: Request<Full<Bytes>>,
    max_bytes: usize,
) -> Result<Response<Bytes>, SendError> {
    let (mut sender, connection) = handshake(TokioIo::new(stream)).await?;
    // Ends with this call.
    let mut running = JoinSet::new();
    running.spawn(connection);
    let (head, body) = sender.send_request(request).await?.into_parts();
    let body = Limited::new(body, max_bytes).collect().await.map_err(|_| SendError::Body)?;
    Ok(Response::from_parts(head, body.to_bytes()))
}
