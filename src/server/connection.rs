//! One HTTP/1.1 connection, served by hyper with a timeout on every wait.
//!
//! HTTP/1.1 only is a decision: TLS and HTTP/2 end at the proxy in front, and a protocol that is not supported cannot be
//! attacked. Promises that clients which send slowly, read slowly or fall silent are cut, that no ambiguous head reaches a
//! handler, and that stopping the server ends the connection.

use std::{convert::Infallible, sync::Arc, time::Duration};

use axum::{
    body::Body,
    http::{HeaderValue, Request, Response, header},
};
use hyper::{
    body::{Body as _, Incoming},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use super::{
    activity::Activity,
    bounded_socket::BoundedSocket,
    connection_limits::ConnectionSlot,
    drain::DrainSignal,
    edge::Edge,
    head,
    limits::Limits,
    service::{EdgeService, SurfaceService},
    unread_body,
    unsent_bytes::HeldBytes,
};
use crate::wire::{
    problem::{Code, Problem},
    request::Peer,
};

/// hyper's read-ahead buffer. A connection keeps a buffer of this size after its first large body.
const READ_BUFFER: usize = 16 * 1024;

/// The peer, and the connection's part of the shared limits.
pub(super) struct Client {
    pub(super) peer: Peer,
    pub(super) slot: ConnectionSlot,
    pub(super) held: HeldBytes,
}

/// hyper with our limits. The head timeout also limits idle time: hyper starts it when it waits for the next head, not at the
/// head's first byte.
pub(super) fn http(limits: &Limits) -> http1::Builder {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(limits.head_timeout)
        .max_headers(limits.head_fields)
        .max_header_size(limits.head_bytes)
        .max_buf_size(READ_BUFFER.max(limits.head_bytes));
    http
}

/// Serves the connection to its end.
pub(super) async fn serve<S: SurfaceService>(
    http: http1::Builder,
    stream: TcpStream,
    Client { peer, slot, held }: Client,
    service: EdgeService<S>,
    mut drain: DrainSignal,
) {
    let activity = Arc::clone(&slot.activity);
    let edge = Arc::clone(&service.edge);
    let io = TokioIo::new(BoundedSocket::new(stream, held, Arc::clone(&activity), Arc::clone(&edge)));
    let service = service_fn(move |request| answer(service.clone(), peer, Arc::clone(&activity), request));
    let mut served = http.serve_connection(io, service);
    let ended = tokio::select! {
        biased;
        ended = &mut served => ended,
        () = slot.activity.closing() => return,
        () = drain.draining() => {
            std::pin::Pin::new(&mut served).graceful_shutdown();
            tokio::select! {
                biased;
                ended = &mut served => ended,
                () = drain.cut() => return,
            }
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "connection ended early");
        let unread = served.into_parts();
        let stream = unread.io.into_inner();
        if let Some(status) = stream.refusal_status() {
            edge.log_unreadable_head(peer, status, &error);
        }
        if unread.read_buf.starts_with(HTTP_2_PREFACE) {
            edge.log_unreadable_head(peer, HTTP_2_STATUS, &error);
            refuse_http_2(stream, &edge).await;
        }
    }
}

/// hyper closes a connection that starts with this without an answer.
const HTTP_2_PREFACE: &[u8] = b"PRI * HTTP/2.0";
/// HTTP Version Not Supported.
const HTTP_2_STATUS: u16 = 505;
/// How long such a client may take to read its refusal.
const HTTP_2_REFUSAL_TIMEOUT: Duration = Duration::from_millis(500);

/// Answers 505 to an HTTP/2 client, which reads no more than the status line.
async fn refuse_http_2(mut stream: BoundedSocket, edge: &Edge) {
    const START: &[u8] = b"HTTP/1.1 505 HTTP Version Not Supported\r\nconnection: close\r\ncontent-length: 0\r\n";
    let answer = [START, edge.browser_header_lines().as_bytes(), b"\r\n"].concat();
    let sent = async {
        stream.write_all(&answer).await?;
        stream.shutdown().await?;
        // Closing a socket with unread bytes resets the connection, and the client may never see the response.
        tokio::io::copy(&mut stream.take(READ_BUFFER as u64), &mut tokio::io::sink()).await
    };
    tokio::time::timeout(HTTP_2_REFUSAL_TIMEOUT, sent).await.ok();
}

async fn answer<S: SurfaceService>(
    service: EdgeService<S>,
    peer: Peer,
    activity: Arc<Activity>,
    mut request: Request<Incoming>,
) -> Result<Response<Body>, Infallible> {
    let running = activity.begin();
    let head_check = match running {
        None => Err(overloaded("Too many connections are open, most of them from this network.")),
        // The ops listener always answers.
        Some(_) if service.edge.slots.is_some() && service.edge.unsent.is_full(peer.0) => {
            Err(overloaded("Too many responses wait for this network to read them."))
        }
        Some(_) => head::check(&request),
    };
    let closes = head_check.is_err();
    request.extensions_mut().insert(peer);
    if request.body().is_end_stream() {
        let mut response = service.answer(request.map(|_| Body::empty()), head_check).await;
        if closes {
            close(&mut response);
        }
        return Ok(response);
    }
    let limits = service.edge.limits;
    let waits_for_continue = request.headers().contains_key(header::EXPECT);
    let (parts, body) = request.into_parts();
    let (lent, unread) = unread_body::lend(body);
    let mut response = service.answer(Request::from_parts(parts, Body::new(lent)), head_check).await;
    if let Some(rest) = unread.take() {
        if closes || waits_for_continue || unread_body::exceeds_limit(&rest, &limits) {
            close(&mut response);
        }
        if waits_for_continue {
            tokio::spawn(unread_body::hold(rest, limits));
        } else {
            tokio::spawn(unread_body::discard(rest, limits));
        }
    }
    Ok(response)
}

/// Tells the client that the connection closes after this response.
fn close(response: &mut Response<Body>) {
    response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
}

fn overloaded(why: &'static str) -> Problem {
    Problem::new(Code::Overloaded, why).with_retry_after(1)
}
