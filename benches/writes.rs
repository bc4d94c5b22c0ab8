//! Durable writes of many clients at once on SQLite: in groups that share a commit, and with one commit a write.
//! `cargo bench --bench writes`; the slower the disk, the higher the ratio. Each client creates
//! coupons with an `Idempotency-Key`, one after the other. The two ways take turns, so that what else the machine does falls on
//! both. Calls go through the whole stack of layers, without a socket.

#[path = "../tests/support/mod.rs"]
#[allow(dead_code, unused_imports, unused_macros, reason = "the tests use more of it")]
mod support;

use std::time::{Duration, Instant};

use clap::Parser;
use flow_gateway::{
    access::scope::Scope::CouponsWrite,
    store::{admission::Waits, groups::GroupLimits},
};
use serde_json::json;
use support::studio::{Client, Studio};
use tokio::task::JoinSet;

/// What may be asked of a run.
#[derive(Debug, Parser)]
struct Asked {
    /// Rounds; the figures are medians over them.
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// Clients that write at once.
    #[arg(long, default_value_t = 64)]
    clients: usize,
    /// Coupons of each client in a round.
    #[arg(long, default_value_t = 10)]
    writes: usize,
    /// Cargo says so; it means nothing here.
    #[arg(long, hide = true)]
    bench: bool,
}

/// What a round took.
#[derive(Clone, Copy)]
struct Round {
    /// Writes a second.
    rate: f64,
    /// Writes of a commit.
    shared: f64,
}

fn main() {
    let asked = Asked::parse();
    tokio::runtime::Runtime::new().expect("a runtime").block_on(async {
        let studio = Studio::on_sqlite().await.instance_waiting(Waits::default()).await;
        let in_groups = GroupLimits::default();
        let alone = GroupLimits { writes: 1, ..in_groups };
        let (mut by_one, mut by_group) = (Vec::new(), Vec::new());
        for round in 0..asked.rounds {
            by_one.push(measure(&studio, alone, &asked, &format!("A-{round}")).await);
            by_group.push(measure(&studio, in_groups, &asked, &format!("G-{round}")).await);
        }
        let [by_one, by_group] = [by_one, by_group].map(|rounds| median(&rounds));
        println!("{:<20} {:>10} {:>16} {:>7}", "", "writes/s", "writes a commit", "ratio");
        for (name, round) in [("one commit a write", by_one), ("in groups", by_group)] {
            println!("{name:<20} {:>10.0} {:>16.1} {:>7.2}", round.rate, round.shared, round.rate / by_one.rate);
        }
    });
}

async fn measure(studio: &Studio, limits: GroupLimits, asked: &Asked, name: &str) -> Round {
    let db = &studio.app.db;
    db.limit_groups(limits);
    let server = studio.server(&[CouponsWrite]).await;
    create(&server, &format!("{name}-FIRST")).await;
    let (commits, began) = (db.group_commits(), Instant::now());
    let mut clients = JoinSet::new();
    for client in 0..asked.clients {
        let (server, name, writes) = (server.clone(), format!("{name}-{client}"), asked.writes);
        clients.spawn(async move {
            for number in 0..writes {
                create(&server, &format!("{name}-{number}")).await;
            }
        });
    }
    clients.join_all().await;
    let (took, written) = (began.elapsed(), count(asked.clients * asked.writes));
    let commits = u32::try_from(db.group_commits() - commits).expect("a number");
    Round { rate: written / took.max(Duration::from_micros(1)).as_secs_f64(), shared: written / f64::from(commits) }
}

async fn create(server: &Client, code: &str) {
    let server = server.clone().with("idempotency-key", code);
    server.post("/v1/coupons", json!({"code": code, "percent_off": 20})).await.expect(201);
}

fn count(number: usize) -> f64 {
    f64::from(u32::try_from(number).expect("a number"))
}

fn median(rounds: &[Round]) -> Round {
    let mut rounds = rounds.to_vec();
    rounds.sort_by(|one, other| one.rate.total_cmp(&other.rate));
    rounds[rounds.len() / 2]
}
