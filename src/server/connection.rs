//! One connection, from its first byte to its last: HTTP/1.1 by hyper, with every wait bounded.
//!
//! Called by the accept loop. HTTP/1.1 alone is a decision: TLS and HTTP/2 end at the proxy in front, and what
//! is not spoken cannot be attacked. Promises that a client which sends slowly, reads slowly or falls silent is
//! cut, that an ambiguous head reaches no handler, and that a stopping server ends the connection.

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
    drain::Stage,
    edge::Edge,
    head,
    limits::Limits,
    presence::Presence,
    sending::BoundedSocket,
    service::{EdgeService, SurfaceService},
    shares::Share,
    unread,
    unsent::HeldBytes,
};
use crate::wire::{
    problem::{Code, Problem},
    request::Peer,
};

/// What hyper reads ahead of the service. A connection keeps a buffer of this size from its first large body on.
const READ_BUFFER: usize = 16 * 1024;

/// Whose connection it is, and what it holds of what all share.
pub(super) struct Client {
    pub(super) peer: Peer,
    pub(super) share: Share,
    pub(super) held: HeldBytes,
}

/// hyper with the limits set. The time for a head also bounds the silence between two requests: hyper starts that
/// clock when it waits for the next head, not at the head's first byte.
pub(super) fn http(limits: &Limits) -> http1::Builder {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(limits.head_time)
        .max_headers(limits.head_fields)
        .max_header_size(limits.head_bytes)
        .max_buf_size(READ_BUFFER.max(limits.head_bytes));
    http
}

/// Serves the connection to its end.
pub(super) async fn serve<S: SurfaceService>(
    http: http1::Builder,
    stream: TcpStream,
    Client { peer, share, held }: Client,
    service: EdgeService<S>,
    mut stage: Stage,
) {
    let presence = Arc::clone(&share.presence);
    let edge = Arc::clone(&service.edge);
    let io = TokioIo::new(BoundedSocket::new(stream, held, Arc::clone(&presence), Arc::clone(&edge)));
    let service = service_fn(move |request| answer(service.clone(), peer, Arc::clone(&presence), request));
    let mut served = http.serve_connection(io, service);
    let ended = tokio::select! {
        biased;
        ended = &mut served => ended,
        () = share.presence.told_to_leave() => return,
        () = stage.draining() => {
            std::pin::Pin::new(&mut served).graceful_shutdown();
            tokio::select! {
                biased;
                ended = &mut served => ended,
                () = stage.cut() => return,
            }
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection broke off");
        let unread = served.into_parts();
        let stream = unread.io.into_inner();
        if let Some(status) = stream.refused_with() {
            edge.note_unreadable(peer, status, &error);
        }
        if unread.read_buf.starts_with(HTTP_2_PREFACE) {
            edge.note_unreadable(peer, HTTP_2_STATUS, &error);
            refuse_http_2(stream, &edge).await;
        }
    }
}

/// hyper ends a connection that begins with this without a word.
const HTTP_2_PREFACE: &[u8] = b"PRI * HTTP/2.0";
/// What it is told: HTTP Version Not Supported.
const HTTP_2_STATUS: u16 = 505;
/// How long such a client may take to read its refusal.
const HTTP_2_REFUSAL: Duration = Duration::from_millis(500);

/// Tells a client that speaks HTTP/2 that nobody here does. Such a client reads no more than the status line.
async fn refuse_http_2(mut stream: BoundedSocket, edge: &Edge) {
    const START: &[u8] = b"HTTP/1.1 505 HTTP Version Not Supported\r\nconnection: close\r\ncontent-length: 0\r\n";
    let answer = [START, edge.lines_for_browsers().as_bytes(), b"\r\n"].concat();
    let told = async {
        stream.write_all(&answer).await?;
        stream.shutdown().await?;
        // A socket that is closed over unread bytes resets the connection, and the client may never see the answer.
        tokio::io::copy(&mut stream.take(READ_BUFFER as u64), &mut tokio::io::sink()).await
    };
    tokio::time::timeout(HTTP_2_REFUSAL, told).await.ok();
}

async fn answer<S: SurfaceService>(
    service: EdgeService<S>,
    peer: Peer,
    presence: Arc<Presence>,
    mut request: Request<Incoming>,
) -> Result<Response<Body>, Infallible> {
    let at_work = presence.begin();
    let judged = match at_work {
        None => Err(overloaded("Too many connections are open at this moment, and most of them are this network's.")),
        // Operators are answered whatever waits.
        Some(_) if service.edge.room.is_some() && service.edge.unsent.is_full(peer.0) => {
            Err(overloaded("Too many answers wait for this network to read them."))
        }
        Some(_) => head::judge(&request),
    };
    let closes = judged.is_err();
    request.extensions_mut().insert(peer);
    if request.body().is_end_stream() {
        let mut response = service.answer(request.map(|_| Body::empty()), judged).await;
        if closes {
            close(&mut response);
        }
        return Ok(response);
    }
    let limits = service.edge.limits;
    let waits_for_continue = request.headers().contains_key(header::EXPECT);
    let (parts, body) = request.into_parts();
    let (lent, lender) = unread::lend(body);
    let mut response = service.answer(Request::from_parts(parts, Body::new(lent)), judged).await;
    if let Some(rest) = lender.unread() {
        if closes || waits_for_continue || unread::is_too_much(&rest, &limits) {
            close(&mut response);
        }
        if waits_for_continue {
            tokio::spawn(unread::hold(rest, limits));
        } else {
            tokio::spawn(unread::discard(rest, limits));
        }
    }
    Ok(response)
}

/// Says that no other request is read from this connection.
fn close(response: &mut Response<Body>) {
    response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
}

fn overloaded(why: &'static str) -> Problem {
    Problem::new(Code::Overloaded, why).with_retry_after(1)
}
