//! What a page costs in a studio of a thousand rows, and in one of a million. `cargo bench --bench lists`; the last column
//! should stay near 1. Calls go through the whole stack of layers, without a socket; the two studios are asked in turn, so
//! that what else the machine does falls on both.

#[path = "../tests/support/mod.rs"]
#[allow(dead_code, unused_imports, unused_macros, reason = "the tests use more of it")]
mod support;

use std::time::Instant;

use clap::Parser;
use flow_gateway::access::scope::Scope::{ClassesRead, ClassesWrite, InstructorsRead, InstructorsWrite, ScheduleRead};
use serde_json::{Value, json};
use support::{
    crowd::{analyze, copy, moment},
    studio::{Client, Studio},
};

/// What may be asked of a run.
#[derive(Debug, Parser)]
struct Asked {
    /// Rows of the small studio.
    #[arg(long, default_value_t = 1000)]
    few: u32,
    /// Rows of the large one.
    #[arg(long, default_value_t = 1_000_000)]
    many: u32,
    /// How often each page is asked for; each figure is the median.
    #[arg(long, default_value_t = 1000)]
    times: usize,
    /// Only engines whose name contains this.
    #[arg(long, default_value = "")]
    only: String,
    /// Cargo says so; it means nothing here.
    #[arg(long, hide = true)]
    bench: bool,
}

/// A studio, full, and those who ask it.
struct House {
    server: Client,
    website: Client,
    rows: u32,
    _studio: Studio,
}

fn main() {
    let asked = Asked::parse();
    tokio::runtime::Runtime::new().expect("a runtime").block_on(async {
        if "SQLite".contains(&asked.only) {
            compare("SQLite", &asked, [Studio::on_sqlite().await, Studio::on_sqlite().await]).await;
        }
        if !"PostgreSQL".contains(&asked.only) {
            return;
        }
        if let (Some(small), Some(large)) = (Studio::on_postgres().await, Studio::on_postgres().await) {
            compare("PostgreSQL", &asked, [small, large]).await;
        }
    });
}

async fn compare(engine: &str, asked: &Asked, [small, large]: [Studio; 2]) {
    let houses = [House::of(small, asked.few).await, House::of(large, asked.many).await];
    println!("{:<58} {:>12} {:>12} {:>7}", "", format!("{} rows", asked.few), format!("{} rows", asked.many), "ratio");
    let of_late = "updated_since=2033-05-18T00:00:00Z";
    // A page's worth of rows is rare, as many have changed of late, and as many are shown to websites.
    for (caller, list, rare) in [
        ("", "/v1/instructors", &["status=inactive"][..]),
        ("", "/v1/classes", &["status=active", "status=active&visibility=public"]),
        ("", "/v1/schedule", &["status=cancelled"]),
        ("website, ", "/v1/classes", &[]),
        ("website, ", "/v1/schedule", &["from=2030-01-01&to=2099-12-31"]),
    ] {
        let pages = [("first page", ""), ("changed of late", of_late)].into_iter();
        for (page, query) in pages.chain(rare.iter().map(|rare| (*rare, *rare))) {
            let path = format!("{list}?limit=25&{query}");
            report(&format!("{engine}, {caller}{list}, {page}"), &houses, caller, [&path; 2], asked.times).await;
        }
        if caller.is_empty() {
            let mut paths = Vec::new();
            for house in &houses {
                let middle = middle_of(&house.server, list, house.rows).await;
                paths.push(format!("{list}?limit=25&{middle}"));
            }
            let name = format!("{engine}, {list}, in the middle");
            report(&name, &houses, caller, [&paths[0], &paths[1]], asked.times).await;
        }
    }
}

impl House {
    async fn of(studio: Studio, rows: u32) -> Self {
        let studio = studio.instance_without_cache().await;
        let scopes = [InstructorsRead, InstructorsWrite, ClassesRead, ClassesWrite, ScheduleRead];
        let (server, website) = (studio.server(&scopes).await, studio.website().await);
        fill(&studio, &server, rows).await;
        Self { server, website, rows, _studio: studio }
    }
}

/// Asks both houses in turn, and prints the medians and their ratio.
async fn report(name: &str, houses: &[House; 2], caller: &str, paths: [&String; 2], times: usize) {
    let mut spent = [Vec::new(), Vec::new()];
    for _ in 0..times {
        for ((house, path), spent) in houses.iter().zip(paths).zip(&mut spent) {
            let client = if caller.is_empty() { &house.server } else { &house.website };
            let start = Instant::now();
            let page = client.get(path).await;
            spent.push(start.elapsed());
            assert_eq!(page.rows().len(), 25, "{path}");
        }
    }
    let [few, many] = spent.map(|mut spent| {
        spent.sort_unstable();
        spent[times / 2]
    });
    let ratio = many.as_secs_f64() / few.as_secs_f64();
    println!("{name:<58} {:>9} µs {:>9} µs {ratio:>7.2}", few.as_micros(), many.as_micros());
}

async fn fill(studio: &Studio, server: &Client, rows: u32) {
    let db = &studio.app.db;
    let id = |row: Value| row["id"].as_str().expect("an id").to_owned();
    let rarely = |rare: &str, usual: &str| format!("case when n % {} = 0 then '{rare}' else '{usual}' end", rows / 25);
    // The last of them in 2033, the others years before.
    let changed = (
        "updated_at",
        moment(db, 1_600_000_000, &format!("case when n > {} then 400000000 + n else n end", rows - 25)),
    );
    let instructor = id(server
        .post("/v1/instructors", json!({"display_name": "Anna", "bio": "Slow and strong."}))
        .await
        .expect(201));
    copy(db, "instructors", &instructor, rows, &[changed.clone(), ("status", rarely("inactive", "active"))]).await;
    let class = json!({"name": "Vinyasa", "duration_minutes": 60, "instructor_id": instructor, "recurrence": {
        "starts_on": "2026-01-05", "weekly": [{"weekday": "monday", "start_time": "18:30"}]}});
    let class = id(server.post("/v1/classes", class).await.expect(201));
    // Those that websites show changed of late.
    let public = format!("case when n > {} then 'public' else 'hidden' end", rows - 25);
    let half = format!("case when n > {} or n % 2 = 0 then 'active' else 'cancelled' end", rows - 25);
    let shown = [changed.clone(), ("visibility", public.clone()), ("status", half)];
    copy(db, "classes", &class, rows, &shown).await;
    let occurrence = id(server.get("/v1/schedule?limit=1").await.rows()[0].clone());
    let [starts, ends] = [0, 1].map(|hour| moment(db, 1_900_000_000 + 3600 * hour, "n * 60"));
    let status = ("status", rarely("cancelled", "scheduled"));
    let shown = [changed, status, ("visibility", public), ("starts_at", starts), ("ends_at", ends)];
    copy(db, "occurrences", &occurrence, rows, &shown).await;
    analyze(db).await;
}

/// The cursor of a page around the middle, reached page by page.
async fn middle_of(server: &Client, list: &str, rows: u32) -> String {
    let mut query = String::new();
    let limit = (rows / 4).min(100);
    for _ in 0..(rows / 2 / limit) {
        let page = server.get(&format!("{list}?limit={limit}&{query}")).await.expect(200);
        query = format!("cursor={}", page["next_cursor"].as_str().expect("more"));
    }
    query
}
