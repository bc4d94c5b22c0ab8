//! The contestants, each a process of its own: this program, started again with `--serve`.

use std::{
    collections::HashMap,
    io::{BufRead, BufReader},
    net::{Ipv4Addr, SocketAddr},
    process::{Child, Command, Stdio},
};

use axum::{Router, body::Bytes, http::header, routing::get};
use flow_gateway::{
    access::surface::Surface,
    config::LogFormat,
    operation::app::Options,
    server::{self, Limits, Metrics, Server, log},
    store::open::{DatabaseLocation, open},
    surfaces,
};

use crate::handwritten;

/// What a process serves.
#[derive(Clone, Copy, Debug)]
pub enum Role {
    /// The gateway over a database.
    Gateway,
    /// The same, which keeps no answers: each read asks the database.
    GatewayWithoutCache,
    /// The same, which records no call in the activity.
    GatewayWithoutActivity,
    /// A handler of a few lines over the same database.
    Handwritten,
    /// The bytes of a file, from memory.
    Bare,
}

impl Role {
    /// Its name, and the listeners it announces.
    fn told(self) -> (&'static str, usize) {
        match self {
            Role::Gateway => ("gateway", 2),
            Role::GatewayWithoutCache => ("gateway-without-cache", 2),
            Role::GatewayWithoutActivity => ("gateway-without-activity", 2),
            Role::Handwritten => ("handwritten", 1),
            Role::Bare => ("bare", 1),
        }
    }
}

/// A running contestant. It ends with this value.
pub struct Process {
    child: Child,
    urls: HashMap<String, String>,
}

impl Process {
    /// Starts a contestant and waits until it listens. Its log goes nowhere, as a deployment's goes elsewhere.
    pub fn start(role: Role, source: &str) -> Self {
        let (name, listeners) = role.told();
        let program = std::env::current_exe().expect("this program");
        let mut child = Command::new(program)
            .args(["--serve", name, source])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("a contestant starts");
        let out = BufReader::new(child.stdout.take().expect("its output"));
        let urls = out
            .lines()
            .take(listeners)
            .map(|line| {
                let line = line.expect("a line");
                let (name, url) = line.split_once(" listening on ").expect("a listener");
                (name.to_owned(), url.to_owned())
            })
            .collect();
        Self { child, urls }
    }

    /// Where a listener of it is, and which process that is.
    pub fn url(&self, listener: &str) -> (String, u32) {
        (self.urls[listener].clone(), self.child.id())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// Serves until this process is ended.
pub async fn serve(role: &str, source: &str) {
    match role {
        "gateway" => gateway(source, usual()).await,
        "gateway-without-cache" => gateway(source, Options { answer_cache: false, ..usual() }).await,
        "gateway-without-activity" => gateway(source, Options { activity: false, ..usual() }).await,
        "handwritten" => by_hand("handwritten", handwritten::router(source).await).await,
        _ => by_hand("bare", bare(std::fs::read(source).expect("the bytes").into())).await,
    }
}

/// What a deployment has, but for rates.
fn usual() -> Options {
    Options { activity: true, answer_cache: true, ..Options::default() }
}

async fn gateway(url: &str, options: Options) {
    let _log = log::init(LogFormat::Text, None).expect("logging starts");
    let place: DatabaseLocation = url.parse().expect("a database URL");
    let db = open(&place, false).await.expect("the database opens");
    let (app, _tasks) = server::start(db, options).await.expect("the gateway starts");
    let mut server = Server::new(Limits::default(), Metrics::new());
    let docs = |at: SocketAddr| format!("http://{at}/docs");
    server.listen(Surface::Storefront, any_port(), docs, surfaces::guarded(Surface::Storefront, &app)).expect("a port");
    server.listen(Surface::Management, any_port(), docs, surfaces::guarded(Surface::Management, &app)).expect("a port");
    server.run(std::future::pending()).await;
}

fn bare(bytes: Bytes) -> Router {
    let answer = move || std::future::ready(([(header::CONTENT_TYPE, "application/json")], bytes.clone()));
    Router::new().route("/v1/instructors", get(answer))
}

async fn by_hand(name: &str, router: Router) {
    let listener = tokio::net::TcpListener::bind(any_port()).await.expect("a port");
    println!("{name} listening on http://{}", listener.local_addr().expect("the port"));
    axum::serve(listener, router).await.expect("it serves");
}

fn any_port() -> SocketAddr {
    (Ipv4Addr::LOCALHOST, 0).into()
}
