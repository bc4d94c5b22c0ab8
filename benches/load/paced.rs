//! So many requests a second, whether the answers keep up or not: how long they take, from the moment that each was due.

use std::time::Duration;

use tokio::{
    task::JoinSet,
    time::{Instant, MissedTickBehavior, interval},
};

use crate::{Asked, rounds::Contestant};

/// Asks each contestant at that pace for some seconds, and prints how long most answers, and the slowest, took.
pub async fn run(contestants: &[Contestant], asked: &Asked) {
    println!("\n{:>38} {:>10} {:>10}   at {} requests a second", "", "p50", "p99", asked.pace);
    for contestant in contestants.iter().filter(|one| one.is_asked(asked)) {
        let client = reqwest::Client::new();
        ask(contestant, &client, asked.pace, 1).await;
        let mut took = ask(contestant, &client, asked.pace, asked.seconds).await;
        took.sort_unstable();
        let at = |part: usize| took[(took.len() - 1) * part / 100].as_secs_f64() * 1e3;
        println!("{:>38} {:>7.2} ms {:>7.2} ms", contestant.name(), at(50), at(99));
    }
}

async fn ask(contestant: &Contestant, client: &reqwest::Client, pace: u32, seconds: u32) -> Vec<Duration> {
    let mut due = interval(Duration::from_secs(1) / pace);
    // A late request is not left out: what it waited counts.
    due.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let mut answers = JoinSet::new();
    for _ in 0..pace * seconds {
        let began = due.tick().await;
        let request = contestant.request(client);
        answers.spawn(async move {
            let answer = request.send().await.expect("an answer");
            assert!(answer.status().is_success() || answer.status() == 304, "{}", answer.status());
            answer.bytes().await.expect("a body");
            Instant::now() - began
        });
    }
    answers.join_all().await
}
