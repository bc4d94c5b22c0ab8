//! The HTTP server around all surfaces: listeners, timeouts, load shedding, request ids, request logs, metrics, traces, draining.
//!
//! A [`Server`] binds one listener per surface and runs them until it is stopped. Promises that no client can block it:
//! every wait has a timeout, every queue a limit, and stopping takes at most 25 seconds. `axum::serve` has none of these.

use std::{
    collections::{BTreeMap, BTreeSet},
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
mod activity;
mod bounded_socket;
mod capacity;
mod connection;
mod connection_limits;
mod drain;
mod edge;
mod finish;
mod head;
mod head_refusal;
mod headers;
mod limits;
pub mod log;
mod log_fields;
mod log_sampling;
mod metrics;
pub mod ops;
mod process_metrics;
mod request_log;
mod service;
pub mod signal;
mod slots;
mod tasks;
pub mod traces;
mod unread_body;
mod unsent_bytes;

pub use drain::Accepting;
pub use limits::{Limits, MIN_OPEN_FILES, raise_file_limit};
pub use metrics::Metrics;
pub use service::{EdgeService, SurfaceService};
pub use tasks::{start, sweep};

use crate::{
    access::{listener::Listener, surface::Surface},
    store::file_watch::FileWatch,
    wire::request::RequestIds,
};
use accept::ConnectionSlots;
use capacity::Capacity;
use connection_limits::ConnectionLimits;
use drain::{Drain, DrainSignal};
use edge::Edge;
use headers::BrowserHeaders;
use log_sampling::LogSampler;
use slots::Slots;
use traces::Traces;
use unsent_bytes::UnsentBytes;

/// The drain timeout of the ops listener, which drains last so that probes work meanwhile.
const OPS_DRAIN: Duration = Duration::from_millis(500);

/// All listeners, and what they share.
pub struct Server {
    limits: Limits,
    metrics: Metrics,
    traces: Option<Traces>,
    routes: BTreeMap<Surface, Arc<Listener>>,
    file: Option<FileWatch>,
    ids: Arc<RequestIds>,
    requests: Capacity,
    slots: ConnectionSlots,
    ops_slots: ConnectionSlots,
    unsent: UnsentBytes,
    accepting: Accepting,
    surfaces: Drain,
    probes: Drain,
    https: BTreeSet<Surface>,
    trusted: Arc<[IpNet]>,
    sampler: LogSampler,
    bound: Vec<BoundListener>,
}

/// A bound socket that does not accept yet: so the gateway knows its URLs before it is created.
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

    /// Its address.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }
}

/// A bound listener that has not started yet.
struct BoundListener {
    surface: Surface,
    addr: SocketAddr,
    start: Box<dyn FnOnce(DrainSignal) -> BoxFuture<'static, ()> + Send>,
}

impl Server {
    /// A server without listeners. Raises the open-file limit, which may lower the connection limits.
    pub fn new(limits: Limits, metrics: Metrics) -> Self {
        Self::behind_proxies(&[], limits, metrics)
    }

    /// The same behind trusted proxies, whose connections carry many clients.
    pub fn behind_proxies(trusted: &[IpNet], limits: Limits, metrics: Metrics) -> Self {
        let limits = limits.within_file_limit();
        let shares = |all, per_network, gauge| ConnectionLimits::new(Slots::new(all, gauge), per_network, trusted);
        let all = shares(limits.connections, limits.connections_per_network, metrics.connections());
        let probes = shares(limits.ops_connections, limits.ops_connections, metrics.probes());
        Self {
            requests: Capacity {
                running: Slots::new(limits.requests, metrics.in_flight()),
                awaiting_body: Slots::new(limits.awaiting_body, metrics.awaiting_body()),
            },
            slots: ConnectionSlots::new(all, metrics.shed("connection")),
            ops_slots: ConnectionSlots::new(probes, metrics.shed("probe")),
            unsent: UnsentBytes::new(limits.unsent_bytes, limits.unsent_bytes_per_network, trusted, metrics.unsent()),
            ids: Arc::default(),
            accepting: Accepting::default(),
            surfaces: Drain::new(),
            probes: Drain::new(),
            https: BTreeSet::new(),
            trusted: trusted.into(),
            sampler: LogSampler::default(),
            bound: Vec::new(),
            traces: None,
            routes: BTreeMap::new(),
            file: None,
            limits,
            metrics,
        }
    }

    /// Marks a surface as public over HTTPS, before it is bound: its responses carry `Strict-Transport-Security`.
    pub fn mark_https(&mut self, surface: Surface) {
        self.https.insert(surface);
    }

    /// Watches the database file: while it was moved or replaced, all surfaces answer 503.
    pub fn watching(mut self, file: Option<&FileWatch>) -> Self {
        file.inspect(|file| file.spawn_watcher());
        self.file = file.cloned();
        self
    }

    /// Makes a span of each request, but for the ops surface.
    pub fn tracing(mut self, traces: Option<Traces>) -> Self {
        self.traces = traces;
        self
    }

    /// Names the operations of a surface, before it is bound: its spans carry the operation's path.
    pub fn know_routes(&mut self, surface: Surface, routes: Arc<Listener>) {
        self.routes.insert(surface, routes);
    }

    /// Binds a surface, and returns its address (port 0 picks a free one). Nothing is accepted before [`run`](Self::run).
    /// `docs` makes the absolute URL of the page that problems link to.
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

    /// The same with a bound socket.
    pub fn listen_on<S: SurfaceService>(&mut self, surface: Surface, socket: Socket, docs: String, service: S) {
        let Socket { listener, addr } = socket;
        let service = self.at_edge(surface, docs, service);
        let slots = if surface == Surface::Ops { &self.ops_slots } else { &self.slots }.clone();
        let start = Box::new(move |drain| -> BoxFuture<'static, ()> {
            Box::pin(accept::accept(listener, service, slots, drain))
        });
        self.bound.push(BoundListener { surface, addr, start });
    }

    /// The service as a listener of this server runs it, without a socket.
    pub fn at_edge<S>(&self, surface: Surface, docs: String, service: S) -> EdgeService<S> {
        let is_https = self.https.contains(&surface);
        let traces = self.traces.as_ref().filter(|_| surface != Surface::Ops);
        let edge = Edge {
            surface,
            browsers: BrowserHeaders::of(is_https),
            docs,
            limits: self.limits,
            unsent: self.unsent.clone(),
            trusted: Arc::clone(&self.trusted),
            sampler: self.sampler.clone(),
            ids: Arc::clone(&self.ids),
            metrics: self.metrics.of_surface(surface.name()),
            traces: traces.map(|traces| traces.of_surface(surface, is_https, self.routes.get(&surface).cloned())),
            slots: (surface != Surface::Ops).then(|| self.requests.clone()),
            shed: self.metrics.shed("request"),
            file: self.file.clone().filter(|_| surface != Surface::Ops),
        };
        EdgeService { service, edge: Arc::new(edge) }
    }

    /// Whether all surfaces accept connections, for `/readyz`.
    pub fn accepting(&self) -> Accepting {
        self.accepting.clone()
    }

    /// Serves all surfaces until `stop`, then drains: new connections are refused, idle ones close, running requests finish,
    /// and the rest is cut after the drain timeout.
    pub async fn run(mut self, stop: impl Future<Output = ()>) {
        let mut addresses = Vec::new();
        for BoundListener { surface, addr, start } in self.bound.drain(..) {
            let drain = if surface == Surface::Ops { self.probes.signal() } else { self.surfaces.signal() };
            tokio::spawn(start(drain));
            addresses.push((surface, addr));
        }
        // Accept before announcing: a script that reads the lines may send a request at once.
        self.accepting.set(true);
        announce(&addresses);
        let logging = tokio::spawn(self.sampler.clone().keep_logging());
        stop.await;
        self.accepting.set(false);
        tracing::info!("draining");
        let all_finished = self.surfaces.finish(self.limits.drain_timeout).await;
        self.probes.finish(OPS_DRAIN).await;
        logging.abort();
        self.sampler.log();
        tracing::info!(all_finished, "drained");
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let addresses: Vec<_> = self.bound.iter().map(|bound| (bound.surface, bound.addr)).collect();
        f.debug_struct("Server").field("limits", &self.limits).field("bound", &addresses).finish_non_exhaustive()
    }
}

/// A service as a server with the default limits runs it: for tests without sockets.
pub fn at_edge<S>(service: S, surface: Surface, docs: impl Into<String>) -> EdgeService<S> {
    Server::new(Limits::default(), Metrics::new()).at_edge(surface, docs.into(), service)
}

/// Prints one line per surface; scripts wait for them. A closed standard output is not an error.
fn announce(addresses: &[(Surface, SocketAddr)]) {
    let mut out = io::stdout().lock();
    for (surface, addr) in addresses {
        let name = surface.name();
        writeln!(out, "{name} listening on http://{addr}").ok();
    }
    out.flush().ok();
}
