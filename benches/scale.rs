//! What a large database costs beside a small one: the start, the first answer, the look-up of a key, lists, and each background
//! task. `cargo bench --bench scale`; the last column should stay near 1. The large one has 10,000 studios, 1,000,000 keys,
//! and one studio with 1,000,000 members and 200,000 occurrences.
//!
//! The end shows how much memory 1,000,000 calls with keys that do not exist leave behind.

#[path = "../tests/support/mod.rs"]
#[allow(dead_code, unused_imports, unused_macros, reason = "the tests use more of it")]
mod support;

use std::{
    fs,
    net::Ipv4Addr,
    time::{Duration, Instant},
};

use clap::Parser;
use flow_gateway::{
    access::{
        key::{self, KeyKind},
        scope::Scope::{ClassesWrite, InstructorsRead, MembersRead, MembersWrite, ScheduleRead},
    },
    resources::members::passing,
    server::{self, Metrics},
    signin::owner_mails::expiry,
};
use serde_json::{Value, json};
use support::{
    crowd::{analyze, copy, moment, padded},
    studio::{Client, Studio, secret, within},
};

// What the binary uses.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Tasks that run once a server has started, and those of them that wait until its clock has run evenly for a while.
const TASKS: usize = 12;
const LATER: [&str; 3] = ["sweep", "membership_expiry", "key_expiry_mails"];

/// What may be asked of a run.
#[derive(Debug, Parser)]
struct Asked {
    /// The small database has a thousandth of this many members and keys, the large one all of them.
    #[arg(long, default_value_t = 1_000_000)]
    many: u32,
    /// How often each list is asked for, and how many keys are looked up; each figure is the median.
    #[arg(long, default_value_t = 200)]
    times: usize,
    /// How many calls are sent with keys that do not exist.
    #[arg(long, default_value_t = 1_000_000)]
    unknown_keys: u32,
    /// Only engines whose name contains this.
    #[arg(long, default_value = "")]
    only: String,
    /// Cargo says so; it means nothing here.
    #[arg(long, hide = true)]
    bench: bool,
}

/// A figure of one database: what was measured, and how long it took.
type Figure = (String, Duration);

fn main() {
    let asked = Asked::parse();
    tokio::runtime::Runtime::new().expect("a runtime").block_on(async {
        if "SQLite".contains(&asked.only) {
            compare("SQLite", &asked, Studio::on_sqlite().await, Studio::on_sqlite().await).await;
        }
        if "PostgreSQL".contains(&asked.only)
            && let (Some(small), Some(large)) = (Studio::on_postgres().await, Studio::on_postgres().await)
        {
            compare("PostgreSQL", &asked, small, large).await;
        }
        send_unknown_keys(asked.unknown_keys).await;
    });
}

async fn compare(engine: &str, asked: &Asked, small: Studio, large: Studio) {
    let (few, many) = (asked.many / 1000, asked.many);
    let small = measure(&small, few, asked.times).await;
    let large = measure(&large, many, asked.times).await;
    println!("{engine:<40} {:>15} {:>15} {:>7}", format!("{few} members"), format!("{many} members"), "ratio");
    for (name, few) in small {
        let Some((_, many)) = large.iter().find(|(other, _)| *other == name) else { continue };
        let ratio = many.as_secs_f64() / few.as_secs_f64();
        println!("{name:<40} {:>12} µs {:>12} µs {ratio:>7.2}", few.as_micros(), many.as_micros());
    }
}

/// Fills a database, starts a server on it, and measures that.
async fn measure(studio: &Studio, rows: u32, times: usize) -> Vec<Figure> {
    let mut keys = Vec::new();
    for _ in 0..times {
        let made = studio.key(secret(&[InstructorsRead])).await;
        keys.push(made.minted.reveal().to_owned());
    }
    let server = studio.server(&[InstructorsRead, ClassesWrite, MembersRead, MembersWrite, ScheduleRead]).await;
    fill(studio, &server, rows).await;

    let began = Instant::now();
    let fresh = studio.instance_without_cache().await;
    let mut figures = vec![("start".into(), began.elapsed())];
    server_of(&fresh, &keys[0]).get("/v1/instructors").await.expect(200);
    figures.push(("start and first answer".into(), began.elapsed()));
    let runs = Metrics::new();
    runs.register("runs", "How long the last run of a task took", fresh.app.task_runs.durations());
    let of_tasks = || runs.encode().lines().filter_map(run_of_a_task).collect::<Vec<_>>();
    within(Duration::from_mins(10), async || of_tasks().len() == TASKS).await;

    let mut spent = Vec::new();
    for key in &keys[1..] {
        let began = Instant::now();
        server_of(&fresh, key).get("/v1/instructors?limit=1").await.expect(200);
        spent.push(began.elapsed());
    }
    figures.push(("first call of a key".into(), median(spent)));
    let server = fresh.server(&[MembersRead, ScheduleRead]).await;
    for path in [
        "/v1/members?limit=25",
        "/v1/members?limit=25&q=member%20777",
        "/v1/schedule?limit=25",
        "/v1/schedule?limit=25&from=2031-01-01",
    ] {
        let mut spent = Vec::new();
        for _ in 0..times {
            let began = Instant::now();
            server.get(path).await.expect(200);
            spent.push(began.elapsed());
        }
        figures.push((path.into(), median(spent)));
    }
    figures.extend(of_tasks().into_iter().filter(|(name, _)| !LATER.iter().any(|task| name.ends_with(task))));
    let (app, mut began) = (&fresh.app, Instant::now());
    let mut lap = || std::mem::replace(&mut began, Instant::now()).elapsed();
    server::sweep(app).await.expect("swept");
    figures.push(("task sweep".into(), lap()));
    passing::expire_due(&app.db, &app.clock, &app.turns).await.expect("expired");
    figures.push(("task membership_expiry".into(), lap()));
    expiry::notify_due(app).await.expect("notified");
    figures.push(("task key_expiry_mails".into(), lap()));
    figures
}

/// A line of the metrics, if it is the run of a task.
fn run_of_a_task(line: &str) -> Option<Figure> {
    let (task, seconds) = line.strip_prefix("flow_runs{task=\"")?.split_once("\"} ")?;
    Some((format!("task {task}"), Duration::from_secs_f64(seconds.parse().ok()?)))
}

fn server_of(studio: &Studio, key: &str) -> Client {
    studio.management_client().with_key(key)
}

fn median(mut spent: Vec<Duration>) -> Duration {
    spent.sort_unstable();
    spent[spent.len() / 2]
}

/// So many members in a studio, a fifth as many occurrences, as many keys in a hundredth as many studios. No row is due for a
/// task, as in a house that is up to date.
async fn fill(studio: &Studio, server: &Client, rows: u32) {
    let db = &studio.app.db;
    let (studios, number) = ((rows / 100).max(1), padded(db, "", "n"));
    copy(db, "studios", &studio.id.to_string(), studios, &[]).await;
    let key = studio.key(secret(&[InstructorsRead])).await.stored;
    let of_a_studio = padded(db, "std_01", &format!("n % {studios} + 1"));
    let of_key = [
        ("studio_id", of_a_studio),
        ("public_id", number.clone()),
        ("fingerprint", number.clone()),
        ("lineage", number),
    ];
    copy(db, "keys", &key.id.to_string(), rows, &of_key).await;
    let member =
        server.post("/v1/members/invites", json!({"email": "a@member.example", "first_name": "Ana"})).await.expect(201);
    let email = "'m' || n || '@member.example'".to_owned();
    let of_member = [
        ("email", email.clone()),
        ("email_key", email),
        ("first_name", "'member ' || n".to_owned()),
        ("updated_at", moment(db, 1_700_000_000, "n")),
    ];
    copy(db, "members", id_of(&member), rows, &of_member).await;
    let class = json!({"name": "Vinyasa", "duration_minutes": 60, "recurrence": {"starts_on": "2026-01-05",
        "weekly": [{"weekday": "monday", "start_time": "18:30"}]}});
    server.post("/v1/classes", class).await.expect(201);
    let occurrence = &server.get("/v1/schedule?limit=1").await.rows()[0];
    let [starts, ends] = [0, 1].map(|hour| moment(db, 1_900_000_000 + 3600 * hour, "n * 60"));
    copy(db, "occurrences", id_of(occurrence), rows / 5, &[("starts_at", starts), ("ends_at", ends)]).await;
    analyze(db).await;
}

fn id_of(row: &Value) -> &str {
    row["id"].as_str().expect("an id")
}

/// Calls with keys that do not exist, each from a network of its own, so that none is told to wait.
async fn send_unknown_keys(count: u32) {
    let studio = Studio::on_sqlite().await;
    let client = studio.management_client();
    let call = async |number: u32| {
        let network = Ipv4Addr::from_bits(0x0b00_0000 + number * 7);
        let key = key::mint(KeyKind::Secret);
        client.clone().with_key(key.reveal()).from(&network.to_string()).get("/v1/instructors").await
    };
    for number in 0..1000 {
        call(number).await.is_problem(401, "unknown_key");
    }
    let before = memory();
    for number in 1000..count {
        let answer = call(number).await;
        assert!(matches!(answer.status.as_u16(), 401 | 429), "{answer:?}");
    }
    println!("{count} unknown keys: memory {before:.1} MB before, {:.1} MB after", memory());
}

/// The memory of this process, in MB, where the system tells (`man proc_pid_status`).
fn memory() -> f64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:"));
    line.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok()).unwrap_or(f64::NAN) / 1024.0
}
