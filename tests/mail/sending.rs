//! The task that sends: each mail once, again later when that fails, and not for ever.

use std::time::Duration;

use flow_gateway::{
    config::Secret,
    mail::{mailer::Mailer, outbox::MailStatus},
};
use futures_util::future::join_all;
use serde_json::json;

use crate::{
    resources::members::{PEOPLE, invite, opens, outbox, path},
    support::{
        smtp::{MailServer, Mood},
        studio::{Studio, on_both_engines, within},
    },
};

/// How long a loaded machine may take for what takes no time.
pub const SOON: Duration = Duration::from_secs(30);

const PATIENCE: Duration = Duration::from_secs(20);

/// The way to a mail server.
pub fn mailer(mail: &MailServer) -> Mailer {
    mailer_within(mail, PATIENCE)
}

fn mailer_within(mail: &MailServer, patience: Duration) -> Mailer {
    Mailer::new(&Secret::from(mail.url().as_str()), None, patience).expect("a mail server's URL")
}

async fn waiting(studio: &Studio) -> bool {
    !outbox(studio).await.is_empty()
}

/// Waits until the only mail's try of this number has failed.
async fn failed(studio: &Studio, sending: &Studio, tries: i64) {
    within(SOON, async || {
        sending.app.outbox_signal.notify();
        let mail = outbox(studio).await.remove(0);
        let on_its_way = studio.clock.now().plus(PATIENCE * 4);
        mail.tries == tries && mail.last_error.is_some() && mail.due_at != on_its_way || mail.status == MailStatus::Dead
    })
    .await;
}

#[apply(on_both_engines!)]
async fn a_domain_of_any_letters_is_sent_in_ascii_and_a_local_part_that_the_server_cannot_take_fails_at_once(
    studio: Studio,
) {
    let mail = MailServer::open().await;
    mail.set(Mood::TakesAscii);
    let sending = studio.instance_with(mailer(&mail)).await;
    let server = sending.server(PEOPLE).await;
    invite(&server, "anna@müller.example").await;
    within(SOON, async || !mail.taken().is_empty() && !waiting(&studio).await).await;
    assert_eq!(mail.taken()[0].to, ["anna@xn--mller-kva.example"]);
    invite(&server, "zoë@member.example").await;
    within(SOON, async || outbox(&studio).await.first().is_some_and(|mail| mail.status == MailStatus::Dead)).await;
    let left = outbox(&studio).await.remove(0);
    assert!(left.tries == 1 && left.last_error.as_deref().is_some_and(|why| why.contains("SMTPUTF8")), "{left:?}");
    // One that takes such addresses is told the same mail by a retry.
    mail.set(Mood::Takes);
    server.post("/v1/members/invites", json!({"email": "zoë@member.example"})).await.expect(200);
    within(SOON, async || mail.taken().len() == 2).await;
    assert_eq!(mail.taken()[1].to, ["zoë@member.example"]);
}

#[apply(on_both_engines!)]
async fn two_instances_send_each_mail_once_and_keep_nothing_of_it(studio: Studio) {
    let mail = MailServer::open().await;
    let (one, other) = (studio.instance_with(mailer(&mail)).await, studio.instance_with(mailer(&mail)).await);
    let (server, second) = (one.server(PEOPLE).await, other.server(PEOPLE).await);
    let emails: Vec<_> = (0..24).map(|number| format!("m{number:02}@member.example")).collect();
    for (number, email) in emails.iter().enumerate() {
        invite(if number % 2 == 0 { &server } else { &second }, email).await;
    }
    within(SOON, async || mail.taken().len() >= 24 && !waiting(&studio).await).await;
    let mut to: Vec<_> = mail.taken().into_iter().flat_map(|taken| taken.to).collect();
    to.sort();
    assert_eq!(to, emails);
    for taken in mail.taken() {
        assert!(opens(&studio, &taken.token()).await.is_some());
    }
}

#[apply(on_both_engines!)]
async fn what_was_written_without_a_mail_server_is_sent_once_there_is_one(studio: Studio) {
    let server = studio.server(PEOPLE).await;
    invite(&server, "rui@member.example").await;
    let mails = outbox(&studio).await;
    assert_eq!((mails.len(), mails[0].tries, mails[0].status), (1, 0, MailStatus::Waiting));
    let mail = MailServer::open().await;
    let sending = studio.instance_with(mailer(&mail)).await;
    within(SOON, async || !waiting(&studio).await).await;
    assert_eq!(mail.taken().len(), 1);
    drop(sending);
}

#[apply(on_both_engines!)]
async fn a_server_that_is_down_is_tried_again_later(studio: Studio) {
    let studio = studio.with_a_clock_that_stands().await;
    let mail = MailServer::open().await;
    mail.set(Mood::Down);
    let sending = studio.instance_with(mailer(&mail)).await;
    let server = sending.server(PEOPLE).await;
    invite(&server, "rui@member.example").await;
    within(SOON, async || outbox(&studio).await[0].last_error.is_some()).await;
    let failed = outbox(&studio).await.remove(0);
    assert_eq!((failed.tries, failed.status), (1, MailStatus::Waiting));
    assert!(failed.due_at >= studio.clock.now().plus(Duration::from_secs(30)));
    mail.set(Mood::Takes);
    sending.app.outbox_signal.notify();
    studio.pass(Duration::from_secs(29));
    sending.app.outbox_signal.notify();
    assert_eq!(outbox(&studio).await[0].tries, 1, "not before its time");
    studio.pass(Duration::from_secs(15));
    sending.app.outbox_signal.notify();
    within(SOON, async || !waiting(&studio).await).await;
    assert_eq!(mail.taken().len(), 1);
    assert!(opens(&studio, &mail.taken()[0].token()).await.is_some());
}

#[apply(on_both_engines!)]
async fn what_is_refused_for_good_is_dead_and_shows_why(studio: Studio) {
    let mail = MailServer::open().await;
    mail.set(Mood::Refuses("550 5.1.1 no such user here"));
    let sending = studio.instance_with(mailer(&mail)).await;
    let server = sending.server(PEOPLE).await;
    invite(&server, "rui@member.example").await;
    within(SOON, async || outbox(&studio).await[0].status == MailStatus::Dead).await;
    let dead = outbox(&studio).await.remove(0);
    assert_eq!(dead.tries, 1);
    assert!(dead.last_error.is_some_and(|why| why.contains("no such user here")));
    mail.set(Mood::Takes);
    server.post("/v1/members/invites", json!({"email": "rui@member.example"})).await.expect(200);
    within(SOON, async || !waiting(&studio).await).await;
    assert_eq!(mail.taken().len(), 1, "invited anew, it goes out");
}

#[apply(on_both_engines!)]
async fn a_server_that_turns_everybody_away_is_tried_again(studio: Studio) {
    let studio = studio.with_a_clock_that_stands().await;
    let mail = MailServer::open().await;
    let sending = studio.instance_with(mailer(&mail)).await;
    let server = sending.server(PEOPLE).await;
    let moods = [
        Mood::TurnsAway("554 no SMTP service here"),
        Mood::RefusesSender("550 5.7.1 not from here"),
        Mood::Refuses("550 rejected"),
    ];
    for (number, mood) in moods.into_iter().enumerate() {
        mail.set(mood);
        invite(&server, &format!("m{number}@member.example")).await;
        within(SOON, async || outbox(&studio).await[0].last_error.is_some()).await;
        let failed = outbox(&studio).await.remove(0);
        assert_eq!((failed.tries, failed.status), (1, MailStatus::Waiting), "{mood:?}");
        mail.set(Mood::Takes);
        studio.pass(Duration::from_mins(1));
        sending.app.outbox_signal.notify();
        within(SOON, async || !waiting(&studio).await).await;
    }
    assert_eq!(mail.taken().len(), moods.len());
}

#[apply(on_both_engines!)]
async fn what_is_refused_for_good_by_whom_nobody_knows_is_dead_at_last_and_can_be_revived(studio: Studio) {
    let studio = studio.with_a_clock_that_stands().await;
    let mail = MailServer::open().await;
    mail.set(Mood::TurnsAway("554 no SMTP service here"));
    let sending = studio.instance_with(mailer(&mail)).await;
    invite(&sending.server(PEOPLE).await, "rui@member.example").await;
    for tries in 1..=10 {
        failed(&studio, &sending, tries).await;
        assert_eq!(outbox(&studio).await[0].status == MailStatus::Dead, tries == 10);
        studio.pass(Duration::from_hours(8));
    }
    let dead = outbox(&studio).await.remove(0);
    mail.set(Mood::Takes);
    let theirs = studio.neighbour().await;
    let mut tx = studio.app.db.begin().await.unwrap();
    let nobodys = flow_gateway::mail::outbox::revive(tx.on().of(theirs), None, studio.clock.now()).await.unwrap();
    let revived = flow_gateway::mail::outbox::revive(tx.on().of(studio.id), None, studio.clock.now()).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!((nobodys, revived), (vec![], vec![dead.id]));
    sending.app.outbox_signal.notify();
    within(SOON, async || !waiting(&studio).await).await;
    assert_eq!(mail.taken().len(), 1);
}

#[apply(on_both_engines!)]
async fn what_is_refused_again_and_again_is_dead_at_last(studio: Studio) {
    let studio = studio.with_a_clock_that_stands().await;
    let mail = MailServer::open().await;
    mail.set(Mood::Refuses("451 4.7.1 greylisted"));
    let sending = studio.instance_with(mailer(&mail)).await;
    invite(&sending.server(PEOPLE).await, "rui@member.example").await;
    for tries in 1..=15 {
        failed(&studio, &sending, tries).await;
        assert_eq!(outbox(&studio).await[0].status == MailStatus::Dead, tries == 15);
        studio.pass(Duration::from_hours(8));
    }
    let visits = mail.visits();
    sending.app.outbox_signal.notify();
    assert_eq!((outbox(&studio).await[0].tries, mail.visits()), (15, visits));
}

#[apply(on_both_engines!)]
async fn a_server_that_falls_silent_holds_nobody_for_long(studio: Studio) {
    let mail = MailServer::open().await;
    mail.set(Mood::Silent);
    let sending = studio.instance_with(mailer_within(&mail, Duration::from_millis(200))).await;
    let server = sending.server(PEOPLE).await;
    for number in 0..20 {
        invite(&server, &format!("m{number}@member.example")).await;
    }
    within(SOON, async || outbox(&studio).await.iter().all(|mail| mail.last_error.is_some())).await;
    assert!(outbox(&studio).await.iter().all(|mail| mail.status == MailStatus::Waiting));
}

#[apply(on_both_engines!)]
async fn what_was_superseded_is_not_sent_any_more(studio: Studio) {
    let studio = studio.with_a_clock_that_stands().await;
    let mail = MailServer::open().await;
    mail.set(Mood::Down);
    let sending = studio.instance_with(mailer(&mail)).await;
    let server = sending.server(PEOPLE).await;
    let (rui, ana) = (invite(&server, "rui@member.example").await, invite(&server, "ana@member.example").await);
    within(SOON, async || outbox(&studio).await.iter().all(|mail| mail.last_error.is_some())).await;
    assert_eq!(outbox(&studio).await.len(), 2);
    server.post(&format!("{}/cancel", path(&ana)), json!({})).await.expect(200);
    studio.pass(Duration::from_secs(1));
    server.patch(&path(&rui), json!({"email": "rui@other.example"})).await.expect(200);
    within(SOON, async || outbox(&studio).await[0].last_error.is_some()).await;
    mail.set(Mood::Takes);
    studio.pass(Duration::from_hours(1));
    sending.app.outbox_signal.notify();
    within(SOON, async || !waiting(&studio).await).await;
    let to: Vec<_> = mail.taken().into_iter().flat_map(|taken| taken.to).collect();
    assert_eq!(to, ["rui@other.example"]);
}

#[apply(on_both_engines!)]
async fn what_a_dead_instance_had_begun_is_sent_by_another(studio: Studio) {
    let studio = studio.with_a_clock_that_stands().await;
    let silent = MailServer::open().await;
    silent.set(Mood::Silent);
    let dying = studio.instance_with(mailer(&silent)).await;
    invite(&dying.server(PEOPLE).await, "rui@member.example").await;
    within(SOON, async || silent.visits() > 0).await;
    drop(dying);
    let mail = MailServer::open().await;
    let sending = studio.instance_with(mailer(&mail)).await;
    sending.app.outbox_signal.notify();
    assert_eq!(outbox(&studio).await[0].tries, 1, "it is the other's, as far as anybody knows");
    studio.pass(Duration::from_mins(2));
    sending.app.outbox_signal.notify();
    within(SOON, async || !waiting(&studio).await).await;
    assert_eq!(mail.taken().len(), 1);
}

#[apply(on_both_engines!)]
async fn a_crowd_of_invitations_leaves_one_link_that_works(studio: Studio) {
    let mail = MailServer::open().await;
    let sending = studio.instance_with(mailer(&mail)).await;
    let server = sending.server(PEOPLE).await;
    let rui = invite(&server, "rui@member.example").await;
    join_all((0..6).map(|_| {
        crate::resources::classes::persist(async || {
            server.post("/v1/members/invites", json!({"email": "rui@member.example"})).await
        })
    }))
    .await;
    within(SOON, async || !waiting(&studio).await).await;
    let mut working = Vec::new();
    for taken in mail.taken() {
        working.extend(opens(&studio, &taken.token()).await);
    }
    assert_eq!(working, [rui["id"].as_str().unwrap()]);
}
