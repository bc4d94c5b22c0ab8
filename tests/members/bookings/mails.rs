//! The mails about bookings, and their calendar files, from the change to the mail server.

use std::time::Duration;

use base64::{Engine, prelude::BASE64_STANDARD};
use flow_gateway::{
    mail::outbox::{self, MailKind},
    resources::members::{self, MembershipId},
    store::turns::WriteTx,
};
use jiff::civil::DateTime;
use serde_json::{Value, json};

use super::{House, at, book, crowd, late_from, minutes_before, wait, with_a_class};
use crate::{
    mail::sending::{SOON, mailer},
    resources::{classes::id, members::outbox as unsent, schedule::at as instant},
    support::{
        smtp::{MailServer, Taken},
        studio::{Studio, on_both_engines, within},
    },
};

/// The times of an occurrence as mails say them.
pub fn wall_clock(occurrence: &Value) -> String {
    let local: DateTime = occurrence["local_start"].as_str().unwrap().parse().unwrap();
    format!("{} ({})", local.strftime("%A, %-d %B %Y, %H:%M"), occurrence["time_zone"].as_str().unwrap())
}

/// Moves an occurrence by so many hours.
async fn moved(house: &House, occurrence: &Value, hours: u64) -> Value {
    let to = instant(occurrence, "starts_at").plus(Duration::from_hours(hours));
    house.reschedule(occurrence, json!({"starts_at": to})).await
}

/// The parts of a mail of this type, decoded.
pub fn parts(mail: &Taken, content_type: &str) -> Vec<String> {
    let parts = mail.raw.split("\r\nContent-Type: ").skip(1).filter(|part| part.starts_with(content_type));
    let bodies = parts.map(|part| part.split_once("\r\n\r\n").unwrap().1.split("\r\n--").next().unwrap().to_owned());
    bodies.map(|body| String::from_utf8(BASE64_STANDARD.decode(body.replace("\r\n", "")).unwrap()).unwrap()).collect()
}

/// The properties of a calendar file.
pub fn properties(file: &str) -> Vec<String> {
    file.replace("\r\n ", "").split("\r\n").map(str::to_owned).collect()
}

/// The kinds of the mails that are to be sent, and whether they tell of another time before.
async fn waiting(studio: &Studio) -> Vec<(MailKind, bool)> {
    let mut mails: Vec<_> =
        unsent(studio).await.into_iter().map(|mail| (mail.kind, mail.moved_from.is_some())).collect();
    mails.sort_by_key(|(kind, _)| kind.to_string());
    mails
}

/// Sends nothing, and forgets what was to be sent.
async fn all_sent(studio: &Studio) {
    let mut tx = studio.app.db.begin().await.unwrap();
    tx.on().query("delete from outbox where studio_id = $1").bind(studio.id).execute().await.unwrap();
    tx.commit().await.unwrap();
}

#[apply(on_both_engines!)]
async fn each_change_is_told_once_with_its_times_in_subject_text_and_page_and_a_calendar_file(studio: Studio) {
    let (studio, house, occurrence) = with_a_class(studio, json!({"name": "Yin; Yang, „Zoë“"})).await;
    let mail = MailServer::open().await;
    let sending = studio.instance_with(mailer(&mail)).await;
    let member = crowd(&studio, 1).await.remove(0).at(&studio).await;
    let next = async |count: usize| {
        within(SOON, async || {
            sending.app.outbox_signal.notify();
            mail.taken().len() == count && unsent(&studio).await.is_empty()
        })
        .await;
        mail.taken()[count - 1].clone()
    };
    let booking = book(&member, &occurrence).await.expect(201);
    let booked = next(1).await;
    let later = moved(&house, &occurrence, 2).await;
    let rescheduled = next(2).await;
    house.reschedule(&later, json!({"status": "cancelled", "cancel_reason": "No water."})).await;
    let cancelled = next(3).await;
    let (before, now) = (wall_clock(&occurrence), wall_clock(&later));
    assert_ne!(before, now);
    let uid = format!("UID:{}@{}", id(&booking), studio.id);
    let start = |occurrence: &Value| {
        format!("DTSTART:{}", instant(occurrence, "starts_at").timestamp().strftime("%Y%m%dT%H%M%SZ"))
    };
    for (mail, times, method, rest) in [
        (&booked, vec![&before], "REQUEST", ["SEQUENCE:0", "STATUS:CONFIRMED", &start(&occurrence)]),
        (&rescheduled, vec![&before, &now], "REQUEST", ["SEQUENCE:1", "STATUS:CONFIRMED", &start(&later)]),
        (&cancelled, vec![&now], "CANCEL", ["SEQUENCE:2", "STATUS:CANCELLED", &start(&later)]),
    ] {
        let text = mail.text();
        let (plain, page) = text.split_once("<!doctype html>").expect("a page");
        let plain = plain.split_once("text/plain").expect("a text").1;
        let subject = page.split_once("<title>").unwrap().1.split_once("</title>").unwrap().0.to_owned();
        for said in [plain, &subject, page.split_once("</title>").unwrap().1] {
            assert!(times.iter().all(|time| said.contains(*time)), "{times:?}: {said}");
        }
        let shown = parts(mail, &format!("text/calendar; method={method}; charset=utf-8"));
        let attached = parts(mail, "application/ics");
        assert_eq!((shown.len(), &shown), (1, &attached), "{}", mail.raw);
        let lines = properties(&shown[0]);
        let summary = "SUMMARY:Yin\\; Yang\\, „Zoë“".to_owned();
        for line in [&uid, &summary, &format!("METHOD:{method}")].into_iter().chain(&rest.map(str::to_owned)) {
            assert!(lines.contains(line), "{line}: {lines:?}");
        }
        assert!(lines.iter().any(|line| line == "ORGANIZER;CN=Test Studio:mailto:no-reply@127.0.0.1"), "{lines:?}");
        let attendee = format!(":mailto:{}", mail.to[0]);
        assert!(lines.iter().any(|line| line.starts_with("ATTENDEE;") && line.ends_with(&attendee)), "{lines:?}");
    }
    assert!(cancelled.text().contains("No water."), "the public reason is told");
    assert_eq!(mail.taken().len(), 3);
}

#[apply(on_both_engines!)]
async fn what_is_superseded_before_it_is_sent_leaves_the_outbox(studio: Studio) {
    let (studio, house, occurrence) = with_a_class(studio, json!({})).await;
    let member = crowd(&studio, 1).await.remove(0).at(&studio).await;
    let booking = book(&member, &occurrence).await.expect(201);
    let later = moved(&house, &occurrence, 1).await;
    assert_eq!(waiting(&studio).await, [(MailKind::BookingConfirmed, true)], "one mail says both");
    house.reschedule(&later, json!({"starts_at": occurrence["starts_at"]})).await;
    assert_eq!(waiting(&studio).await, [(MailKind::BookingConfirmed, false)]);
    all_sent(&studio).await;
    let later = moved(&house, &occurrence, 1).await;
    let latest = moved(&house, &later, 1).await;
    let [mail] = &unsent(&studio).await[..] else { panic!("not one mail") };
    assert_eq!((mail.kind, mail.moved_from), (MailKind::BookingMoved, Some(instant(&occurrence, "starts_at"))));
    let mut tx = studio.app.db.begin().await.unwrap();
    let (opened, _) = outbox::open(tx.on().of(studio.id), mail.id).await.unwrap().expect("the mail");
    tx.commit().await.unwrap();
    let written = flow_gateway::mail::email::Email::write(&opened, None).unwrap();
    let (first, between, last) = (wall_clock(&occurrence), wall_clock(&later), wall_clock(&latest));
    for said in [&written.subject, &written.text, &written.html] {
        assert!(said.contains(&first) && said.contains(&last) && !said.contains(&between), "{said}");
    }
    house.reschedule(&latest, json!({"starts_at": occurrence["starts_at"]})).await;
    assert!(waiting(&studio).await.is_empty(), "moved back before anybody was told");
    moved(&house, &occurrence, 1).await;
    member.delete(&at(&booking)).await.expect(200);
    assert_eq!(waiting(&studio).await, [(MailKind::BookingCancelled, false)], "the cancellation alone");
    member.delete(&at(&booking)).await.expect(200);
    assert_eq!(waiting(&studio).await.len(), 1, "cancelled twice is told once");
}

#[apply(on_both_engines!)]
async fn who_waits_is_told_of_a_place_an_offer_and_the_end_and_gets_no_calendar_file_before_a_place(studio: Studio) {
    let (studio, house, occurrence) = with_a_class(studio, json!({"capacity": 1})).await;
    late_from(&studio, 60).await;
    let people = crowd(&studio, 4).await;
    let mut bookings = Vec::new();
    for person in &people {
        bookings.push(wait(&person.at(&studio).await, &occurrence).await.expect(201));
    }
    assert_eq!(waiting(&studio).await, [(MailKind::BookingConfirmed, false)], "waiting is no news");
    all_sent(&studio).await;
    people[3].at(&studio).await.delete(&at(&bookings[3])).await.expect(200);
    assert!(waiting(&studio).await.is_empty(), "nor is leaving the list");
    people[0].at(&studio).await.delete(&at(&bookings[0])).await.expect(200);
    let told = [(MailKind::BookingCancelled, false), (MailKind::BookingPromoted, false)];
    assert_eq!(waiting(&studio).await, told);
    all_sent(&studio).await;
    minutes_before(&studio, &occurrence, 30);
    people[1].at(&studio).await.delete(&at(&bookings[1])).await.expect(200);
    assert_eq!(waiting(&studio).await, [(MailKind::BookingCancelled, false), (MailKind::PlaceOffered, false)]);
    let mail = MailServer::open().await;
    let sending = studio.instance_with(mailer(&mail)).await;
    within(SOON, async || {
        sending.app.outbox_signal.notify();
        unsent(&studio).await.is_empty()
    })
    .await;
    let taken = mail.taken();
    let offer = taken.iter().find(|mail| mail.text().contains("A place is free")).expect("the offer");
    assert!(offer.text().contains("book the class again") && !offer.raw.contains("text/calendar"), "{}", offer.raw);
    let late = taken.iter().find(|mail| mail.raw.contains("method=CANCEL")).expect("the cancellation");
    assert!(late.text().contains("later than the studio allows"), "{}", late.text());
    house.reschedule(&occurrence, json!({"status": "cancelled"})).await;
    within(SOON, async || {
        sending.app.outbox_signal.notify();
        mail.taken().len() == 3
    })
    .await;
    let last = mail.taken().remove(2);
    let said = last.text();
    assert!(said.contains("does not take place, so you do not wait for a place any more"), "{said}");
    assert!(!said.contains("text/calendar"), "{said}");
}

#[apply(on_both_engines!)]
async fn the_end_of_a_membership_is_told_of_its_bookings_and_an_erased_person_of_nothing(studio: Studio) {
    let (studio, house, occurrence) = with_a_class(studio, json!({})).await;
    let people = crowd(&studio, 2).await;
    for person in &people {
        book(&person.at(&studio).await, &occurrence).await.expect(201);
    }
    house.server.post(&format!("/v1/members/{}/cancel", people[0].id), json!({})).await.expect(200);
    let told = [(MailKind::BookingCancelled, false), (MailKind::BookingConfirmed, false)];
    assert_eq!(waiting(&studio).await, told);
    let erased: MembershipId = people[1].id.parse().unwrap();
    let mut tx = studio.app.turns.begin(&studio.app.db, &studio.clock, studio.id, 1).await.unwrap();
    members::erase(&mut tx, erased).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(waiting(&studio).await, [(MailKind::BookingCancelled, false)]);
}

#[apply(on_both_engines!)]
async fn a_mail_about_what_is_over_is_not_sent(studio: Studio) {
    let (studio, _, occurrence) = with_a_class(studio, json!({})).await;
    let person = crowd(&studio, 1).await.remove(0);
    book(&person.at(&studio).await, &occurrence).await.expect(201);
    studio.set_clock(instant(&occurrence, "ends_at"));
    let mail = MailServer::open().await;
    let sending = studio.instance_with(mailer(&mail)).await;
    within(SOON, async || {
        sending.app.outbox_signal.notify();
        unsent(&studio).await.is_empty()
    })
    .await;
    assert_eq!(mail.visits(), 0);
}
