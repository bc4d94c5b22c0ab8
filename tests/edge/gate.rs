//! A running server with two surfaces, `management` and `ops`, both in front of the same little service.

use std::{convert::Infallible, net::SocketAddr, sync::Arc, time::Duration};

use axum::{
    body::{Body, Bytes},
    http::{Request, Response, StatusCode, header},
    response::IntoResponse,
};
use flow_gateway::{
    access::surface::Surface,
    server::{Accepting, Limits, Metrics, Server, SurfaceService},
    wire::{
        body,
        problem::{Code, Problem},
        request::Peer,
    },
};
use ipnet::IpNet;
use tokio::{
    sync::{Semaphore, oneshot},
    task::JoinHandle,
};

use super::line::Line;

pub const DOCS: &str = "http://docs.test/docs";

/// Where requests wait, and how tests see them come and go.
#[derive(Debug)]
pub struct Hall {
    entered: Semaphore,
    exit: Semaphore,
    left: Semaphore,
}

impl Hall {
    fn new() -> Arc<Self> {
        Arc::new(Self { entered: Semaphore::new(0), exit: Semaphore::new(0), left: Semaphore::new(0) })
    }

    /// Returns once a request waits in the hall.
    pub async fn entered(&self) {
        take_one(&self.entered).await;
    }

    /// Lets one waiting request go on.
    pub fn let_go(&self) {
        self.exit.add_permits(1);
    }

    /// Returns once a request has left the hall, whichever way.
    pub async fn left(&self) {
        take_one(&self.left).await;
    }
}

async fn take_one(semaphore: &Semaphore) {
    let permit = tokio::time::timeout(Duration::from_secs(20), semaphore.acquire()).await.expect("in time");
    permit.expect("open").forget();
}

/// Tells the hall when it is dropped.
struct Leaving(Arc<Hall>);

impl Drop for Leaving {
    fn drop(&mut self) {
        self.0.left.add_permits(1);
    }
}

/// A running server.
pub struct Gate {
    pub addr: SocketAddr,
    pub ops: SocketAddr,
    pub hall: Arc<Hall>,
    pub metrics: Metrics,
    pub accepting: Accepting,
    stop: Option<oneshot::Sender<()>>,
    running: JoinHandle<()>,
}

impl Gate {
    pub fn open(limits: Limits) -> Self {
        Self::open_as(Surface::Management, limits)
    }

    /// With this surface in the place of Management.
    pub fn open_as(surface: Surface, limits: Limits) -> Self {
        Self::open_behind(&[], surface, limits)
    }

    /// Behind proxies that are trusted.
    pub fn open_behind(proxies: &[IpNet], surface: Surface, limits: Limits) -> Self {
        let metrics = Metrics::new();
        Self::run(Server::behind_proxies(proxies, limits, metrics.clone()), surface, metrics)
    }

    /// With a surface that callers know by an https address.
    pub fn open_by_https(surface: Surface) -> Self {
        let metrics = Metrics::new();
        let mut server = Server::behind_proxies(&[], Limits::default(), metrics.clone());
        server.mark_https(surface);
        Self::run(server, surface, metrics)
    }

    fn run(mut server: Server, surface: Surface, metrics: Metrics) -> Self {
        let hall = Hall::new();
        let any_port = SocketAddr::from(([127, 0, 0, 1], 0));
        let docs = |_| DOCS.to_owned();
        let addr = server.listen(surface, any_port, docs, rooms(&hall)).expect("a port");
        let ops = server.listen(Surface::Ops, any_port, docs, rooms(&hall)).expect("a port");
        let accepting = server.accepting();
        assert!(!accepting.now());
        let (stop, stopped) = oneshot::channel();
        let running = tokio::spawn(server.run(async { _ = stopped.await }));
        Self { addr, ops, hall, metrics, accepting, stop: Some(stop), running }
    }

    pub async fn line(&self) -> Line {
        Line::to(self.addr).await
    }

    pub fn stop(&mut self) {
        self.stop.take().expect("not stopped yet").send(()).expect("running");
    }

    /// Returns once the server has ended.
    pub async fn ended(self) {
        tokio::time::timeout(Duration::from_secs(20), self.running).await.expect("in time").expect("no panic");
    }
}

/// The service: each path behaves in its own way.
fn rooms(hall: &Arc<Hall>) -> impl SurfaceService + use<> {
    let hall = Arc::clone(hall);
    tower::service_fn(move |request| {
        let hall = Arc::clone(&hall);
        async move { Ok::<_, Infallible>(room(request, hall).await) }
    })
}

async fn room(request: Request<Body>, hall: Arc<Hall>) -> Response<Body> {
    match request.uri().path() {
        "/peer" => {
            request.extensions().get::<Peer>().map(|peer| peer.0.to_string()).unwrap_or_default().into_response()
        }
        "/read" => body::read(request.into_body()).await.into_response(),
        "/read/impatiently" => {
            body::read_within(request.into_body(), 1024, Duration::from_millis(50)).await.into_response()
        }
        "/wait" => wait(hall).await,
        "/endless" => endless(hall),
        "/panic" => panic!("flow_sk_0123456789abcdef was sent"),
        "/refuse" => {
            drop(request);
            ([(header::VARY, "Origin")], Problem::new(Code::UnknownKey, "No.")).into_response()
        }
        path => match path.strip_prefix("/bare/").and_then(|status| status.parse().ok()) {
            Some(status) => StatusCode::from_u16(status).expect("a status").into_response(),
            None => "hello".into_response(),
        },
    }
}

async fn wait(hall: Arc<Hall>) -> Response<Body> {
    let _leaving = Leaving(Arc::clone(&hall));
    hall.entered.add_permits(1);
    take_one(&hall.exit).await;
    "waited".into_response()
}

/// A body that goes on until somebody drops it.
fn endless(hall: Arc<Hall>) -> Response<Body> {
    hall.entered.add_permits(1);
    let leaving = Leaving(hall);
    Response::new(Body::from_stream(futures_util::stream::repeat_with(move || {
        let _kept = &leaving;
        Ok::<_, Infallible>(Bytes::from_static(&[b'x'; 16 * 1024]))
    })))
}
