//! The edge every surface wears: listeners, time limits, shedding, request ids, the log line, counts, draining.
//!
//! Called by the commands that serve. A [`Server`] binds one listener for each surface, then runs them all until
//! it is told to stop. Promises that no client can hold it up: every wait is bounded, every queue has an end, and
//! stopping takes at most 25 seconds. Stock `axum::serve` sets none of these bounds.

use std::{
    collections::BTreeSet,
    fmt,
    io::{self, Write},
    net::SocketAddr,
    sync::Arc,
    time::Duration,
};

use futures_util::future::BoxFuture;
use ipnet::IpNet;
use tokio::net::TcpListener;

mod accept;
mod capacity;
mod connection;
mod drain;
mod edge;
mod finish;
mod head;
mod headers;
mod limits;
pub mod log;
mod metrics;
pub mod ops;
mod presence;
mod repeats;
mod sending;
mod service;
mod shares;
pub mod signal;
mod slots;
mod tasks;
mod unread;
mod unreadable;
mod unsent;
mod visit;

pub use drain::Accepting;
pub use limits::{FEWEST_FILES, Limits, raise_file_limit};
pub use metrics::Metrics;
pub use service::{EdgeService, SurfaceService};
pub use tasks::start;

use crate::{access::surface::Surface, store::file_watch::FileWatch, wire::request::RequestIds};
use accept::ConnectionSlots;
use capacity::Capacity;
use drain::{Drain, Stage};
use edge::Edge;
use headers::BrowserHeaders;
use repeats::Repeats;
use shares::Shares;
use slots::Slots;
use unsent::UnsentBytes;

/// How long probes may finish once all else has drained, so that they work when they matter.
const OPS_DRAIN: Duration = Duration::from_millis(500);

/// All listeners, and what they share.
pub struct Server {
    limits: Limits,
    metrics: Metrics,
    file: Option<FileWatch>,
    ids: Arc<RequestIds>,
    requests: Capacity,
    room: ConnectionSlots,
    probes_room: ConnectionSlots,
    unsent: UnsentBytes,
    accepting: Accepting,
    surfaces: Drain,
    probes: Drain,
    https: BTreeSet<Surface>,
    trusted: Arc<[IpNet]>,
    repeats: Repeats,
    bound: Vec<BoundListener>,
}

/// An address that is bound, and accepts nothing yet: so a gateway knows where it is reached before it is put together.
#[derive(Debug)]
pub struct Socket {
    listener: TcpListener,
    addr: SocketAddr,
}

impl Socket {
    /// Binds an address; port 0 picks a free one.
    ///
    /// # Errors
    /// When the address cannot be bound.
    pub fn bind(addr: SocketAddr) -> io::Result<Self> {
        let listener = accept::bind(addr)?;
        let addr = listener.local_addr()?;
        Ok(Self { listener, addr })
    }

    /// The address that it has.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }
}

/// A listener that has its address and waits for its start.
struct BoundListener {
    surface: Surface,
    addr: SocketAddr,
    start: Box<dyn FnOnce(Stage) -> BoxFuture<'static, ()> + Send>,
}

impl Server {
    /// A server without listeners. Raises the process's file limit, which may lower the connection caps.
    pub fn new(limits: Limits, metrics: Metrics) -> Self {
        Self::behind(&[], limits, metrics)
    }

    /// The same behind proxies, whose connections are everybody's.
    pub fn behind(trusted: &[IpNet], limits: Limits, metrics: Metrics) -> Self {
        let limits = limits.within_file_limit();
        let shares = |all, of_one, gauge| Shares::new(Slots::new(all, gauge), of_one, trusted);
        let all = shares(limits.connections, limits.connections_of_one, metrics.connections());
        let probes = shares(limits.probes, limits.probes, metrics.probes());
        Self {
            requests: Capacity {
                at_work: Slots::new(limits.requests, metrics.in_flight()),
                awaiting_body: Slots::new(limits.awaiting_body, metrics.awaiting_body()),
            },
            room: ConnectionSlots::new(all, metrics.shed("connection")),
            probes_room: ConnectionSlots::new(probes, metrics.shed("probe")),
            unsent: UnsentBytes::new(limits.unsent_bytes, limits.unsent_bytes_of_one, trusted, metrics.unsent()),
            ids: Arc::default(),
            accepting: Accepting::default(),
            surfaces: Drain::new(),
            probes: Drain::new(),
            https: BTreeSet::new(),
            trusted: trusted.into(),
            repeats: Repeats::default(),
            bound: Vec::new(),
            file: None,
            limits,
            metrics,
        }
    }

    /// Says that callers know a surface by an https address, before it is bound: its answers tell browsers to stay there.
    pub fn reached_by_https(&mut self, surface: Surface) {
        self.https.insert(surface);
    }

    /// Watches over the file that every surface answers from: while it is not in its place, they answer 503.
    pub fn watching(mut self, file: Option<&FileWatch>) -> Self {
        file.inspect(|file| file.spawn_watcher());
        self.file = file.cloned();
        self
    }

    /// Binds a surface's address, and says which it became (port 0 picks a free one). Nothing is accepted before
    /// [`run`](Self::run). `docs` makes the absolute URL of the page that problems link to.
    ///
    /// # Errors
    /// When the address cannot be bound.
    pub fn listen<S: SurfaceService>(
        &mut self,
        surface: Surface,
        addr: SocketAddr,
        docs: impl FnOnce(SocketAddr) -> String,
        service: S,
    ) -> io::Result<SocketAddr> {
        let socket = Socket::bind(addr)?;
        let addr = socket.addr;
        self.listen_on(surface, socket, docs(addr), service);
        Ok(addr)
    }

    /// The same with an address that is bound already.
    pub fn listen_on<S: SurfaceService>(&mut self, surface: Surface, socket: Socket, docs: String, service: S) {
        let Socket { listener, addr } = socket;
        let service = self.at_edge(surface, docs, service);
        let room = if surface == Surface::Ops { &self.probes_room } else { &self.room }.clone();
        let start = Box::new(move |stage| -> BoxFuture<'static, ()> {
            Box::pin(accept::accept(listener, service, room, stage))
        });
        self.bound.push(BoundListener { surface, addr, start });
    }

    /// The service with the edge that a listener of this server puts around it, without a socket.
    pub fn at_edge<S>(&self, surface: Surface, docs: String, service: S) -> EdgeService<S> {
        let edge = Edge {
            surface,
            browsers: BrowserHeaders::of(self.https.contains(&surface)),
            docs,
            limits: self.limits,
            unsent: self.unsent.clone(),
            trusted: Arc::clone(&self.trusted),
            repeats: self.repeats.clone(),
            ids: Arc::clone(&self.ids),
            metrics: self.metrics.of_surface(surface.name()),
            room: (surface != Surface::Ops).then(|| self.requests.clone()),
            shed: self.metrics.shed("request"),
            file: self.file.clone().filter(|_| surface != Surface::Ops),
        };
        EdgeService { service, edge: Arc::new(edge) }
    }

    /// Tells whether all surfaces accept, for `/readyz`.
    pub fn accepting(&self) -> Accepting {
        self.accepting.clone()
    }

    /// Serves all surfaces until `stop`, then drains: new connections are refused, idle ones close, requests at work
    /// finish, and what has not finished within the drain time is cut.
    pub async fn run(mut self, stop: impl Future<Output = ()>) {
        let mut addresses = Vec::new();
        for BoundListener { surface, addr, start } in self.bound.drain(..) {
            let stage = if surface == Surface::Ops { self.probes.stage() } else { self.surfaces.stage() };
            tokio::spawn(start(stage));
            addresses.push((surface, addr));
        }
        // Ready before it is said: who reads the lines may ask at once.
        self.accepting.set(true);
        announce(&addresses);
        let logging = tokio::spawn(self.repeats.clone().keep_logging());
        stop.await;
        self.accepting.set(false);
        tracing::info!("draining");
        let all_finished = self.surfaces.finish(self.limits.drain_time).await;
        self.probes.finish(OPS_DRAIN).await;
        logging.abort();
        self.repeats.log();
        tracing::info!(all_finished, "drained");
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let addresses: Vec<_> = self.bound.iter().map(|bound| (bound.surface, bound.addr)).collect();
        f.debug_struct("Server").field("limits", &self.limits).field("bound", &addresses).finish_non_exhaustive()
    }
}

/// A service with the edge of a server of its own around it, with the default limits: for tests without sockets.
pub fn at_edge<S>(service: S, surface: Surface, docs: impl Into<String>) -> EdgeService<S> {
    Server::new(Limits::default(), Metrics::new()).at_edge(surface, docs.into(), service)
}

/// One line for each surface; scripts wait for them. A closed standard output is no reason not to serve.
fn announce(addresses: &[(Surface, SocketAddr)]) {
    let mut out = io::stdout().lock();
    for (surface, addr) in addresses {
        let name = surface.name();
        writeln!(out, "{name} listening on http://{addr}").ok();
    }
    out.flush().ok();
}
