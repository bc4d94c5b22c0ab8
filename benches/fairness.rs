//! What a quiet studio notices of a noisy one. `cargo bench --bench fairness`; nothing is refused, and the ratio stays
//! below 2. Calls go through the whole stack of layers, without a socket, within the rates of large keys. Who is quiet is
//! asked alone and beside each noise in turn, so that what else the machine does falls on both: another studio, and another
//! client network of the noisy studio itself.

#[path = "../tests/support/mod.rs"]
#[allow(dead_code, unused_imports, unused_macros, reason = "the tests use more of it")]
mod support;

use std::{
    fmt::Write as _,
    path::PathBuf,
    process::{Command, Stdio},
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use clap::Parser;
use flow_gateway::{
    access::scope::Scope::{
        ContentRead, CouponsWrite, InstructorsRead, InstructorsWrite, LocationsRead, LocationsWrite,
    },
    store::admission::Waits,
};
use serde_json::{Value, json};
use support::{
    crowd::{analyze, copy},
    made,
    studio::{Client, Studio},
};
use tokio::{task::JoinSet, time::MissedTickBehavior};

/// What may be asked of a run.
#[derive(Debug, Parser)]
struct Asked {
    /// Rounds; each figure is over all of them. Many short ones, so that what else the machine does falls on both.
    #[arg(long, default_value_t = 8)]
    rounds: usize,
    /// Milliseconds that the quiet ones are asked in a round, alone and beside each noise.
    #[arg(long, default_value_t = 400)]
    millis: u64,
    /// Rows of the noisy studio that are searched, and lines of its import.
    #[arg(long, default_value_t = 2000)]
    few: u32,
    /// Rows of another of its lists that are searched.
    #[arg(long, default_value_t = 100_000)]
    many: u32,
    /// Only engines whose name contains this.
    #[arg(long, default_value = "")]
    only: String,
    /// Only noises whose name contains this.
    #[arg(long, default_value = "")]
    noise: String,
    /// Cargo says so; it means nothing here.
    #[arg(long, hide = true)]
    bench: bool,
}

/// What the noisy studio does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Noise {
    SearchesOfFew,
    SearchesOfMany,
    SearchesFromEverywhere,
    LargePages,
    Writes,
    Import,
}

const NOISES: [(Noise, &str); 6] = [
    (Noise::SearchesOfFew, "searches of few rows"),
    (Noise::SearchesOfMany, "searches of many rows"),
    (Noise::SearchesFromEverywhere, "the same from 50 networks"),
    (Noise::LargePages, "pages of 100 large rows"),
    (Noise::Writes, "writes"),
    (Noise::Import, "an import"),
];

/// Requests a second of the noisy studio.
const NOISY_RATE: u64 = 95;
/// Eight words: seven that each row has, and one that none has, looked for last.
const WORST: &str = "a+n+m+r+i+an+ar+z";
/// A usual page.
const PAGE: &str = "/v1/instructors";

/// The noisy studio's calls.
#[derive(Default)]
struct Calls {
    made: AtomicU64,
    /// How long each refusal with 503 took.
    refusals: Mutex<Vec<Duration>>,
}

struct House {
    /// Another studio, and a client of the noisy one in another network.
    quiet: [Client; 2],
    noisy: Client,
    calls: Arc<Calls>,
    import: PathBuf,
    _directory: tempfile::TempDir,
    studio: Studio,
}

/// How a quiet one fared.
#[derive(Default)]
struct Figures {
    took: Vec<Duration>,
    refused: usize,
}

fn main() {
    let asked = Asked::parse();
    tokio::runtime::Runtime::new().expect("a runtime").block_on(async {
        println!("{:<58} {:>11} {:>11} {:>7} {:>9}", "", "p50 alone", "p50 beside", "ratio", "refused");
        if "SQLite".contains(&asked.only) {
            measure("SQLite", &House::of(Studio::on_sqlite().await, &asked).await, &asked).await;
        }
        if "PostgreSQL".contains(&asked.only)
            && let Some(studio) = Studio::on_postgres().await
        {
            measure("PostgreSQL", &House::of(studio, &asked).await, &asked).await;
        }
    });
}

impl House {
    async fn of(studio: Studio, asked: &Asked) -> Self {
        let studio = studio.instance_waiting(Waits::default()).await;
        // A key of the tests has a rate beyond what these cost.
        let scopes = [ContentRead, InstructorsRead, InstructorsWrite, LocationsRead, LocationsWrite, CouponsWrite];
        let noisy = studio.server(&scopes).await;
        let quiet = studio.server_of(studio.neighbour().await, &scopes).await;
        let instructor = json!({"display_name": "Anna Maria", "bio": "Teaches slow and strong classes. ".repeat(20)});
        for (server, rows) in [(&quiet, 25), (&noisy, asked.few)] {
            fill(&studio, server, PAGE, "instructors", instructor.clone(), rows).await;
        }
        let location = json!({"name": "Anna Maria"});
        fill(&studio, &noisy, "/v1/locations", "locations", location, asked.many).await;
        let content = json!({"title": "Anna Maria", "description": "ö".repeat(9000)});
        let row = made::content(&studio, studio.id, content).await;
        copy(&studio.app.db, "content", row.expect("content")["id"].as_str().expect("an id"), 200, &[]).await;
        analyze(&studio.app.db).await;
        let directory = tempfile::tempdir().expect("a directory");
        let import = directory.path().join("instructors.csv");
        let mut lines = String::from("external_id,display_name,specialties\n");
        for line in 0..asked.few {
            writeln!(lines, "imp-{line},Rita {line},Breath").expect("a string takes it");
        }
        std::fs::write(&import, lines).expect("a file");
        let quiet = [quiet, noisy.clone().from("203.0.113.1")];
        Self { quiet, noisy, calls: Arc::default(), import, _directory: directory, studio }
    }

    /// Makes a noise until it is dropped.
    fn make(&self, noise: Noise) -> JoinSet<()> {
        let mut at_work = JoinSet::new();
        if noise == Noise::Import {
            self.import_again(&mut at_work);
            return at_work;
        }
        let (caller, all) = (self.noisy.clone(), Arc::clone(&self.calls));
        at_work.spawn(async move {
            let mut calls = JoinSet::new();
            let mut beat = tokio::time::interval(Duration::from_micros(1_000_000 / NOISY_RATE));
            beat.set_missed_tick_behavior(MissedTickBehavior::Skip);
            loop {
                beat.tick().await;
                let (caller, all) = (caller.clone(), Arc::clone(&all));
                calls.spawn(async move { ask(caller, noise, &all).await });
                while calls.try_join_next().is_some() {}
            }
        });
        at_work
    }

    /// Imports the file under new names, again and again, each time by a command of its own.
    fn import_again(&self, at_work: &mut JoinSet<()>) {
        let (url, file) = (self.studio.url().to_owned(), self.import.clone());
        at_work.spawn(async move {
            loop {
                let mut command = Command::new(env!("CARGO_BIN_EXE_flow-gateway"));
                command.args(["--database", &url, "import", "--studio", "test"]).arg(&file);
                command.stdout(Stdio::null()).stderr(Stdio::null());
                let mut child = command.spawn().expect("the command starts");
                while child.try_wait().expect("a child").is_none() {
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
                let text = std::fs::read_to_string(&file).expect("the file").replace("imp-", "imp-x");
                std::fs::write(&file, text).expect("the file");
            }
        });
    }

    async fn fare(&self, figures: &mut [Figures; 2], span: Duration) {
        let until = Instant::now() + span;
        while Instant::now() < until {
            for (quiet, figures) in self.quiet.iter().zip(&mut *figures) {
                let began = Instant::now();
                let reply = quiet.get(PAGE).await;
                figures.took.push(began.elapsed());
                figures.refused += usize::from(reply.status != 200);
                // Well within the rate of its own key.
                tokio::time::sleep(Duration::from_millis(7)).await;
            }
        }
    }
}

/// Makes a row, and so many copies of it.
async fn fill(studio: &Studio, server: &Client, list: &str, table: &str, row: Value, copies: u32) {
    let row = server.post(list, row).await.expect(201);
    copy(&studio.app.db, table, row["id"].as_str().expect("an id"), copies, &[]).await;
}

async fn ask(caller: Client, noise: Noise, calls: &Calls) {
    let number = calls.made.fetch_add(1, Relaxed);
    let began = Instant::now();
    let reply = match noise {
        Noise::SearchesOfFew => caller.get(&format!("{PAGE}?q={WORST}")).await,
        Noise::SearchesOfMany => caller.get(&format!("/v1/locations?q={WORST}")).await,
        Noise::SearchesFromEverywhere => {
            let caller = caller.from(&format!("198.51.100.{}", number % 50));
            caller.get(&format!("/v1/locations?q={WORST}")).await
        }
        Noise::LargePages => caller.get("/v1/content?limit=100").await,
        Noise::Writes => caller.post("/v1/coupons", json!({"code": format!("C{number}"), "percent_off": 10})).await,
        Noise::Import => return,
    };
    match reply.status.as_u16() {
        503 => calls.refusals.lock().expect("a list").push(began.elapsed()),
        429 => panic!("the rate of the noisy key is too small for this benchmark"),
        _ => {}
    }
}

async fn measure(engine: &str, house: &House, asked: &Asked) {
    let span = Duration::from_millis(asked.millis);
    for (noise, name) in NOISES.into_iter().filter(|(_, name)| name.contains(&asked.noise)) {
        let (mut alone, mut beside) = (<[Figures; 2]>::default(), <[Figures; 2]>::default());
        house.calls.take();
        for _ in 0..asked.rounds {
            house.fare(&mut alone, span).await;
            let mut at_work = house.make(noise);
            house.fare(&mut beside, span).await;
            at_work.shutdown().await;
        }
        let (made, mut refused) = house.calls.take();
        for ((who, mut alone), mut beside) in ["another studio", "its other clients"].into_iter().zip(alone).zip(beside)
        {
            let [before, after] = [alone.p50(), beside.p50()];
            println!(
                "{:<58} {:>8} µs {:>8} µs {:>7.2} {:>9}",
                format!("{engine}, {who}, beside {name}"),
                before.as_micros(),
                after.as_micros(),
                after.as_secs_f64() / before.as_secs_f64(),
                alone.refused + beside.refused,
            );
        }
        let [half, most, all] = [50, 99, 100].map(|percent| percentile(&mut refused, percent).as_millis());
        println!(
            "{:>58} {made} calls, {} refused with 503, within {half} ms (p50), {most} ms (p99), {all} ms (all))",
            "(noise:",
            refused.len(),
        );
    }
}

impl Calls {
    /// How many were made since the last time, and how long their refusals took.
    fn take(&self) -> (u64, Vec<Duration>) {
        (self.made.swap(0, Relaxed), std::mem::take(&mut *self.refusals.lock().expect("a list")))
    }
}

impl Figures {
    fn p50(&mut self) -> Duration {
        percentile(&mut self.took, 50)
    }
}

/// What this share of them, in percent, did not exceed.
fn percentile(took: &mut [Duration], percent: usize) -> Duration {
    took.sort_unstable();
    took.get((took.len() * percent / 100).min(took.len().saturating_sub(1))).copied().unwrap_or_default()
}
