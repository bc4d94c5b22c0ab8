//! What a quiet studio notices of a noisy one. `cargo bench --bench fairness`; nothing is refused, and the ratio stays
//! below 2. Calls go through the whole stack of layers, without a socket, within the rates of large keys. The quiet one is
//! asked alone and beside each noise in turn, so that what else the machine does falls on both.

#[path = "../tests/support/mod.rs"]
#[allow(dead_code, unused_imports, unused_macros, reason = "the tests use more of it")]
mod support;

use std::{
    fmt::Write as _,
    path::PathBuf,
    process::{Command, Stdio},
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, Instant},
};

use clap::Parser;
use flow_gateway::{
    access::scope::Scope::{CouponsWrite, InstructorsRead, InstructorsWrite},
    store::admission::Waits,
};
use serde_json::json;
use support::{
    crowd::{analyze, copy},
    studio::{Client, Studio},
};
use tokio::{task::JoinSet, time::MissedTickBehavior};

/// What may be asked of a run.
#[derive(Debug, Parser)]
struct Asked {
    /// Rounds; each figure is over all of them.
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// Milliseconds that the quiet studio is asked in a round, alone and beside each noise.
    #[arg(long, default_value_t = 1500)]
    millis: u64,
    /// Rows of the noisy studio, and lines of its import.
    #[arg(long, default_value_t = 5000)]
    rows: u32,
    /// Only engines whose name contains this.
    #[arg(long, default_value = "")]
    only: String,
    /// Cargo says so; it means nothing here.
    #[arg(long, hide = true)]
    bench: bool,
}

/// What the noisy studio does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Noise {
    Searches,
    BigPages,
    Writes,
    Import,
}

const NOISES: [(Noise, &str); 4] = [
    (Noise::Searches, "searches"),
    (Noise::BigPages, "big pages"),
    (Noise::Writes, "writes"),
    (Noise::Import, "an import"),
];

/// Requests a second of the noisy studio.
const NOISY_RATE: u64 = 95;

/// The noisy studio's calls so far.
static CALLS: AtomicU64 = AtomicU64::new(0);

struct House {
    quiet: Client,
    noisy: Client,
    import: PathBuf,
    _directory: tempfile::TempDir,
    studio: Studio,
}

/// How the quiet studio fared.
#[derive(Default)]
struct Figures {
    took: Vec<Duration>,
    refused: usize,
}

fn main() {
    let asked = Asked::parse();
    tokio::runtime::Runtime::new().expect("a runtime").block_on(async {
        println!("{:<26} {:>11} {:>11} {:>7} {:>9}", "", "p50 alone", "p50 beside", "ratio", "refused");
        if "SQLite".contains(&asked.only) {
            measure("SQLite", &House::of(Studio::on_sqlite().await, asked.rows).await, &asked).await;
        }
        if "PostgreSQL".contains(&asked.only)
            && let Some(studio) = Studio::on_postgres().await
        {
            measure("PostgreSQL", &House::of(studio, asked.rows).await, &asked).await;
        }
    });
}

impl House {
    async fn of(studio: Studio, rows: u32) -> Self {
        let studio = studio.instance_waiting(Waits::default()).await;
        // A key of the tests has a rate beyond what these cost.
        let noisy = studio.server(&[InstructorsRead, InstructorsWrite, CouponsWrite]).await;
        let quiet = studio.server_of(studio.neighbour().await, &[InstructorsRead, InstructorsWrite]).await;
        let instructor = json!({"display_name": "Anna Maria", "bio": "Teaches slow and strong classes. ".repeat(20)});
        for (server, rows) in [(&quiet, 25), (&noisy, rows)] {
            let row = server.post("/v1/instructors", instructor.clone()).await.expect(201);
            copy(&studio.app.db, "instructors", row["id"].as_str().expect("an id"), rows, &[]).await;
        }
        analyze(&studio.app.db).await;
        let directory = tempfile::tempdir().expect("a directory");
        let import = directory.path().join("instructors.csv");
        let mut lines = String::from("external_id,display_name,specialties\n");
        for line in 0..rows {
            writeln!(lines, "imp-{line},Rita {line},Breath").expect("a string takes it");
        }
        std::fs::write(&import, lines).expect("a file");
        Self { quiet, noisy, import, _directory: directory, studio }
    }

    /// Makes a noise until it is dropped.
    fn make(&self, noise: Noise) -> JoinSet<()> {
        let mut at_work = JoinSet::new();
        match noise {
            Noise::Import => self.import_again(&mut at_work),
            asked => {
                let caller = self.noisy.clone();
                at_work.spawn(async move {
                    let mut calls = JoinSet::new();
                    let mut beat = tokio::time::interval(Duration::from_micros(1_000_000 / NOISY_RATE));
                    beat.set_missed_tick_behavior(MissedTickBehavior::Skip);
                    loop {
                        beat.tick().await;
                        let number = CALLS.fetch_add(1, Ordering::Relaxed);
                        let caller = caller.clone();
                        calls.spawn(async move { ask(&caller, asked, number).await });
                        while calls.try_join_next().is_some() {}
                    }
                });
            }
        }
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

    async fn fare(&self, figures: &mut Figures, span: Duration) {
        let until = Instant::now() + span;
        while Instant::now() < until {
            let began = Instant::now();
            let reply = self.quiet.get("/v1/instructors").await;
            figures.took.push(began.elapsed());
            figures.refused += usize::from(reply.status != 200);
            // Well within the rate of its own key.
            tokio::time::sleep(Duration::from_millis(15)).await;
        }
    }
}

async fn ask(caller: &Client, noise: Noise, number: u64) {
    match noise {
        Noise::Searches => drop(caller.get("/v1/instructors?q=q+w+x+y+z+k+v+j").await),
        Noise::BigPages => drop(caller.get("/v1/instructors?limit=100").await),
        Noise::Writes => {
            let coupon = json!({"code": format!("C{number}"), "percent_off": 10});
            drop(caller.post("/v1/coupons", coupon).await);
        }
        Noise::Import => {}
    }
}

async fn measure(engine: &str, house: &House, asked: &Asked) {
    let span = Duration::from_millis(asked.millis);
    for (noise, name) in NOISES {
        let (mut alone, mut beside) = (Figures::default(), Figures::default());
        for _ in 0..asked.rounds {
            house.fare(&mut alone, span).await;
            let mut at_work = house.make(noise);
            house.fare(&mut beside, span).await;
            at_work.shutdown().await;
        }
        let [before, after] = [alone.p50(), beside.p50()];
        println!(
            "{:<26} {:>8} µs {:>8} µs {:>7.2} {:>9}",
            format!("{engine}, beside {name}"),
            before.as_micros(),
            after.as_micros(),
            after.as_secs_f64() / before.as_secs_f64(),
            alone.refused + beside.refused,
        );
    }
}

impl Figures {
    fn p50(&mut self) -> Duration {
        self.took.sort_unstable();
        self.took.get(self.took.len() / 2).copied().unwrap_or_default()
    }
}
