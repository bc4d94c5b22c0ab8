//! Listening: one socket per surface, its accept loop, and the refusal of connections over the caps.
//!
//! Called by the server. Promises that the loop outlives every accept error without spinning, and that a connection
//! over the cap of all, or of its network, gets an answer and an end at once.

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use prometheus_client::metrics::counter::Counter;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpSocket, TcpStream},
    time::{sleep, timeout},
};

use super::{
    connection::{self, Client},
    drain::Stage,
    edge::Edge,
    service::{EdgeService, SurfaceService},
    shares::Shares,
    slots::Slots,
};
use crate::wire::{
    problem::{Code, Problem},
    request::Peer,
};

const BACKLOG: u32 = 1024;
const SEND_BUFFER_BYTES: u32 = 128 * 1024;
/// Out of files or memory: wait until some connection has ended.
const BREATHER: Duration = Duration::from_millis(100);
/// How long a refused client may take to read its refusal.
const REFUSAL: Duration = Duration::from_millis(500);
/// Refusals that wait for their client, at once. Beyond, the client gets its refusal without the wait.
const PATIENT_REFUSALS: usize = 128;

/// Binds the address; port 0 picks a free one.
pub(super) fn bind(addr: SocketAddr) -> io::Result<TcpListener> {
    let socket = if addr.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    socket.set_reuseaddr(true)?;
    // What the system buffers of an answer that nobody reads. Accepted sockets inherit it.
    socket.set_send_buffer_size(SEND_BUFFER_BYTES)?;
    socket.bind(addr)?;
    socket.listen(BACKLOG)
}

/// Room for connections, and the count of those that found none.
#[derive(Clone, Debug)]
pub(super) struct ConnectionSlots {
    shares: Shares,
    refusals: Slots,
    shed: Counter,
}

impl ConnectionSlots {
    pub(super) fn new(shares: Shares, shed: Counter) -> Self {
        Self {
            shares,
            refusals: Slots::new(PATIENT_REFUSALS, prometheus_client::metrics::gauge::Gauge::default()),
            shed,
        }
    }
}

/// Accepts until draining starts; then the socket closes, and new connections are refused by the system.
pub(super) async fn accept<S: SurfaceService>(
    listener: TcpListener,
    service: EdgeService<S>,
    room: ConnectionSlots,
    mut stage: Stage,
) {
    let http = connection::http(&service.edge.limits);
    loop {
        let accepted = tokio::select! {
            biased;
            () = stage.draining() => return,
            accepted = listener.accept() => accepted,
        };
        let (stream, from) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                breathe(&error).await;
                continue;
            }
        };
        let peer = from.ip().to_canonical();
        let Some(share) = room.shares.take(peer) else {
            tokio::spawn(refuse(stream, Arc::clone(&service.edge), room.clone()));
            continue;
        };
        stream.set_nodelay(true).ok();
        let client = Client { peer: Peer(peer), share, held: service.edge.unsent.of(peer) };
        tokio::spawn(connection::serve(http.clone(), stream, client, service.clone(), stage.clone()));
    }
}

/// A client that left before it was accepted is its own affair; anything else is ours, and takes a while to mend.
async fn breathe(error: &io::Error) {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted};
    if !matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset | Interrupted) {
        tracing::warn!(%error, "cannot accept connections");
        sleep(BREATHER).await;
    }
}

/// Says `overloaded` without reading the request first. Then reads a little, since a socket closed over unread
/// bytes resets the connection, and the client might never see the answer.
async fn refuse(mut stream: TcpStream, edge: Arc<Edge>, room: ConnectionSlots) {
    room.shed.inc();
    let answer = refusal(&edge);
    let patience = room.refusals.take();
    let said = async {
        stream.write_all(answer.as_bytes()).await?;
        stream.shutdown().await?;
        let mut unread = [0; 4096];
        while patience.is_some() && stream.read(&mut unread).await? > 0 {}
        io::Result::Ok(())
    };
    timeout(REFUSAL, said).await.ok();
}

fn refusal(edge: &Edge) -> String {
    let id = edge.ids.next();
    let problem = Problem::new(Code::Overloaded, "Too many connections are open at this moment.");
    let body = problem.json(&edge.docs, id.as_str());
    let opened = edge.lines_for_browsers();
    format!(
        "HTTP/1.1 503 Service Unavailable\r\ncontent-type: application/problem+json\r\ncache-control: no-store\r\n\
         retry-after: 1\r\n{opened}x-request-id: {}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        id.as_str(),
        body.len(),
    )
}
