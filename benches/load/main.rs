//! The gateway under load, beside what anybody would write by hand. `cargo bench --bench load`, with wrk on PATH.
//!
//! Each contestant is a process of its own; wrk asks them in turn, round after round, over kept connections. Absolute
//! figures say little on a shared machine, so what counts is the ratio to a bare axum route that sends the same bytes
//! from memory. The gateway is the real one: its listeners, limits, guard, log and counts; only rates are off.

mod contestants;
mod handwritten;
#[path = "../support/house.rs"]
#[allow(dead_code, reason = "the gate's benchmark uses more of it")]
mod house;
#[path = "../../tests/support/needs.rs"]
#[allow(dead_code, reason = "the tests use more of it")]
mod needs;
mod paced;
#[path = "../../tests/support/postgres.rs"]
#[allow(dead_code, unused_imports, reason = "the tests use more of it")]
mod postgres;
#[path = "../../tests/support/postgres_home.rs"]
mod postgres_home;
#[path = "../../tests/support/postgres_keeper.rs"]
mod postgres_keeper;
mod rounds;

use std::path::Path;

use clap::Parser;
use contestants::{Process, Role};
use flow_gateway::store::{
    db::Db,
    open::{DatabaseLocation, open},
};
use house::Keys;
use rounds::Contestant;

/// What may be asked of a run.
#[derive(Debug, Parser)]
struct Asked {
    /// Rounds; each figure is the median over them.
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// Seconds that each contestant is asked in a round.
    #[arg(long, default_value_t = 2)]
    seconds: u32,
    /// Connections that wrk keeps open.
    #[arg(long, default_value_t = 32)]
    connections: u32,
    /// Requests a second of the last part, which shows how long an answer takes when the machine is not full.
    #[arg(long, default_value_t = 1000)]
    pace: u32,
    /// Only contestants whose name contains this.
    #[arg(long, default_value = "")]
    only: String,
    /// Be a contestant: how this program starts itself.
    #[arg(long, hide = true, num_args = 2)]
    serve: Vec<String>,
    /// Cargo says so; it means nothing here.
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() {
    let asked = Asked::parse();
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    if let [role, source] = asked.serve.as_slice() {
        return runtime.block_on(contestants::serve(role, source));
    }
    if !rounds::wrk_is_here() {
        println!("wrk was not found on PATH: nothing was measured. Debian and Homebrew have it as `wrk`.");
        return;
    }
    let directory = tempfile::tempdir().expect("a directory");
    let (_processes, contestants) = runtime.block_on(line_up(directory.path()));
    rounds::run(&contestants, &asked);
    runtime.block_on(paced::run(&contestants, &asked));
}

/// Starts every contestant, and checks that those who are compared answer the same bytes.
async fn line_up(directory: &Path) -> (Vec<Process>, Vec<Contestant>) {
    let file = format!("sqlite://{}", directory.join("flow.db").display());
    let (mut processes, mut line) = (Vec::new(), Vec::new());
    let keys = furnish(&file).await;
    let gateway = Process::start(Role::Gateway, &file);
    let uncached = Process::start(Role::GatewayWithoutCache, &file);
    let silent = Process::start(Role::GatewayWithoutActivity, &file);
    let storefront = Contestant::of("storefront, SQLite", gateway.url("storefront"), Some(&keys.publishable));
    let management = Contestant::of("management, SQLite", gateway.url("management"), Some(&keys.secret));
    let handwritten = Process::start(Role::Handwritten, &file);
    let by_hand = Contestant::of("by hand, no auth, SQLite", handwritten.url("handwritten"), None);

    let shown = storefront.answer().await;
    let rows = management.answer().await;
    assert_eq!(by_hand.answer().await.body, rows.body, "the rows by hand are the gateway's");
    for (name, body, group) in
        [("bare route, storefront bytes", &shown.body, 0), ("bare route, management bytes", &rows.body, 1)]
    {
        let path = directory.join(group.to_string());
        std::fs::write(&path, body).expect("the bytes are written");
        let bare = Process::start(Role::Bare, path.to_str().expect("a path"));
        line.push(Contestant::of(name, bare.url("bare"), None).in_group(group));
        processes.push(bare);
    }
    let tag = shown.etag.expect("the Storefront tags its bytes");
    line.push(storefront.clone().named("storefront, SQLite, nothing changed").with("if-none-match", &tag).in_group(0));
    line.push(storefront.in_group(0));
    line.push(management.in_group(1));
    for (without, process) in [("without activity", &silent), ("without cache", &uncached)] {
        for (listener, key, group) in [("storefront", &keys.publishable, 0), ("management", &keys.secret, 1)] {
            let name = format!("{listener}, SQLite, {without}");
            line.push(Contestant::of(&name, process.url(listener), Some(key)).in_group(group));
        }
    }
    line.push(by_hand.in_group(1));
    processes.extend([gateway, uncached, silent, handwritten]);

    if let Some(url) = postgres::database() {
        let keys = furnish(&url).await;
        let gateway = Process::start(Role::Gateway, &url);
        let handwritten = Process::start(Role::Handwritten, &url);
        let uncached = Process::start(Role::GatewayWithoutCache, &url);
        let secret = Some(keys.secret.as_str());
        line.push(
            Contestant::of("management, PostgreSQL, without cache", uncached.url("management"), secret).in_group(1),
        );
        line.push(Contestant::of("management, PostgreSQL", gateway.url("management"), secret).in_group(1));
        line.push(Contestant::of("by hand, no auth, PostgreSQL", handwritten.url("handwritten"), None).in_group(1));
        processes.extend([gateway, uncached, handwritten]);
    }
    line.sort_by_key(|contestant| contestant.group);
    (processes, line)
}

async fn furnish(url: &str) -> Keys {
    let place: DatabaseLocation = url.parse().expect("a database URL");
    let db = open(&place, true).await.expect("the database opens");
    let keys = house::furnish(&db).await;
    if let Db::Postgres(connections) = &db {
        // A server that lives longer does this by itself.
        sqlx::query("analyze").execute(connections.pool()).await.expect("analysed");
    }
    db.close().await;
    keys
}
