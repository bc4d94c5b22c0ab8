//! How many mails a studio may send within an hour, and where that is not bounded.

use std::time::Duration;

use futures_util::future::join_all;
use serde_json::json;

use super::sending::{SOON, mailer};
use crate::{
    resources::{
        classes::persist,
        members::{PEOPLE, invite, outbox, path},
    },
    support::{
        client::Reply,
        smtp::{MailServer, Mood},
        studio::{Client, Studio, on_both_engines, within},
    },
};

async fn again(server: &Client, email: &str) -> Reply {
    server.post("/v1/members/invites", json!({"email": email})).await
}

fn is_too_many(reply: &Reply, wait: &str) {
    reply.is_problem(429, "rate_limited");
    assert_eq!(reply.header("retry-after"), wait);
}

/// Notes that the studio has written so many mails this hour.
async fn note(studio: &Studio, count: i64) {
    let mut tx = studio.app.db.begin().await.unwrap();
    let text = "insert into mail_counts (studio_id, whom, since, count) values ($1, '', $2, $3)";
    tx.on().query(text).bind(studio.id).bind(studio.clock.now()).bind(count).execute().await.unwrap();
    tx.commit().await.unwrap();
}

#[apply(on_both_engines!)]
async fn an_address_is_written_ten_mails_an_hour_whether_or_not_they_went_out(studio: Studio) {
    let studio = studio.with_a_clock_that_stands().await;
    let mail = MailServer::open().await;
    mail.set(Mood::Down);
    let server = studio.instance_with(mailer(&mail)).await.server(PEOPLE).await;
    let rui = invite(&server, "rui@member.example").await;
    for _ in 1..10 {
        again(&server, "Rui@Member.example").await.expect(200);
    }
    is_too_many(&again(&server, "rui@member.example").await, "3601");
    assert_eq!(outbox(&studio).await.len(), 1, "what was written last stays");
    // Another membership is no way around it, and others are invited as ever.
    server.patch(&path(&rui), json!({"email": "r@member.example"})).await.expect(200);
    is_too_many(&again(&server, "rui@member.example").await, "3601");
    let ana = invite(&server, "ana@member.example").await;
    is_too_many(&server.patch(&path(&ana), json!({"email": "rui@member.example"})).await, "3601");
    studio.pass(Duration::from_mins(30));
    is_too_many(&again(&server, "rui@member.example").await, "1801");
    studio.pass(Duration::from_mins(30));
    again(&server, "rui@member.example").await.expect(201);
}

#[apply(on_both_engines!)]
async fn a_crowd_that_invites_one_person_writes_ten_mails(studio: Studio) {
    let studio = studio.with_a_clock_that_stands().await;
    let mail = MailServer::open().await;
    mail.set(Mood::Down);
    let (one, other) = (studio.instance_with(mailer(&mail)).await, studio.instance_with(mailer(&mail)).await);
    let (one, other) = (one.server(PEOPLE).await, other.server(PEOPLE).await);
    let calls = (0..16).map(|number| {
        let server = if number % 2 == 0 { &one } else { &other };
        persist(async move || again(server, "rui@member.example").await)
    });
    let replies = join_all(calls).await;
    let mut statuses: Vec<_> = replies.iter().map(|reply| reply.status.as_u16()).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [vec![200; 9], vec![201], vec![429; 6]].concat());
}

#[apply(on_both_engines!)]
async fn a_studio_writes_a_thousand_mails_an_hour_and_what_comes_to_nothing_is_none(studio: Studio) {
    let studio = studio.with_a_clock_that_stands().await;
    let mail = MailServer::open().await;
    let server = studio.instance_with(mailer(&mail)).await.server(PEOPLE).await;
    note(&studio, 999).await;
    for _ in 0..3 {
        server.post("/v1/members/invites?dry_run=true", json!({"email": "rui@member.example"})).await.expect(200);
    }
    invite(&server, "rui@member.example").await;
    is_too_many(&again(&server, "ana@member.example").await, "3601");
    let theirs = studio.neighbour().await;
    let neighbour = studio.instance_with(mailer(&mail)).await.server_of(theirs, PEOPLE).await;
    invite(&neighbour, "ana@member.example").await;
    studio.pass(Duration::from_hours(1));
    invite(&server, "ana@member.example").await;
}

#[apply(on_both_engines!)]
async fn without_a_mail_server_or_without_limits_there_is_no_bound(studio: Studio) {
    let mail = MailServer::open().await;
    let unlimited = studio.instance_without_limits(mailer(&mail)).await;
    note(&studio, 1000).await;
    for instance in [&studio, &unlimited] {
        let server = instance.server(PEOPLE).await;
        for _ in 0..12 {
            let reply = again(&server, "rui@member.example").await;
            assert!(reply.status.is_success(), "{reply:?}");
        }
    }
    within(SOON, async || outbox(&studio).await.is_empty()).await;
    again(&studio.instance_with(mailer(&mail)).await.server(PEOPLE).await, "rui@member.example")
        .await
        .is_problem(429, "rate_limited");
}
