//! Listeners: one socket per surface, its accept loop, and the refusal of connections over the limits.
//!
//! Promises that the loop survives every accept error without spinning, and that a connection over the total or the
//! per-network limit is answered 503 and closed at once.

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use prometheus_client::metrics::counter::Counter;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpSocket, TcpStream},
    time::{sleep, timeout},
};

use super::{
    connection::{self, Client},
    connection_limits::ConnectionLimits,
    drain::DrainSignal,
    edge::Edge,
    service::{EdgeService, SurfaceService},
    slots::Slots,
};
use crate::wire::{
    problem::{Code, Problem},
    request::Peer,
};

const BACKLOG: u32 = 1024;
const SEND_BUFFER_BYTES: u32 = 128 * 1024;
/// Pause after an accept error such as "too many open files": a connection must end first.
const RETRY_DELAY: Duration = Duration::from_millis(100);
/// How long a client may take to read its 503.
const REFUSAL_TIMEOUT: Duration = Duration::from_millis(500);
/// How many refusals wait for their client to read the 503. Beyond this, the connection closes without the wait.
const MAX_WAITING_REFUSALS: usize = 128;

/// Binds the address; port 0 picks a free one.
pub(super) fn bind(addr: SocketAddr) -> io::Result<TcpListener> {
    let socket = if addr.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    socket.set_reuseaddr(true)?;
    // Bounds what the kernel buffers for a client that does not read. Accepted sockets inherit it.
    socket.set_send_buffer_size(SEND_BUFFER_BYTES)?;
    socket.bind(addr)?;
    socket.listen(BACKLOG)
}

/// Connection slots, and the counter of refused connections.
#[derive(Clone, Debug)]
pub(super) struct ConnectionSlots {
    limits: ConnectionLimits,
    refusals: Slots,
    shed: Counter,
}

impl ConnectionSlots {
    pub(super) fn new(limits: ConnectionLimits, shed: Counter) -> Self {
        Self {
            limits,
            refusals: Slots::new(MAX_WAITING_REFUSALS, prometheus_client::metrics::gauge::Gauge::default()),
            shed,
        }
    }
}

/// Accepts until draining starts. Then the socket closes, and the kernel refuses new connections.
pub(super) async fn accept<S: SurfaceService>(
    listener: TcpListener,
    service: EdgeService<S>,
    slots: ConnectionSlots,
    mut drain: DrainSignal,
) {
    let http = connection::http(&service.edge.limits);
    loop {
        let accepted = tokio::select! {
            biased;
            () = drain.draining() => return,
            accepted = listener.accept() => accepted,
        };
        let (stream, from) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                pause_after(&error).await;
                continue;
            }
        };
        let peer = from.ip().to_canonical();
        let Some(slot) = slots.limits.take(peer) else {
            tokio::spawn(refuse(stream, Arc::clone(&service.edge), slots.clone()));
            continue;
        };
        stream.set_nodelay(true).ok();
        let client = Client { peer: Peer(peer), slot, held: service.edge.unsent.of(peer) };
        tokio::spawn(connection::serve(http.clone(), stream, client, service.clone(), drain.clone()));
    }
}

/// Warns and pauses, except for errors of a single client that disconnected before it was accepted.
async fn pause_after(error: &io::Error) {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted};
    if !matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset | Interrupted) {
        tracing::warn!(%error, "cannot accept connections");
        sleep(RETRY_DELAY).await;
    }
}

/// Answers `overloaded` before it reads the request. It reads a little afterwards: closing a socket with unread bytes resets
/// the connection, and the client might never see the response.
async fn refuse(mut stream: TcpStream, edge: Arc<Edge>, slots: ConnectionSlots) {
    slots.shed.inc();
    let answer = refusal(&edge);
    let wait = slots.refusals.take();
    let sent = async {
        stream.write_all(answer.as_bytes()).await?;
        stream.shutdown().await?;
        let mut unread = [0; 4096];
        while wait.is_some() && stream.read(&mut unread).await? > 0 {}
        io::Result::Ok(())
    };
    timeout(REFUSAL_TIMEOUT, sent).await.ok();
}

fn refusal(edge: &Edge) -> String {
    let id = edge.ids.next();
    let problem = Problem::new(Code::Overloaded, "Too many connections are open.");
    let body = problem.json(&edge.docs, id.as_str());
    let opened = edge.browser_header_lines();
    format!(
        "HTTP/1.1 503 Service Unavailable\r\ncontent-type: application/problem+json\r\ncache-control: no-store\r\n\
         retry-after: 1\r\n{opened}x-request-id: {}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        id.as_str(),
        body.len(),
    )
}
