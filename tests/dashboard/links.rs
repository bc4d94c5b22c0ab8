//! What the links in mails to the staff open: an invitation, and a new password.

use std::time::Duration;

use flow_gateway::{
    access::sessions::stored::{Role, StaffId},
    mail::outbox::MailKind,
    signin::staff::{self, StaffState},
    store::{
        audit::{self, AuditFilter},
        filter::LogOrder,
        id::StudioId,
        token::Token,
    },
};

use crate::support::{
    dashboard::{Browser, PASSWORD},
    studio::{Studio, on_both_engines, within},
};

const RUI: &str = "rui@casa.example";
const NEW: &str = "another lantern orbit 48";
const SOON: Duration = Duration::from_secs(20);
const INVITATION: &str = "/studio/invitation";
const RESET: &str = "/studio/password-reset";

async fn invite(owner: &Browser, email: &str, role: &str) -> String {
    owner.send("/studio/people", &[("email", email), ("role", role)]).await.leads_to().to_owned()
}

/// Asks for a link to a new password, and waits until it is to be sent.
async fn forgotten(studio: &Studio, email: &str) -> (Token, String) {
    let reply = studio.browser().send("/studio/forgotten-password", &[("email", email)]).await;
    assert_eq!(reply.status, 200, "{reply:?}");
    within(SOON, async || !studio.mails(studio.id, MailKind::PasswordReset).await.is_empty()).await;
    studio.mailed_link(studio.id, MailKind::PasswordReset).await
}

async fn member(studio: &Studio, of: StudioId, email: &str) -> staff::StaffMember {
    let all = staff::list(studio.app.db.of(of)).await.unwrap();
    all.into_iter().find(|member| member.email.as_str() == email).expect("a member")
}

#[apply(on_both_engines!)]
async fn who_is_invited_chooses_a_password_and_is_signed_in(studio: Studio) {
    let owner = studio.signed_in(Role::Owner).await;
    invite(&owner, RUI, "developer").await;
    let (token, url) = studio.mailed_link(studio.id, MailKind::StaffInvitation).await;
    let page = format!("{}{INVITATION}", studio.app.urls.studio);
    assert_eq!(url, format!("{page}#{}", token.reveal()), "behind #, which browsers send to nobody");
    let stranger = studio.browser();
    assert_eq!(stranger.open(INVITATION).await.status, 200);
    let asked = stranger.send(INVITATION, &[("token", &url)]).await;
    let html = asked.html();
    assert!(html.contains("Join Test Studio") && html.contains(RUI) && html.contains("as: Developer"), "{html}");
    assert!(html.contains("autocomplete=\"new-password\""), "{html}");
    let weak = stranger.send(INVITATION, &[("token", token.reveal()), ("password", "short")]).await;
    assert_eq!(weak.status, 422);
    assert!(weak.html().contains("Password must have at least 12 characters."), "{}", weak.html());
    assert_eq!(member(&studio, studio.id, RUI).await.state(), StaffState::Invited, "nothing was changed so far");
    let joined = stranger.send(INVITATION, &[("token", token.reveal()), ("password", NEW)]).await;
    assert_eq!(joined.leads_to(), "/studio/api-keys?signed_in=1");
    let cookie = joined.header("set-cookie").split(';').next().unwrap().to_owned();
    let page = stranger.with("cookie", &cookie).open("/studio/api-keys").await.html();
    assert!(page.contains(RUI) && page.contains("Developer"), "{page}");
    assert_eq!(studio.browser().sign_in(RUI, NEW).await.0.status, 303);
    let again = stranger.send(INVITATION, &[("token", token.reveal()), ("password", NEW)]).await;
    assert_eq!(again.status, 410, "a link works once");
    let list = owner.open("/studio/people").await.html();
    assert!(list.contains(RUI) && !list.contains("Invited"), "{list}");
}

#[apply(on_both_engines!)]
async fn an_invitation_ends_when_it_is_replaced_withdrawn_or_a_week_old(studio: Studio) {
    let studio = studio.with_a_clock_that_stands().await;
    let owner = studio.signed_in(Role::Owner).await;
    let person = invite(&owner, RUI, "viewer").await;
    let (first, _) = studio.mailed_link(studio.id, MailKind::StaffInvitation).await;
    owner.send(&format!("{person}/invitation"), &[("role", "viewer")]).await.leads_to();
    let (second, _) = studio.mailed_link(studio.id, MailKind::StaffInvitation).await;
    let is_good =
        async |token: &Token| studio.browser().send(INVITATION, &[("token", token.reveal())]).await.status == 200;
    assert!(!is_good(&first).await && is_good(&second).await, "a newer link replaces the earlier one");
    assert_eq!(studio.browser().send(RESET, &[("token", second.reveal())]).await.status, 410, "it is for one thing");
    studio.pass(Duration::from_hours(7 * 24));
    assert!(!is_good(&second).await, "it has expired");
    let owner = studio.browser().sign_in("owner@casa.example", PASSWORD).await.1;
    owner.send(&format!("{person}/invitation"), &[("role", "viewer")]).await.leads_to();
    let (third, _) = studio.mailed_link(studio.id, MailKind::StaffInvitation).await;
    assert!(is_good(&third).await);
    owner.send(&format!("{person}/end"), &[]).await.leads_to();
    assert!(!is_good(&third).await, "the account was ended");
    let reply = studio.browser().send(INVITATION, &[("token", third.reveal()), ("password", NEW)]).await;
    assert_eq!(reply.status, 410);
    assert!(reply.html().contains("no longer works"), "{}", reply.html());
    assert!(studio.mails(studio.id, MailKind::StaffInvitation).await.is_empty());
}

#[apply(on_both_engines!)]
async fn who_works_for_another_studio_joins_with_the_account_that_they_have(studio: Studio) {
    let neighbour = studio.neighbour().await;
    studio.add_staff(neighbour, RUI, Role::Owner).await;
    let owner = studio.signed_in(Role::Owner).await;
    invite(&owner, RUI, "viewer").await;
    let (token, _) = studio.mailed_link(studio.id, MailKind::StaffInvitation).await;
    let stranger = studio.browser();
    let html = stranger.send(INVITATION, &[("token", token.reveal())]).await.html();
    assert!(html.contains("have an account") && html.contains("current-password"), "{html}");
    let wrong = stranger.send(INVITATION, &[("token", token.reveal()), ("password", NEW)]).await;
    assert_eq!(wrong.status, 422, "a link sets no other password for an account that exists");
    let joined = stranger.send(INVITATION, &[("token", token.reveal()), ("password", PASSWORD)]).await;
    assert_eq!(joined.status, 303, "{joined:?}");
    let rui = studio.browser().sign_in(RUI, PASSWORD).await.1;
    let page = rui.open("/studio/api-keys").await.html();
    assert!(page.contains("Switch studio"), "one account for both studios: {page}");
}

#[apply(on_both_engines!)]
async fn who_forgot_their_password_sets_another_once_and_is_signed_out_everywhere(studio: Studio) {
    let id = studio.add_staff(studio.id, RUI, Role::Viewer).await;
    let neighbour = studio.neighbour().await;
    studio.add_staff(neighbour, RUI, Role::Viewer).await;
    let here = studio.browser().sign_in(RUI, PASSWORD).await.1;
    let (token, url) = forgotten(&studio, "Rui@casa.example").await;
    let page = format!("{}{RESET}", studio.app.urls.studio);
    assert_eq!(url, format!("{page}#{}", token.reveal()));
    let stranger = studio.browser();
    assert!(stranger.open("/studio/sign-in").await.html().contains("/studio/forgotten-password"));
    assert_eq!(stranger.open(RESET).await.status, 200);
    let html = stranger.send(RESET, &[("token", &url)]).await.html();
    assert!(html.contains(RUI), "{html}");
    assert_eq!(stranger.send(RESET, &[("token", token.reveal()), ("password", "short")]).await.status, 422);
    assert_eq!(here.open("/studio/api-keys").await.status, 200, "nothing was changed so far");
    let done = stranger.send(RESET, &[("token", token.reveal()), ("password", NEW)]).await;
    assert!(done.html().contains("Every session was ended"), "{}", done.html());
    assert!(here.open("/studio/api-keys").await.leads_to().starts_with("/studio/sign-in"));
    assert_eq!(studio.browser().sign_in(RUI, PASSWORD).await.0.status, 422);
    let rui = studio.browser().sign_in(RUI, NEW).await.1;
    let page = rui.open("/studio/api-keys").await.html();
    assert!(page.contains("Switch studio"), "the password counts in every studio of the address: {page}");
    assert_eq!(stranger.send(RESET, &[("token", token.reveal()), ("password", PASSWORD)]).await.status, 410);
    for of in [studio.id, neighbour] {
        let told = studio.mails(of, MailKind::PasswordChanged).await;
        assert_eq!(told.len(), 1, "who owns the account is told");
        let (filter, order) = (AuditFilter::default(), LogOrder::Newest(None));
        let rows = audit::list(studio.app.db.of(of), &filter, order, 100).await.unwrap();
        let reset: Vec<_> = rows.iter().filter(|row| row.action == "staff.reset_password").collect();
        assert_eq!(reset.len(), 1, "{rows:?}");
        if of == studio.id {
            assert_eq!((reset[0].by.clone(), reset[0].from.is_some()), (id.to_string(), true));
        }
    }
}

#[apply(on_both_engines!)]
async fn a_long_password_of_any_characters_counts_exactly_as_it_was_typed(studio: Studio) {
    studio.add_staff(studio.id, RUI, Role::Viewer).await;
    let (token, _) = forgotten(&studio, RUI).await;
    let words = "  laranjas às três, Über-Katze 猫 ";
    let long = words.repeat(1000 / words.len());
    assert!(long.len() > 900 && long.ends_with(' '), "{}", long.len());
    let set = studio.browser().send(RESET, &[("token", token.reveal()), ("password", &long)]).await;
    assert_eq!(set.status, 200, "{set:?}");
    let mut cut = long.clone();
    cut.pop();
    let first: String = long.chars().take(64).collect();
    for other in [long.trim(), &long.to_lowercase(), &cut, &first, &long.replace('à', "a\u{300}")] {
        assert_eq!(studio.browser().sign_in(RUI, other).await.0.status, 422, "{other}");
    }
    assert_eq!(studio.browser().sign_in(RUI, &long).await.0.status, 303);
}

#[apply(on_both_engines!)]
async fn a_link_to_a_new_password_is_good_for_an_hour(studio: Studio) {
    let studio = studio.with_a_clock_that_stands().await;
    studio.add_staff(studio.id, RUI, Role::Viewer).await;
    let (token, _) = forgotten(&studio, RUI).await;
    studio.pass(Duration::from_mins(59));
    assert_eq!(studio.browser().send(RESET, &[("token", token.reveal())]).await.status, 200);
    studio.pass(Duration::from_mins(1));
    assert_eq!(studio.browser().send(RESET, &[("token", token.reveal()), ("password", NEW)]).await.status, 410);
    assert_eq!(studio.browser().sign_in(RUI, PASSWORD).await.0.status, 303, "the password stays");
}

#[apply(on_both_engines!)]
async fn asking_for_a_new_password_says_nothing_of_who_signs_in_and_is_throttled(studio: Studio) {
    let studio = studio.with_a_clock_that_stands().await;
    studio.add_staff(studio.id, RUI, Role::Viewer).await;
    let owner = studio.signed_in(Role::Owner).await;
    invite(&owner, "invited@casa.example", "viewer").await;
    let ask = async |email: &str, from: &str| {
        studio.browser().from(from).send("/studio/forgotten-password", &[("email", email)]).await
    };
    let known = ask(RUI, "192.0.2.1").await;
    for unknown in ["nobody@casa.example", "invited@casa.example", "no address", ""] {
        let reply = ask(unknown, "192.0.2.2").await;
        assert_eq!((reply.status, reply.html()), (known.status, known.html()), "{unknown}");
    }
    within(SOON, async || !studio.mails(studio.id, MailKind::PasswordReset).await.is_empty()).await;
    let (first, _) = studio.mailed_link(studio.id, MailKind::PasswordReset).await;
    studio.pass(Duration::from_mins(14));
    for number in 0..5 {
        assert_eq!(ask(RUI, &format!("203.0.113.{number}")).await.status, 200);
    }
    let reply = studio.browser().send(RESET, &[("token", first.reveal())]).await;
    assert_eq!(reply.status, 200, "the first link stays good, however often a stranger asks");
    for number in 0..20 {
        assert_eq!(ask(&format!("m{number}@casa.example"), "198.51.100.1").await.status, 200);
    }
    let reply = ask("another@casa.example", "198.51.100.1").await;
    assert_eq!((reply.status.as_u16(), reply.header("retry-after")), (429, "900"), "one network asks for many");
    assert_eq!(studio.browser().sign_in(RUI, PASSWORD).await.0.status, 303, "a sign-in is another count");
    assert!(
        studio.mails(studio.id, MailKind::PasswordReset).await.len() == 1,
        "one mail, and none for who has no account"
    );
}

#[apply(on_both_engines!)]
async fn an_account_that_was_ended_gets_no_new_password(studio: Studio) {
    let owner = studio.signed_in(Role::Owner).await;
    let id: StaffId = studio.add_staff(studio.id, RUI, Role::Viewer).await;
    let (token, _) = forgotten(&studio, RUI).await;
    owner.send(&format!("/studio/people/{id}/end"), &[]).await.leads_to();
    assert_eq!(studio.browser().send(RESET, &[("token", token.reveal()), ("password", NEW)]).await.status, 410);
    assert_eq!(studio.browser().sign_in(RUI, NEW).await.0.status, 422);
}

#[apply(on_both_engines!)]
async fn of_two_who_use_one_link_at_once_one_sets_the_password(studio: Studio) {
    studio.add_staff(studio.id, RUI, Role::Viewer).await;
    let (token, _) = forgotten(&studio, RUI).await;
    let (one, other) = (studio.browser(), studio.browser());
    let (one_form, other_form) = (
        [("token", token.reveal()), ("password", NEW)],
        [("token", token.reveal()), ("password", "a third lantern orbit 49")],
    );
    let (one, other) = tokio::join!(one.send(RESET, &one_form), other.send(RESET, &other_form));
    let mut statuses = [one.status.as_u16(), other.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 410]);
}

#[apply(on_both_engines!)]
async fn of_two_who_use_one_invitation_at_once_one_joins(studio: Studio) {
    let owner = studio.signed_in(Role::Owner).await;
    invite(&owner, RUI, "viewer").await;
    let (token, _) = studio.mailed_link(studio.id, MailKind::StaffInvitation).await;
    let passwords = [NEW, "a third lantern orbit 49"];
    let join = async |browser: Browser, password| {
        browser.send(INVITATION, &[("token", token.reveal()), ("password", password)]).await.status.as_u16()
    };
    let other = studio.second_instance().await;
    let (one, two) = tokio::join!(join(studio.browser(), passwords[0]), join(other.browser(), passwords[1]));
    let (winner, loser) = if one == 303 { (passwords[0], passwords[1]) } else { (passwords[1], passwords[0]) };
    assert_eq!((one.min(two), one.max(two)), (303, 410));
    assert_eq!(studio.browser().sign_in(RUI, winner).await.0.status, 303);
    assert_eq!(studio.browser().sign_in(RUI, loser).await.0.status, 422, "the second password is nobody's");
    let rows = audit::list(studio.app.db.of(studio.id), &AuditFilter::default(), LogOrder::Oldest(None), 100).await;
    assert_eq!(rows.unwrap().iter().filter(|row| row.action == "staff.join").count(), 1);
}

#[apply(on_both_engines!)]
async fn who_holds_an_invitation_guesses_the_password_of_its_reader_ten_times_and_waits(studio: Studio) {
    let studio = studio.with_a_clock_that_stands().await;
    let neighbour = studio.neighbour().await;
    studio.add_staff(neighbour, RUI, Role::Owner).await;
    let owner = studio.signed_in(Role::Owner).await;
    invite(&owner, RUI, "viewer").await;
    let (token, _) = studio.mailed_link(studio.id, MailKind::StaffInvitation).await;
    let join = async |password: &str| {
        studio.browser().from("192.0.2.9").send(INVITATION, &[("token", token.reveal()), ("password", password)]).await
    };
    for guess in 0..10 {
        assert_eq!(join(&format!("guess number {guess}")).await.status, 422);
    }
    let reply = join(PASSWORD).await;
    assert_eq!((reply.status.as_u16(), reply.header("retry-after")), (429, "900"), "also with the right one");
    assert_eq!(studio.browser().from("192.0.2.9").sign_in(RUI, PASSWORD).await.0.status, 429, "it is one count");
    assert_eq!(member(&studio, studio.id, RUI).await.state(), StaffState::Invited);
    studio.pass(Duration::from_mins(15));
    assert_eq!(join(PASSWORD).await.status, 303);
}

#[apply(on_both_engines!)]
async fn neither_a_links_token_nor_a_password_is_stored(studio: Studio) {
    let owner = studio.signed_in(Role::Owner).await;
    invite(&owner, RUI, "viewer").await;
    let (invitation, _) = studio.mailed_link(studio.id, MailKind::StaffInvitation).await;
    studio.browser().send(INVITATION, &[("token", invitation.reveal()), ("password", PASSWORD)]).await.leads_to();
    let (reset, _) = forgotten(&studio, RUI).await;
    studio.browser().send(RESET, &[("token", reset.reveal()), ("password", NEW)]).await;
    let (unused, _) = forgotten(&studio, RUI).await;
    let db = &studio.app.db;
    let mut stored = String::new();
    for (table, columns) in [
        ("staff", "id || email || password_hash"),
        ("mail_links", "token_hash || purpose"),
        ("outbox", "page || coalesce(last_error, '') || subject_id"),
        ("audit", "action || subject_id || coalesce(cast(was as text), '') || coalesce(cast(became as text), '')"),
        ("sessions", "token_hash || id"),
    ] {
        let rows = match db.read().engine() {
            flow_gateway::store::db::Engine::Sqlite => format!("select group_concat({columns}, ' ') from {table}"),
            flow_gateway::store::db::Engine::Postgres => format!("select string_agg({columns}, ' ') from {table}"),
        };
        let rows = db.read().query(rows).scalar::<String>().await.unwrap().expect("rows");
        stored += &rows;
    }
    assert!(stored.contains(&unused.hash()), "of a link its hash is there");
    for secret in [invitation.reveal(), reset.reveal(), unused.reveal(), PASSWORD, NEW] {
        assert!(!stored.contains(secret), "{secret} is in {stored}");
    }
}
