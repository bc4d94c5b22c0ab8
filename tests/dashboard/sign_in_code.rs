//! Signing in where a second factor is on: a code follows the password.

use std::{collections::BTreeSet, time::Duration};

use flow_gateway::{
    access::sessions::stored::Role,
    mail::outbox::MailKind,
    signin::{second_factor::unscoped, staff},
    store::{audit, audit::AuditFilter, filter::LogOrder},
};

use futures_util::future::join_all;

use crate::support::{
    dashboard::{Browser, PASSWORD},
    second_factor::{Authenticator, shown_codes},
    studio::{Studio, on_both_engines, within},
};

const EMAIL: &str = "anna@casa.example";
const STEP: Duration = Duration::from_secs(30);

/// An owner whose second factor is on, a minute after that, and their session.
async fn anna(studio: &Studio) -> (Authenticator, Browser) {
    studio.add_staff(studio.id, EMAIL, Role::Owner).await;
    let anna = studio.browser().sign_in(EMAIL, PASSWORD).await.1;
    let app = anna.turn_on_second_factor(studio).await;
    studio.pass(2 * STEP);
    (app, anna)
}

async fn count(studio: &Studio, table: &str) -> i64 {
    let text = format!("select count(*) from {table}");
    studio.app.db.read().query(text).scalar().await.unwrap().unwrap()
}

#[apply(on_both_engines!)]
async fn a_code_follows_the_password_and_leads_to_what_was_asked_for(studio: Studio) {
    let studio = studio.with_a_clock_that_stands().await;
    let (app, _) = anna(&studio).await;
    let browser = studio.browser();
    let fields = [("email", EMAIL), ("password", PASSWORD), ("next", "/studio/audit")];
    let step = browser.send("/studio/sign-in", &fields).await;
    assert_eq!((step.status.as_u16(), step.header("set-cookie")), (200, ""), "{step:?}");
    assert_eq!(step.header("cache-control"), "no-store");
    let pending = step.between("name=\"pending\" value=\"", "\"");
    assert!(step.html().contains("name=\"next\" value=\"/studio/audit\""), "{step:?}");
    let forged = browser.with("cookie", &format!("flow_studio={pending}"));
    assert!(forged.open("/studio/api-keys").await.leads_to().starts_with("/studio/sign-in"), "it opens nothing else");
    assert_eq!(count(&studio, "sessions").await, 1, "nobody is signed in yet");
    let code = app.code();
    let fields = [("pending", pending.as_str()), ("code", &code), ("next", "/studio/audit")];
    let reply = browser.send("/studio/sign-in/code", &fields).await;
    assert_eq!(reply.leads_to(), "/studio/audit?signed_in=1");
    let signed_in = browser.keeping(&reply);
    assert_eq!(signed_in.open("/studio/audit").await.status, 200);
    studio.pass(2 * STEP);
    let again = browser.send("/studio/sign-in/code", &[("pending", &pending), ("code", &app.code())]).await;
    assert_eq!((again.status.as_u16(), again.header("set-cookie")), (410, ""), "one password, one session");
}

#[apply(on_both_engines!)]
async fn a_wrong_password_looks_the_same_with_a_second_factor_and_without(studio: Studio) {
    let studio = studio.with_a_clock_that_stands().await;
    anna(&studio).await;
    studio.add_staff(studio.id, "rui@casa.example", Role::Owner).await;
    let mut pages = BTreeSet::new();
    for (number, email) in [EMAIL, "rui@casa.example", "nobody@casa.example"].into_iter().enumerate() {
        let browser = studio.browser().from(&format!("192.0.{number}.9"));
        for attempt in 0..11 {
            let (reply, _) = browser.sign_in(email, "unlikely lantern orbit 48").await;
            assert_eq!(reply.header("set-cookie"), "");
            let wait = reply.header("retry-after").to_owned();
            pages.insert((attempt / 10, reply.status.as_u16(), wait, reply.html().replace(email, "…")));
        }
    }
    let statuses: Vec<_> = pages.iter().map(|page| page.1).collect();
    assert_eq!(statuses, [422, 429], "one page for each, whoever it is");
}

#[apply(on_both_engines!)]
async fn a_code_that_is_wrong_old_or_used_counts_not_and_costs_nothing(studio: Studio) {
    let studio = studio.with_a_clock_that_stands().await;
    let (app, _) = anna(&studio).await;
    let browser = studio.browser();
    let pending = browser.type_password(EMAIL).await;
    let now = studio.clock.now();
    let used = app.code_at(now.minus(2 * STEP));
    for code in [&app.wrong_code(), &used, &app.code_at(now.plus(2 * STEP)), "", "12345", "abcdef"] {
        let (reply, _) = browser.type_code(&pending, "code", code).await;
        assert_eq!((reply.status.as_u16(), reply.header("set-cookie")), (422, ""), "{code}: {reply:?}");
        assert!(reply.html().contains("This code is not right") && reply.html().contains(&pending), "{reply:?}");
    }
    // The clock of a phone may be half a minute off.
    let (reply, _) = browser.type_code(&pending, "code", &app.code_at(now.plus(STEP))).await;
    assert_eq!(reply.status, 303, "{reply:?}");
    let pending = browser.type_password(EMAIL).await;
    for at in [now.plus(STEP), now, now.minus(STEP)] {
        let (reply, _) = browser.type_code(&pending, "code", &app.code_at(at)).await;
        assert_eq!(reply.status, 422, "no code of the same step or an earlier one counts any more");
    }
    studio.pass(2 * STEP);
    assert_eq!(browser.type_code(&pending, "code", &app.code()).await.0.status, 303);
}

#[apply(on_both_engines!)]
async fn of_many_who_type_one_code_at_once_on_two_instances_one_comes_in(studio: Studio) {
    let studio = studio.with_a_clock_that_stands().await;
    let (app, _) = anna(&studio).await;
    let other = studio.second_instance_at(studio.clock.clone()).await;
    for field in ["code", "recovery_code", "code"] {
        studio.pass(Duration::from_mins(16));
        let code = if field == "code" { app.code() } else { app.recovery_codes[0].clone() };
        let mut typed = Vec::new();
        for number in 0..8 {
            let instance = if number % 2 == 0 { &studio } else { &other };
            let browser = instance.browser().from(&format!("198.51.{number}.7"));
            let pending = browser.type_password(EMAIL).await;
            let code = &code;
            typed.push(async move { browser.type_code(&pending, field, code).await.0.status.as_u16() });
        }
        let mut statuses = join_all(typed).await;
        statuses.sort_unstable();
        assert_eq!(statuses, [[303].as_slice(), &[422; 7]].concat(), "{field}");
    }
}

#[apply(on_both_engines!)]
async fn who_guesses_codes_waits_and_the_owner_elsewhere_does_not(studio: Studio) {
    let studio = studio.with_a_clock_that_stands().await;
    let (app, _) = anna(&studio).await;
    let guesser = studio.browser().from("192.0.2.9");
    let pending = guesser.type_password(EMAIL).await;
    let wrong = app.wrong_code();
    for _ in 0..10 {
        assert_eq!(guesser.type_code(&pending, "code", &wrong).await.0.status, 422);
    }
    let (reply, _) = guesser.type_code(&pending, "code", &app.code()).await;
    assert_eq!((reply.status.as_u16(), reply.header("retry-after")), (429, "21600"), "{reply:?}");
    let home = studio.browser().from("203.0.113.1");
    let pending = home.type_password(EMAIL).await;
    assert_eq!(home.type_code(&pending, "code", &app.code()).await.0.status, 303, "a refused code was not used up");
    let pending = guesser.type_password(EMAIL).await;
    let reply = guesser.type_code(&pending, "recovery_code", &app.recovery_codes[0]).await.0;
    assert_eq!(reply.status, 303, "a recovery code is not guessed, and lets in where codes were");
}

#[apply(on_both_engines!)]
async fn a_right_password_without_its_code_is_an_attempt_like_a_wrong_one(studio: Studio) {
    let studio = studio.with_a_clock_that_stands().await;
    let (app, _) = anna(&studio).await;
    let thief = studio.browser().from("192.0.2.9");
    for _ in 0..10 {
        thief.type_password(EMAIL).await;
    }
    assert_eq!(thief.sign_in(EMAIL, PASSWORD).await.0.status, 429);
    assert_eq!(count(&studio, "pending_sign_ins").await, 10);
    let home = studio.browser().from("203.0.113.1");
    for _ in 0..12 {
        studio.pass(STEP);
        let pending = home.type_password(EMAIL).await;
        assert_eq!(home.type_code(&pending, "code", &app.code()).await.0.status, 303, "who signs in is no guesser");
    }
}

#[apply(on_both_engines!)]
async fn a_recovery_code_lets_in_once_and_is_told(studio: Studio) {
    let studio = studio.with_a_clock_that_stands().await;
    let (app, anna) = anna(&studio).await;
    let browser = studio.browser();
    let typed = app.recovery_codes[3].to_uppercase().replace('-', " ");
    let pending = browser.type_password(EMAIL).await;
    let (reply, session) = browser.type_code(&pending, "recovery_code", &typed).await;
    assert_eq!(reply.leads_to(), "/studio/api-keys?signed_in=1");
    assert!(session.open("/studio/second-factor").await.html().contains("Recovery codes left: 9."));
    assert_eq!(studio.mails(studio.id, MailKind::RecoveryCodeUsed).await.len(), 1);
    let (filter, order) = (AuditFilter::default(), LogOrder::Newest(None));
    let rows = audit::list(studio.app.db.of(studio.id), &filter, order, 10).await.unwrap();
    assert_eq!(rows[0].action, "staff.recovery_code_used");
    assert!(rows[0].from.is_some() && rows[0].by == rows[0].subject.id, "{rows:?}");
    let pending = browser.type_password(EMAIL).await;
    for code in [&typed, "", "0000-0000-0000-0000", &app.recovery_codes[2][1..]] {
        assert_eq!(browser.type_code(&pending, "recovery_code", code).await.0.status, 422, "{code}");
    }
    let codes = anna.send("/studio/second-factor/codes", &[]).await;
    assert_eq!(shown_codes(&codes).len(), 10);
    assert_eq!(
        browser.type_code(&pending, "recovery_code", &app.recovery_codes[0]).await.0.status,
        422,
        "new codes replace those before"
    );
}

#[apply(on_both_engines!)]
async fn a_code_is_typed_within_ten_minutes_of_its_password(studio: Studio) {
    let studio = studio.with_a_clock_that_stands().await;
    let (app, _) = anna(&studio).await;
    let browser = studio.browser();
    let pending = browser.type_password(EMAIL).await;
    studio.pass(Duration::from_mins(10));
    let (reply, _) = browser.type_code(&pending, "code", &app.code()).await;
    assert_eq!(reply.status, 410);
    assert!(
        reply.html().contains("within ten minutes") && reply.html().contains("Sign in to your studio"),
        "{reply:?}"
    );
    unscoped::sweep(&studio.app.db, studio.clock.now()).await.unwrap();
    assert_eq!(count(&studio, "pending_sign_ins").await, 0);
}

#[apply(on_both_engines!)]
async fn a_new_password_or_an_ended_account_ends_what_waits_for_a_code(studio: Studio) {
    let studio = studio.with_a_clock_that_stands().await;
    let (app, anna) = anna(&studio).await;
    let browser = studio.browser();
    let pending = browser.type_password(EMAIL).await;
    let mut tx = studio.app.db.begin_studio(&studio.clock, studio.id, 1).await.unwrap();
    let owner = staff::owners(tx.on()).await.unwrap().remove(0);
    let hash = owner.password_hash.clone();
    staff::change_password(&mut tx, owner, hash).await.unwrap();
    tx.tx.commit().await.unwrap();
    assert_eq!(browser.type_code(&pending, "code", &app.code()).await.0.status, 410);
    assert!(anna.open("/studio").await.leads_to().starts_with("/studio/sign-in"));
    let rui = studio.signed_in(Role::Owner).await;
    let pending = browser.type_password(EMAIL).await;
    let owners = staff::owners(studio.app.db.of(studio.id)).await.unwrap();
    let id = owners.iter().find(|owner| owner.email.as_str() == EMAIL).unwrap().id;
    assert_eq!(rui.send(&format!("/studio/people/{id}/end"), &[]).await.status, 303);
    assert_eq!(browser.type_code(&pending, "code", &app.code()).await.0.status, 410);
    assert_eq!(count(&studio, "second_factors").await, 0, "the address signs in nowhere any more");
    assert_eq!(count(&studio, "recovery_codes").await, 0);
}

#[apply(on_both_engines!)]
async fn a_password_that_is_reset_by_mail_leaves_the_second_factor_on(studio: Studio) {
    let studio = studio.with_a_clock_that_stands().await;
    let (app, _) = anna(&studio).await;
    let browser = studio.browser();
    browser.send("/studio/forgotten-password", &[("email", EMAIL)]).await;
    within(Duration::from_secs(30), async || !studio.mails(studio.id, MailKind::PasswordReset).await.is_empty()).await;
    let (token, _) = studio.mailed_link(studio.id, MailKind::PasswordReset).await;
    let new = "another lantern orbit 48";
    let reset = browser.send("/studio/password-reset", &[("token", token.reveal()), ("password", new)]).await;
    assert_eq!((reset.status.as_u16(), reset.header("set-cookie")), (200, ""), "{reset:?}");
    let (reply, _) = browser.sign_in(EMAIL, new).await;
    assert_eq!((reply.status.as_u16(), reply.header("set-cookie")), (200, ""), "{reply:?}");
    let pending = reply.between("name=\"pending\" value=\"", "\"");
    assert_eq!(browser.type_code(&pending, "code", &app.code()).await.0.status, 303);
}

#[apply(on_both_engines!)]
async fn who_joins_another_studio_types_the_code_of_their_account(studio: Studio) {
    let studio = studio.with_a_clock_that_stands().await;
    let (app, _) = anna(&studio).await;
    let neighbour = studio.neighbour().await;
    studio.add_staff(neighbour, "eva@casa.example", Role::Owner).await;
    let eva = studio.browser().sign_in("eva@casa.example", PASSWORD).await.1;
    eva.send("/studio/people", &[("email", EMAIL), ("role", "viewer")]).await.leads_to();
    let (token, _) = studio.mailed_link(neighbour, MailKind::StaffInvitation).await;
    let browser = studio.browser();
    let joined = browser.send("/studio/invitation", &[("token", token.reveal()), ("password", PASSWORD)]).await;
    assert_eq!((joined.status.as_u16(), joined.header("set-cookie")), (200, ""), "{joined:?}");
    let pending = joined.between("name=\"pending\" value=\"", "\"");
    let (reply, anna) = browser.type_code(&pending, "code", &app.code()).await;
    assert_eq!(reply.leads_to(), "/studio/api-keys?signed_in=1");
    assert!(anna.open("/studio/api-keys").await.html().contains("Viewer"), "in the studio that they joined");
}

#[apply(on_both_engines!)]
async fn fresh_authentication_asks_for_the_password_and_a_code_and_says_not_which_is_wrong(studio: Studio) {
    let studio = studio.with_a_clock_that_stands().await;
    let (app, anna) = anna(&studio).await;
    studio.pass(Duration::from_mins(11));
    let confirm = anna.open("/studio/api-keys/new").await.leads_to().to_owned();
    assert!(anna.open(&confirm).await.html().contains("name=\"code\""));
    let (right, wrong) = (app.code(), app.wrong_code());
    let mut pages = BTreeSet::new();
    for fields in [
        vec![("password", PASSWORD)],
        vec![("password", PASSWORD), ("code", &wrong)],
        vec![("password", "unlikely lantern orbit 48"), ("code", &right)],
        vec![("password", "unlikely lantern orbit 48"), ("recovery_code", &app.recovery_codes[0])],
        vec![("code", &right)],
    ] {
        let reply = anna.send("/studio/confirm", &fields).await;
        assert_eq!(reply.status, 422, "{fields:?}");
        pages.insert(reply.html());
    }
    assert_eq!(pages.len(), 1);
    assert!(anna.open("/studio/api-keys/new").await.leads_to().starts_with("/studio/confirm"));
    let fields = [("password", PASSWORD), ("code", &right), ("next", "/studio/api-keys/new")];
    assert_eq!(anna.send("/studio/confirm", &fields).await.leads_to(), "/studio/api-keys/new", "no code was used up");
    assert_eq!(anna.open("/studio/api-keys/new").await.status, 200);
    studio.pass(Duration::from_mins(11));
    let with_recovery_code = [("password", PASSWORD), ("recovery_code", app.recovery_codes[0].as_str())];
    assert_eq!(anna.send("/studio/confirm", &with_recovery_code).await.status, 303);
    assert_eq!(studio.mails(studio.id, MailKind::RecoveryCodeUsed).await.len(), 1);
    studio.pass(Duration::from_mins(11));
    assert_eq!(anna.send("/studio/confirm", &with_recovery_code).await.status, 422, "it counts once");
}
