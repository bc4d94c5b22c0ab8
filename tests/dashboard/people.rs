//! Owners invite people, change their roles and end their accounts.

use std::{convert::Infallible, time::Duration};

use axum::body::{Body, Bytes};
use flow_gateway::{
    access::{keys, scope::Scope, sessions::stored::Role},
    signin::{
        password::PasswordHash,
        people::{MOST_EVER, MOST_PEOPLE},
        staff::{self, StaffMember, StaffState},
    },
    store::audit::{self, AuditFilter, Entry},
    store::filter::LogOrder,
};
use futures_util::stream;
use tokio::sync::oneshot;

use crate::mail::sending::mailer;
use crate::support::{
    dashboard::PASSWORD,
    smtp::{MailServer, Mood},
    studio::{Studio, on_both_engines, secret},
};

const RUI: &str = "rui@casa.example";

async fn entries(studio: &Studio) -> Vec<Entry> {
    let (filter, order) = (AuditFilter::default(), LogOrder::Newest(None));
    let mut rows = audit::list(studio.app.db.of(studio.id), &filter, order, 100).await.unwrap();
    rows.retain(|row| row.action.starts_with("staff."));
    rows
}

async fn standing(studio: &Studio, email: &str) -> Option<(Role, StaffState)> {
    let all = staff::list(studio.app.db.of(studio.id)).await.unwrap();
    all.iter().find(|member| member.email.as_str() == email).map(|member| (member.role, member.state()))
}

#[apply(on_both_engines!)]
async fn an_owner_invites_and_neither_developer_nor_viewer_sees_or_changes_people(studio: Studio) {
    let owner = studio.signed_in(Role::Owner).await;
    let sent = [("email", "Rui@casa.example"), ("role", "developer")];
    let person = owner.send("/studio/people", &sent).await.leads_to().to_owned();
    let page = owner.open(&person).await.html();
    assert!(page.contains(RUI) && page.contains("Invited") && page.contains("Invite again"), "{page}");
    assert_eq!(standing(&studio, RUI).await, Some((Role::Developer, StaffState::Invited)));
    let rows = entries(&studio).await;
    assert_eq!(rows.len(), 1);
    assert_eq!((rows[0].action.as_str(), rows[0].from.is_some()), ("staff.invite", true), "{rows:?}");
    assert_eq!(rows[0].after.as_ref().unwrap()["role"], "developer");
    assert!(!format!("{rows:?}").contains("casa.example"), "an address may be erased, a row may not: {rows:?}");
    for role in [Role::Developer, Role::Viewer] {
        let other = studio.signed_in(role).await;
        assert!(!other.open("/studio/api-keys").await.html().contains("/studio/people"), "no link leads there");
        let program = other.with("accept", "*/*");
        for page in ["/studio/people", &person] {
            program.open(page).await.is_problem(403, "insufficient_role");
        }
        let forms = [
            ("/studio/people".to_owned(), vec![("email", "eve@casa.example"), ("role", "owner")]),
            (format!("{person}/role"), vec![("role", "owner")]),
            (format!("{person}/end"), vec![]),
            (format!("{person}/invitation"), vec![("role", "owner")]),
        ];
        for (form, fields) in forms {
            program.send(&form, &fields).await.is_problem(403, "insufficient_role");
        }
    }
    assert_eq!(standing(&studio, RUI).await, Some((Role::Developer, StaffState::Invited)));
    assert_eq!(standing(&studio, "eve@casa.example").await, None);
    assert_eq!(entries(&studio).await.len(), 1, "a refusal leaves no row");
}

#[apply(on_both_engines!)]
async fn an_invitation_names_what_is_wrong_with_it_and_invites_nobody(studio: Studio) {
    let owner = studio.signed_in(Role::Owner).await;
    let cases = [
        ("no address", "viewer", "E-mail must"),
        (RUI, "", "Choose a role"),
        (RUI, "operator", "Choose a role"),
        ("OWNER@casa.example", "viewer", "on the staff already"),
    ];
    for (email, role, said) in cases {
        let reply = owner.send("/studio/people", &[("email", email), ("role", role)]).await;
        assert_eq!(reply.status, 422, "{reply:?}");
        assert!(reply.html().contains(said), "{}", reply.html());
        assert!(reply.html().contains(email), "what was typed stays: {}", reply.html());
    }
    assert_eq!(staff::list(studio.app.db.of(studio.id)).await.unwrap().len(), 1);
    assert!(entries(&studio).await.is_empty());
}

#[apply(on_both_engines!)]
async fn a_role_that_is_changed_counts_at_the_next_request_and_leaves_one_row(studio: Studio) {
    let owner = studio.signed_in(Role::Owner).await;
    let id = studio.add_staff(studio.id, RUI, Role::Developer).await;
    let rui = studio.browser().sign_in(RUI, PASSWORD).await.1;
    assert_eq!(rui.open("/studio/api-keys/new").await.status, 200);
    let form = format!("/studio/people/{id}/role");
    for _ in 0..2 {
        assert_eq!(owner.send(&form, &[("role", "viewer")]).await.leads_to(), format!("/studio/people/{id}"));
    }
    assert_eq!(rui.open("/studio/api-keys/new").await.status, 403);
    let rows = entries(&studio).await;
    assert_eq!(rows.len(), 1, "the second change changed nothing: {rows:?}");
    assert_eq!(rows[0].before.as_ref().unwrap()["role"], "developer");
    assert_eq!(rows[0].after.as_ref().unwrap()["role"], "viewer");
    assert_eq!(owner.send(&form, &[]).await.status, 422);
}

#[apply(on_both_engines!)]
async fn an_account_that_is_ended_is_out_at_once_and_its_keys_work_on(studio: Studio) {
    let owner = studio.signed_in(Role::Owner).await;
    let id = studio.add_staff(studio.id, RUI, Role::Developer).await;
    let rui = studio.browser().sign_in(RUI, PASSWORD).await.1;
    let form = rui.open("/studio/api-keys/new").await.between("name=\"form\" value=\"", "\"");
    let fields = [
        ("form", form.as_str()),
        ("name", "Lobby screen"),
        ("kind", "secret"),
        ("scopes", "classes:read"),
        ("rate_limit", "10"),
        ("expires", "30"),
    ];
    assert_eq!(rui.send("/studio/api-keys", &fields).await.status, 200);
    studio.key(secret(&[Scope::ClassesRead])).await;
    let made = keys::list(studio.app.db.of(studio.id)).await.unwrap();
    let made = made.iter().find(|key| key.name == "Lobby screen").expect("the key");
    let person = format!("/studio/people/{id}");
    let asking = owner.open(&format!("{person}/end")).await.html();
    assert!(asking.contains(&format!("/studio/api-keys/{}/rotation", made.id)), "before it is ended: {asking}");
    assert_eq!(asking.matches("/rotation").count(), 1, "a key of somebody else is not listed: {asking}");
    for _ in 0..2 {
        assert_eq!(owner.send(&format!("{person}/end"), &[]).await.leads_to(), person);
    }
    assert!(rui.open("/studio/api-keys").await.leads_to().starts_with("/studio/sign-in"));
    assert_eq!(studio.browser().sign_in(RUI, PASSWORD).await.0.status, 422);
    let page = owner.open(&person).await.html();
    assert!(page.contains(&format!("/studio/api-keys/{}/rotation", made.id)), "one click from its rotation: {page}");
    assert_eq!(page.matches("/rotation").count(), 1, "a key of somebody else is not listed: {page}");
    let key = owner.open(&format!("/studio/api-keys/{}", made.id)).await.html();
    assert!(key.contains("rui@casa.example (left)") && key.contains("Never used"), "{key}");
    let rows = entries(&studio).await;
    assert_eq!(rows.len(), 1, "an account is ended once: {rows:?}");
    assert_eq!(rows[0].before.as_ref().unwrap()["state"], "active");
    assert_eq!(rows[0].after.as_ref().unwrap()["state"], "ended");
    let list = owner.open("/studio/people").await.html();
    assert!(list.contains("Ended accounts") && list.contains(RUI), "{list}");
    assert_eq!(owner.send(&format!("{person}/role"), &[("role", "owner")]).await.status, 422, "it was ended");
    assert_eq!(owner.send(&format!("{person}/invitation"), &[("role", "viewer")]).await.leads_to(), person);
    assert_eq!(standing(&studio, RUI).await, Some((Role::Viewer, StaffState::Invited)));
    assert_eq!(studio.browser().sign_in(RUI, PASSWORD).await.0.status, 422, "the old password is forgotten");
}

#[apply(on_both_engines!)]
async fn nobody_ends_or_demotes_the_last_owner(studio: Studio) {
    let owner = studio.signed_in(Role::Owner).await;
    let id = staff::owners(studio.app.db.of(studio.id)).await.unwrap()[0].id;
    let invited = [("email", RUI), ("role", "owner")];
    owner.send("/studio/people", &invited).await.leads_to();
    for (form, fields) in [("role", vec![("role", "viewer")]), ("end", vec![])] {
        let reply = owner.send(&format!("/studio/people/{id}/{form}"), &fields).await;
        assert_eq!(reply.status, 422, "an owner who is only invited does not count: {reply:?}");
        assert!(reply.html().contains("only owner who can sign in"), "{}", reply.html());
    }
    assert_eq!(standing(&studio, "owner@casa.example").await, Some((Role::Owner, StaffState::Active)));
}

#[apply(on_both_engines!)]
async fn of_two_owners_who_end_each_other_at_once_one_stays(studio: Studio) {
    let anna = studio.signed_in(Role::Owner).await;
    let rui_id = studio.add_staff(studio.id, RUI, Role::Owner).await;
    let rui = studio.browser().sign_in(RUI, PASSWORD).await.1;
    let owners = staff::owners(studio.app.db.of(studio.id)).await.unwrap();
    let anna_id = owners.iter().find(|owner| owner.id != rui_id).unwrap().id;
    let (by_anna, by_rui) = (format!("/studio/people/{rui_id}/end"), format!("/studio/people/{anna_id}/role"));
    tokio::join!(anna.send(&by_anna, &[]), rui.send(&by_rui, &[("role", "viewer")]));
    assert_eq!(staff::owners(studio.app.db.of(studio.id)).await.unwrap().len(), 1);
}

#[apply(on_both_engines!)]
async fn nobody_of_another_studio_is_seen_or_changed(studio: Studio) {
    let owner = studio.signed_in(Role::Owner).await;
    let neighbour = studio.neighbour().await;
    studio.add_staff(neighbour, "eva@casa.example", Role::Owner).await;
    let there = studio.add_staff(neighbour, RUI, Role::Viewer).await;
    assert!(!owner.open("/studio/people").await.html().contains(RUI));
    let person = format!("/studio/people/{there}");
    assert_eq!(owner.open(&person).await.status, 404);
    for page in ["role", "end", "invitation"] {
        assert_eq!(owner.open(&format!("{person}/{page}")).await.status, 404);
        assert_eq!(owner.send(&format!("{person}/{page}"), &[("role", "owner")]).await.status, 404);
    }
    let all = staff::list(studio.app.db.of(neighbour)).await.unwrap();
    let rui = all.iter().find(|member| member.id == there).unwrap();
    assert_eq!((rui.role, rui.state()), (Role::Viewer, StaffState::Active));
}

#[apply(on_both_engines!)]
async fn who_is_ended_while_their_form_arrives_changes_nothing(studio: Studio) {
    let owner = studio.signed_in(Role::Owner).await;
    let id = studio.add_staff(studio.id, RUI, Role::Owner).await;
    let rui = studio.browser().sign_in(RUI, PASSWORD).await.1;
    let (path, fields) = ("/studio/people", "email=rui%40casa.example&role=owner");
    let (asked, is_asked) = oneshot::channel();
    let (go, may_go) = oneshot::channel();
    let body = stream::once(async move {
        asked.send(()).expect("somebody waits");
        may_go.await.expect("it goes on");
        Ok::<_, Infallible>(Bytes::from(fields))
    });
    let form = rui.with("accept", "*/*");
    let sent = form.send_body(path, Body::from_stream(body));
    let ended = async {
        is_asked.await.expect("the form is read");
        assert_eq!(owner.send(&format!("/studio/people/{id}/end"), &[]).await.status, 303);
        go.send(()).expect("the form waits");
    };
    let (reply, ()) = tokio::join!(sent, ended);
    reply.is_problem(403, "insufficient_role");
    assert_eq!(standing(&studio, RUI).await, Some((Role::Owner, StaffState::Ended)), "{path}");
}

/// Adds people to the studio by their number, without a password that anybody knows.
async fn crowd(studio: &Studio, numbers: std::ops::Range<i64>, ended: bool) {
    let mut tx = studio.app.db.begin().await.unwrap();
    let now = studio.clock.now();
    for number in numbers {
        let email = format!("p{number}@casa.example").parse().unwrap();
        let on = tx.on().of(studio.id);
        let member = staff::create(on, email, Role::Viewer, PasswordHash::nobodys(), now).await.unwrap();
        if ended {
            let ended = StaffMember { ended_at: Some(now), ..member };
            tx.on().of(studio.id).update("staff", &ended).await.unwrap();
        }
    }
    tx.commit().await.unwrap();
}

#[apply(on_both_engines!)]
async fn a_studio_has_two_hundred_people_and_ever_had_two_thousand(studio: Studio) {
    let owner = studio.signed_in(Role::Owner).await;
    crowd(&studio, 0..MOST_PEOPLE - 1, false).await;
    let invite = async |email: &str| owner.send("/studio/people", &[("email", email), ("role", "viewer")]).await;
    let refused = invite(RUI).await;
    assert_eq!(refused.status, 422);
    assert!(refused.html().contains("has 200 people on its staff, which is the limit"), "{}", refused.html());
    let id = staff::list(studio.app.db.of(studio.id)).await.unwrap().pop().unwrap().id;
    owner.send(&format!("/studio/people/{id}/end"), &[]).await.leads_to();
    assert_eq!(invite(RUI).await.status, 303, "there is room again");

    crowd(&studio, MOST_PEOPLE..MOST_EVER - 1, true).await;
    let id = staff::list(studio.app.db.of(studio.id))
        .await
        .unwrap()
        .iter()
        .find(|member| member.email.as_str() == RUI)
        .unwrap()
        .id;
    owner.send(&format!("/studio/people/{id}/end"), &[]).await.leads_to();
    let refused = invite("new@casa.example").await;
    assert_eq!(refused.status, 422);
    assert!(refused.html().contains("has had 2000 people, which is the limit"), "{}", refused.html());
    assert_eq!(standing(&studio, "new@casa.example").await, None);
    assert_eq!(invite(RUI).await.status, 303, "who was here before comes back");
    let page = owner.open("/studio/people").await.html();
    assert!(page.contains("more than 100") && page.matches("/studio/people/usr_").count() < 310, "{}", page.len());
}

#[apply(on_both_engines!)]
async fn an_address_is_invited_ten_times_an_hour_and_then_said_to_wait(studio: Studio) {
    let studio = studio.with_a_clock_that_stands().await;
    let owner = studio.signed_in(Role::Owner).await;
    let mail = MailServer::open().await;
    mail.set(Mood::Down);
    let sending = studio.instance_with(mailer(&mail)).await;
    let owner = sending.browser().with("cookie", &owner.cookie());
    let invite = async || owner.send("/studio/people", &[("email", RUI), ("role", "viewer")]).await;
    let person = invite().await.leads_to().to_owned();
    for _ in 1..10 {
        owner.send(&format!("{person}/invitation"), &[("role", "viewer")]).await.leads_to();
    }
    let refused = owner.send(&format!("{person}/invitation"), &[("role", "developer")]).await;
    assert_eq!(refused.status, 422);
    assert!(refused.html().contains("61 minutes") || refused.html().contains("60 minutes"), "{}", refused.html());
    assert_eq!(standing(&studio, RUI).await, Some((Role::Viewer, StaffState::Invited)), "nothing was changed");
}

#[apply(on_both_engines!)]
async fn people_and_settings_are_changed_thirty_times_a_minute_and_accounts_ended_all_the_same(studio: Studio) {
    let studio = studio.with_a_clock_that_stands().await;
    let owner = studio.signed_in(Role::Owner).await;
    let id = studio.add_staff(studio.id, RUI, Role::Developer).await;
    let person = format!("/studio/people/{id}");
    for number in 0..30 {
        let role = if number % 2 == 0 { "viewer" } else { "developer" };
        owner.send(&format!("{person}/role"), &[("role", role)]).await.leads_to();
        assert_ne!(owner.send("/studio/settings", &[("name", "")]).await.status, 429);
    }
    let invitation = [("email", "eve@casa.example"), ("role", "viewer")];
    for (form, fields, said) in [
        (format!("{person}/role"), &[("role", "viewer")][..], "people were changed 30 times in the last minute"),
        ("/studio/people".to_owned(), &invitation, "people were changed 30 times"),
        ("/studio/people/second-factor".to_owned(), &[("required", "no")], "people were changed 30 times"),
        ("/studio/settings".to_owned(), &[("name", "X")], "settings were changed 30 times in the last minute"),
    ] {
        let refused = owner.send(&form, fields).await;
        assert_eq!((refused.status.as_u16(), refused.header("retry-after")), (429, "60"), "{form}");
        assert!(refused.html().contains(said), "{}", refused.html());
    }
    assert_eq!(standing(&studio, RUI).await, Some((Role::Developer, StaffState::Active)));
    owner.send(&format!("{person}/end"), &[]).await.leads_to();
    studio.pass(Duration::from_mins(1));
    owner.send("/studio/people", &invitation).await.leads_to();
}
