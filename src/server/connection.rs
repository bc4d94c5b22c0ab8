//! One connection, from its first byte to its last: HTTP/1.1 by hyper, with every wait bounded.
//!
//! Called by the accept loop. HTTP/1.1 alone is a decision: TLS and HTTP/2 end at the proxy in front, and what
//! is not spoken cannot be attacked. Promises that a client which sends slowly, reads slowly or falls silent is
//! cut, that an ambiguous head reaches no handler, and that a stopping server ends the connection.

use std::{convert::Infallible, pin::pin, time::Duration};

use axum::{
    body::Body,
    http::{HeaderValue, Request, Response, Version, header},
};
use hyper::{
    body::{Body as _, Incoming},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpStream;
use tokio_io_timeout::TimeoutWriter;

use super::{
    drain::Stage,
    edge::{Answers, Worn},
    limits::Limits,
    unread,
};
use crate::wire::{problem::Problem, request::Peer};

/// What hyper reads ahead of the service.
const READ_BUFFER: usize = 64 * 1024;

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
pub(super) async fn serve<S: Answers>(
    http: http1::Builder,
    stream: TcpStream,
    peer: Peer,
    worn: Worn<S>,
    mut stage: Stage,
) {
    let write_time = worn.surface.limits.write_time;
    let service = service_fn(move |request| answer(worn.clone(), peer, request));
    let mut served = pin!(http.serve_connection(bounded_writes(stream, write_time), service));
    let ended = tokio::select! {
        biased;
        ended = served.as_mut() => ended,
        () = stage.draining() => {
            served.as_mut().graceful_shutdown();
            tokio::select! {
                biased;
                ended = served => ended,
                () = stage.cut() => return,
            }
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection broke off");
    }
}

type Io = TokioIo<std::pin::Pin<Box<TimeoutWriter<TcpStream>>>>;

/// A client that does not read cannot hold a connection for ever.
fn bounded_writes(stream: TcpStream, write_time: Duration) -> Io {
    let mut stream = TimeoutWriter::new(stream);
    stream.set_timeout(Some(write_time));
    TokioIo::new(Box::pin(stream))
}

async fn answer<S: Answers>(
    worn: Worn<S>,
    peer: Peer,
    mut request: Request<Incoming>,
) -> Result<Response<Body>, Infallible> {
    let judged = judge_head(&request);
    request.extensions_mut().insert(peer);
    if request.body().is_end_stream() {
        return Ok(worn.answer(request.map(|_| Body::empty()), judged).await);
    }
    let limits = worn.surface.limits;
    let waits_for_continue = request.headers().contains_key(header::EXPECT);
    let (parts, body) = request.into_parts();
    let (lent, lender) = unread::lend(body);
    let mut response = worn.answer(Request::from_parts(parts, Body::new(lent)), judged).await;
    if let Some(rest) = lender.unread() {
        if waits_for_continue || unread::is_too_much(&rest, &limits) {
            response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        if waits_for_continue {
            tokio::spawn(unread::hold(rest, limits));
        } else {
            tokio::spawn(unread::discard(rest, limits));
        }
    }
    Ok(response)
}

/// RFC 9112, section 3.2: exactly one `Host` in HTTP/1.1, at most one in HTTP/1.0. Two of them are how requests are
/// smuggled past a proxy; hyper takes the first and says nothing.
fn judge_head(request: &Request<Incoming>) -> Result<(), Problem> {
    // RFC 9110, section 4.2.4: a name and a password in a target are an error. It is also where a key could hide.
    if request.uri().authority().is_some_and(|authority| authority.as_str().contains('@')) {
        return Err(Problem::malformed("A request's target carries no name and no password."));
    }
    let hosts = request.headers().get_all(header::HOST).iter().count();
    if hosts == 1 || (hosts == 0 && request.version() == Version::HTTP_10) {
        Ok(())
    } else {
        Err(Problem::malformed("A request carries exactly one `Host` header."))
    }
}
