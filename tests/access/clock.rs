//! Steps of the clock: keys go on, limits bound, and nothing that is stored locks anybody out.

use std::time::Duration;

use flow_gateway::{
    access::{
        key::{KeyKind, mint},
        scope::Scope::{CouponsRead, CouponsWrite, MembersWrite},
    },
    store::instant::Instant,
};
use serde_json::json;

use crate::{
    mail::sending::{SOON, mailer},
    resources::members::{PEOPLE, invite, outbox},
    support::{
        smtp::{MailServer, Mood},
        studio::{on_both_engines, secret, within},
    },
};

const HOUR: Duration = Duration::from_hours(1);
const TWO_DAYS: Duration = Duration::from_hours(48);

/// The clock set forward and back, by an hour and by two days, and right again after each.
fn steps(now: Instant) -> [Instant; 8] {
    [now.minus(HOUR), now, now.plus(HOUR), now, now.minus(TWO_DAYS), now, now.plus(TWO_DAYS), now]
}

#[apply(on_both_engines!)]
async fn keys_in_use_go_on_and_their_rates_bound(studio: Studio) {
    let studio = studio.with_a_clock_that_stands().await;
    let key = studio.key(flow_gateway::access::keys::NewKey { rate_limit: 2, ..secret(&[CouponsRead]) }).await;
    let server = studio.management_client().with_key(key.minted.reveal());
    for set in steps(studio.clock.now()) {
        studio.pass(Duration::from_secs(2));
        for left in (0..4).rev() {
            let reply = server.get("/v1/coupons").await;
            reply.expect(200);
            assert!(reply.header("ratelimit").contains(&format!("r={left};")), "{}", reply.header("ratelimit"));
        }
        // The burst is used up: no step of the clock gives it back, and none makes the wait longer.
        studio.set_clock(set);
        let reply = server.get("/v1/coupons").await;
        reply.is_problem(429, "rate_limited");
        assert_eq!(reply.header("retry-after"), "1");
    }
}

#[apply(on_both_engines!)]
async fn failed_look_ups_are_counted_by_the_time_that_has_passed(studio: Studio) {
    let studio = studio.with_a_clock_that_stands().await;
    let key = studio.key(secret(&[CouponsRead])).await;
    let stranger = || studio.management_client().with_key(mint(KeyKind::Secret).reveal());
    let known = studio.management_client().with_key(key.minted.reveal());
    known.get("/v1/coupons").await.expect(200);
    for set in steps(studio.clock.now()) {
        for _ in 0..20 {
            stranger().get("/v1/coupons").await.is_problem(401, "unknown_key");
        }
        studio.set_clock(set);
        stranger().get("/v1/coupons").await.is_problem(429, "rate_limited");
        known.get("/v1/coupons").await.expect(200);
        studio.pass(Duration::from_secs(61));
    }
}

#[apply(on_both_engines!)]
async fn a_retry_finds_its_answer_whatever_the_clock_says(studio: Studio) {
    let studio = studio.with_a_clock_that_stands().await;
    let server = studio.server(&[CouponsRead, CouponsWrite]).await.with("idempotency-key", "once");
    let coupon = json!({"code": "ONCE", "kind": "percent", "percent_off": 10});
    let first = server.post("/v1/coupons", coupon.clone()).await.expect(201);
    for set in steps(studio.clock.now()) {
        studio.set_clock(set);
        assert_eq!(server.post("/v1/coupons", coupon.clone()).await.expect(201), first);
    }
}

#[apply(on_both_engines!)]
async fn mail_goes_out_after_the_clock_was_set_back(studio: Studio) {
    let studio = studio.with_a_clock_that_stands().await;
    let mail = MailServer::open().await;
    mail.set(Mood::Down);
    let sending = studio.instance_with(mailer(&mail)).await;
    let server = sending.server(PEOPLE).await;
    invite(&server, "rui@member.example").await;
    within(SOON, async || outbox(&studio).await[0].last_error.is_some()).await;
    mail.set(Mood::Takes);
    studio.set_clock(studio.clock.now().minus(HOUR));
    sending.app.outbox_signal.notify();
    // What waits to be tried again, and what is written now.
    within(SOON, async || outbox(&studio).await[0].due_at < studio.clock.now().plus(HOUR / 2)).await;
    studio.pass(Duration::from_mins(2));
    sending.app.outbox_signal.notify();
    within(SOON, async || outbox(&studio).await.is_empty()).await;
    studio.set_clock(studio.clock.now().minus(TWO_DAYS));
    invite(&server, "ana@member.example").await;
    within(SOON, async || outbox(&studio).await.is_empty()).await;
    assert_eq!(mail.taken().len(), 2);
}

#[apply(on_both_engines!)]
async fn the_bound_of_mail_locks_nobody_out_when_the_clock_was_set_back(studio: Studio) {
    let studio = studio.with_a_clock_that_stands().await;
    let mail = MailServer::open().await;
    mail.set(Mood::Down);
    let server = studio.instance_with(mailer(&mail)).await.server(&[MembersWrite]).await;
    let again = async || server.post("/v1/members/invites", json!({"email": "rui@member.example"})).await;
    let now = studio.clock.now();
    for set in [now.plus(TWO_DAYS), now, now.minus(HOUR)] {
        studio.set_clock(set);
        for _ in 0..10 {
            assert!(again().await.status.is_success());
        }
        again().await.is_problem(429, "rate_limited");
    }
}
