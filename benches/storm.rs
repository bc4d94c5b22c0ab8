//! What a website's visitors notice of sign-in storms. `cargo bench --bench storm`; the ratio stays below 2. Two storms of 500
//! sign-ins at once, each from a network of its own: of addresses without an account, and of wrong passwords of one account.
//! The Storefront is asked alone and beside them in turn, so that what else the machine does falls on both. Calls go through
//! the whole stack of layers, without a socket.

#[path = "../tests/support/mod.rs"]
#[allow(dead_code, unused_imports, unused_macros, reason = "the tests use more of it")]
mod support;

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use clap::Parser;
use flow_gateway::{
    access::{scope::Scope::InstructorsWrite, sessions::stored::Role},
    store::admission::Waits,
};
use serde_json::json;
use support::studio::{Client, Studio};
use tokio::task::JoinSet;

/// What may be asked of a run.
#[derive(Debug, Parser)]
struct Asked {
    /// Rounds; each figure is over all of them.
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// Sign-ins of a storm.
    #[arg(long, default_value_t = 500)]
    at_once: u16,
    /// Only engines whose name contains this.
    #[arg(long, default_value = "")]
    only: String,
    /// Cargo says so; it means nothing here.
    #[arg(long, hide = true)]
    bench: bool,
}

/// Rows of the list that visitors read.
const ROWS: usize = 25;
const PAGE: &str = "/v1/instructors";
const EMAIL: &str = "anna@casa.example";
const WRONG: &str = "unlikely lantern orbit 48";

fn main() {
    let asked = Asked::parse();
    tokio::runtime::Runtime::new().expect("a runtime").block_on(async {
        println!(
            "{:<12} {:>11} {:>11} {:>7} {:>9}   answers to sign-ins",
            "", "p50 alone", "p50 beside", "ratio", "refused"
        );
        if "SQLite".contains(&asked.only) {
            measure("SQLite", Studio::on_sqlite().await, &asked).await;
        }
        if "PostgreSQL".contains(&asked.only)
            && let Some(studio) = Studio::on_postgres().await
        {
            measure("PostgreSQL", studio, &asked).await;
        }
    });
}

async fn measure(engine: &str, studio: Studio, asked: &Asked) {
    let studio = studio.instance_waiting(Waits::default()).await;
    studio.add_staff(studio.id, EMAIL, Role::Owner).await;
    let server = studio.server(&[InstructorsWrite]).await;
    for number in 0..ROWS {
        let row =
            json!({"display_name": format!("Anna {number}"), "bio": "Teaches slow and strong classes. ".repeat(8)});
        server.post(PAGE, row).await.expect(201);
    }
    let visitor = studio.website().await;
    let (mut alone, mut beside, mut answers, mut refused) = (Vec::new(), Vec::new(), BTreeMap::new(), 0);
    for round in 0..asked.rounds {
        let mut storms = storms(&studio, asked.at_once, round);
        let began = Instant::now();
        while !storms.is_empty() {
            beside.push(read(&visitor, &mut refused).await);
            while let Some(status) = storms.try_join_next() {
                *answers.entry(status.expect("an answer")).or_insert(0) += 1;
            }
        }
        let took = began.elapsed();
        let began = Instant::now();
        while began.elapsed() < took {
            alone.push(read(&visitor, &mut refused).await);
        }
    }
    let [alone, beside] = [alone, beside].map(median);
    println!(
        "{engine:<12} {:>8} µs {:>8} µs {:>7.2} {refused:>9}   {answers:?}",
        alone.as_micros(),
        beside.as_micros(),
        beside.as_secs_f64() / alone.as_secs_f64()
    );
}

/// Begins two storms.
fn storms(studio: &Studio, at_once: u16, round: usize) -> JoinSet<u16> {
    let mut storms = JoinSet::new();
    for number in 0..at_once {
        for (storm, email) in [(1, format!("nobody-{number}@casa.example")), (2, EMAIL.to_owned())] {
            let [high, low] = number.to_be_bytes();
            let browser = studio.browser().from(&format!("2001:db8:{storm}{round}:{high}{low:02x}::1"));
            storms.spawn(async move { browser.sign_in(&email, WRONG).await.0.status.as_u16() });
        }
    }
    storms
}

/// Reads a page as a website does, at a pace within its key's rate.
async fn read(visitor: &Client, refused: &mut u32) -> Duration {
    let began = Instant::now();
    let reply = visitor.get(PAGE).await;
    let took = began.elapsed();
    *refused += u32::from(reply.status != 200);
    tokio::time::sleep(Duration::from_millis(5)).await;
    took
}

fn median(mut took: Vec<Duration>) -> Duration {
    took.sort_unstable();
    took.get(took.len() / 2).copied().unwrap_or_default()
}
