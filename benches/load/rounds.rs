//! The rounds: wrk asks each contestant in turn; medians, ratios and the processor's time come out.

use std::{fs, process::Command};

use crate::Asked;

/// Somebody who answers, and how it is asked.
#[derive(Clone)]
pub struct Contestant {
    name: String,
    url: String,
    process: u32,
    headers: Vec<String>,
    /// Those of one group answer the same bytes; the first of a group is the bare route.
    pub group: usize,
}

/// One answer, looked at before the rounds.
pub struct Answer {
    pub body: String,
    pub etag: Option<String>,
}

impl Contestant {
    pub fn of(name: &str, (url, process): (String, u32), key: Option<&str>) -> Self {
        let headers = key.map(|key| format!("authorization: Bearer {key}")).into_iter().collect();
        Self { name: name.to_owned(), url: format!("{url}/v1/instructors"), process, headers, group: 0 }
    }

    pub fn named(self, name: &str) -> Self {
        Self { name: name.to_owned(), ..self }
    }

    pub fn with(mut self, header: &str, value: &str) -> Self {
        self.headers.push(format!("{header}: {value}"));
        self
    }

    pub fn in_group(self, group: usize) -> Self {
        Self { group, ..self }
    }

    /// What it is called in the tables.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether it takes part in this run.
    pub fn is_asked(&self, asked: &Asked) -> bool {
        self.name.contains(&asked.only)
    }

    /// The request, from a client that keeps its connections.
    pub fn request(&self, client: &reqwest::Client) -> reqwest::RequestBuilder {
        let mut request = client.get(&self.url);
        for header in &self.headers {
            let (name, value) = header.split_once(": ").expect("a header");
            request = request.header(name, value);
        }
        request
    }

    pub async fn answer(&self) -> Answer {
        let request = self.request(&reqwest::Client::new());
        let response = request.send().await.expect("an answer").error_for_status().expect("a good answer");
        let etag = response.headers().get("etag").map(|tag| tag.to_str().expect("a tag").to_owned());
        Answer { body: response.text().await.expect("a body"), etag }
    }

    /// Asks for some seconds. Every answer has to be good, but for the first round: connections to the database are made then, and who
    /// comes in a crowd may be told to come again.
    fn ask(&self, asked: &Asked, round: usize) -> Figures {
        let before = processor_time(self.process);
        let mut wrk = Command::new("wrk");
        wrk.args(["-t1", &format!("-c{}", asked.connections), &format!("-d{}s", asked.seconds)]);
        for header in &self.headers {
            wrk.args(["-H", header]);
        }
        let told = wrk.arg(&self.url).output().expect("wrk runs").stdout;
        let told = String::from_utf8_lossy(&told);
        let is_good = !told.contains("Non-2xx") && !told.contains("Socket errors");
        assert!(is_good || round == 0, "{}:\n{told}", self.name);
        let words = || told.split_whitespace();
        let count = words().zip(words().skip(1)).find(|(_, next)| *next == "requests").map(|(count, _)| count);
        let requests: f64 = count.and_then(|count| count.parse().ok()).expect("wrk's count");
        let rate = words().skip_while(|word| *word != "Requests/sec:").nth(1).and_then(|rate| rate.parse().ok());
        let spent = before.zip(processor_time(self.process)).map(|(before, after)| after - before);
        Figures { rate: rate.expect("wrk's rate"), micros: spent.map(|spent| spent * 1e6 / requests) }
    }
}

#[derive(Clone, Copy)]
struct Figures {
    /// Requests a second.
    rate: f64,
    /// Microseconds of the contestant's processor time for one request.
    micros: Option<f64>,
}

pub fn wrk_is_here() -> bool {
    Command::new("wrk").arg("--version").output().is_ok()
}

/// Asks everybody, round after round, and prints the medians.
pub fn run(contestants: &[Contestant], asked: &Asked) {
    let running: Vec<_> = contestants.iter().filter(|one| one.is_asked(asked)).collect();
    let mut figures = vec![Vec::new(); running.len()];
    for round in 0..=asked.rounds {
        for (contestant, figures) in running.iter().zip(&mut figures) {
            let figure = contestant.ask(asked, round);
            // The first round warms up.
            if round > 0 {
                figures.push(figure);
            }
        }
    }
    println!("{:>38} {:>8} {:>11} {:>14}", "", "of bare", "requests/s", "its CPU/request");
    let mut bare = (usize::MAX, 0.0);
    for (contestant, figures) in running.iter().zip(&figures) {
        let rate = median(figures.iter().map(|one| one.rate));
        if bare.0 != contestant.group {
            bare = (contestant.group, rate);
        }
        let micros = median(figures.iter().filter_map(|one| one.micros));
        println!("{:>38} {:>8.2} {rate:>11.0} {micros:>11.1} µs", contestant.name, rate / bare.1);
    }
}

fn median(figures: impl Iterator<Item = f64>) -> f64 {
    let mut figures: Vec<_> = figures.collect();
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied().unwrap_or(f64::NAN)
}

/// Seconds that a process has spent computing so far, where the system tells (`man proc_pid_stat`, fields 14 and 15).
fn processor_time(process: u32) -> Option<f64> {
    const TICKS_A_SECOND: f64 = 100.0;
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    let fields: Vec<_> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks = |at: usize| fields.get(at)?.parse::<f64>().ok();
    Some((ticks(11)? + ticks(12)?) / TICKS_A_SECOND)
}
