//! `POST /v1/members/invites`

use std::{collections::BTreeSet, time::Duration};

use futures_util::future::join_all;
use serde_json::{Value, json};

use super::{PEOPLE, clara, day, invite, member, monthly, now, opens, outbox, path, token};
use crate::{
    resources::classes::{persist, with},
    support::studio::on_both_engines,
};

const INVITES: &str = "/v1/members/invites";

#[apply(on_both_engines!)]
async fn an_invitation_makes_the_membership_and_a_mail(studio: Studio) {
    let server = studio.server(PEOPLE).await;
    let plan = monthly(&server).await;
    let sent = with(clara(), json!({"plan_id": plan["id"], "ends_on": day(&studio, 300)}));
    let reply = server.post(INVITES, sent.clone()).await;
    let made = reply.expect(201);
    assert_eq!(reply.header("cache-control"), "no-store");
    assert_eq!(reply.header("etag"), "\"1\"");
    let sets = json!({"status": "invited", "cancel_on": null, "cancelled_at": null, "cancel_reason": null, "last_signed_in_at": null});
    let rows =
        json!({"id": made["id"], "version": 1, "created_at": made["created_at"], "updated_at": made["created_at"]});
    assert_eq!(made, with(with(rows, sent), sets));
    assert!(made["id"].as_str().unwrap().starts_with("mbr_"));
    let mails = outbox(&studio).await;
    assert_eq!((mails.len(), mails[0].email.as_str()), (1, "Clara.Nunes@Member.example"));
    assert_eq!(mails[0].expires_at, mails[0].created_at.plus(Duration::from_hours(7 * 24)));
    let token = token(&studio).await;
    assert_eq!(token.len(), 43, "256 bits");
    assert_eq!(opens(&studio, &token).await.as_deref(), made["id"].as_str());
    let page = server.get("/v1/members").await;
    assert_eq!((page.rows(), page.header("cache-control")), (vec![made], "no-store"));
}

#[apply(on_both_engines!)]
async fn an_address_is_all_it_takes(studio: Studio) {
    let server = studio.server(PEOPLE).await;
    let made = invite(&server, "rui@member.example").await;
    assert_eq!(
        (&made["status"], &made["marketing_consent"], &made["tags"]),
        (&json!("invited"), &json!(false), &json!([]))
    );
}

#[apply(on_both_engines!)]
async fn who_is_invited_already_is_sent_a_new_link_and_the_old_one_ends(studio: Studio) {
    let server = studio.server(PEOPLE).await;
    let made = invite(&server, "Rui@Member.example").await;
    let (old, mail) = (token(&studio).await, outbox(&studio).await[0].id);
    let same = server.post(INVITES, json!({"email": "RUI@member.EXAMPLE"})).await.expect(200);
    assert_eq!(same, made, "the address stays as it was written");
    assert_ne!(outbox(&studio).await[0].id, mail);
    let new = token(&studio).await;
    assert_eq!(opens(&studio, &old).await, None);
    assert_eq!(opens(&studio, &new).await.as_deref(), made["id"].as_str());
    let more = json!({"email": "rui@member.example", "first_name": "Rui", "tags": ["Yin"]});
    let changed = server.post(INVITES, more).await.expect(200);
    assert_eq!(
        changed,
        with(made, json!({"first_name": "Rui", "tags": ["Yin"], "version": 2, "updated_at": changed["updated_at"]}))
    );
    assert_eq!(opens(&studio, &new).await, None);
    assert_eq!(outbox(&studio).await.len(), 1);
}

#[apply(on_both_engines!)]
async fn who_is_a_member_is_not_invited(studio: Studio) {
    let server = studio.server(PEOPLE).await;
    let rui = member(&server, "rui@member.example").await;
    for status in ["active", "paused"] {
        server.patch(&path(&rui), json!({"status": status})).await.expect(200);
        server.post(INVITES, json!({"email": "Rui@member.example"})).await.is_problem(409, "already_member");
    }
}

#[apply(on_both_engines!)]
async fn who_has_left_is_invited_anew(studio: Studio) {
    let server = studio.server(PEOPLE).await;
    let plan = monthly(&server).await;
    let first = json!({"email": "rui@member.example", "first_name": "Rui", "plan_id": plan["id"], "starts_on": "2026-01-01", "ends_on": day(&studio, 9)});
    let made = server.post(INVITES, first).await.expect(201);
    server.post(&format!("{}/cancel", path(&made)), json!({"reason": "Moved"})).await.expect(200);
    assert!(outbox(&studio).await.is_empty(), "nobody is invited to what is over");
    let back =
        server.post(INVITES, json!({"email": "rui@member.example", "starts_on": day(&studio, 1)})).await.expect(201);
    let cleared = json!({"status": "invited", "starts_on": day(&studio, 1), "ends_on": null, "version": 3, "updated_at": back["updated_at"]});
    assert_eq!(back, with(made, cleared));
    assert_eq!(opens(&studio, &token(&studio).await).await.as_deref(), back["id"].as_str());
}

#[apply(on_both_engines!)]
async fn every_fault_is_named_at_once(studio: Studio) {
    let server = studio.server(PEOPLE).await;
    let wrong = json!({"email": "rui", "colour": 1, "cancel_on": "2026-01-01", "cancelled_at": null, "last_signed_in_at": "2026-01-01T00:00:00Z",
        "birth_date": "17.5.1990", "marketing_consent": "yes", "id": "mbr_1"});
    assert_eq!(
        server.post(INVITES, wrong).await.faults(),
        [
            "/birth_date",
            "/cancel_on",
            "/cancelled_at",
            "/colour",
            "/email",
            "/id",
            "/last_signed_in_at",
            "/marketing_consent"
        ]
    );
    assert_eq!(server.post(INVITES, json!({})).await.faults(), ["/email"]);
    let more = json!({"email": "rui@member.example", "status": "active", "birth_date": day(&studio, 2), "starts_on": day(&studio, 3),
        "ends_on": day(&studio, -1), "plan_id": "pln_01jdc9x0aetqt8q3yv0gcm1v5k"});
    assert_eq!(
        server.post(INVITES, more).await.faults(),
        ["/birth_date", "/ends_on", "/ends_on", "/plan_id", "/status"]
    );
    assert_eq!(server.post(INVITES, json!({"email": "x@erased.invalid"})).await.faults(), ["/email"]);
    assert!(outbox(&studio).await.is_empty());
}

#[apply(on_both_engines!)]
async fn a_plan_is_of_the_same_studio_and_for_sale(studio: Studio) {
    let server = studio.server(PEOPLE).await;
    let theirs = studio.server_of(studio.neighbour().await, PEOPLE).await;
    let plan = monthly(&theirs).await;
    let sent = |plan: &Value| json!({"email": "rui@member.example", "plan_id": plan["id"]});
    assert_eq!(server.post(INVITES, sent(&plan)).await.faults(), ["/plan_id"]);
    let ours = monthly(&server).await;
    let made = server.post(INVITES, sent(&ours)).await.expect(201);
    server.delete(&format!("/v1/plans/{}", ours["id"].as_str().unwrap())).await.expect(200);
    assert_eq!(server.post(INVITES, sent(&ours)).await.expect(200)["plan_id"], made["plan_id"], "who has it keeps it");
    let late = json!({"email": "ana@member.example", "plan_id": ours["id"]});
    assert_eq!(server.post(INVITES, late).await.faults(), ["/plan_id"]);
}

#[apply(on_both_engines!)]
async fn one_person_may_be_a_member_of_two_studios(studio: Studio) {
    let server = studio.server(PEOPLE).await;
    let theirs = studio.server_of(studio.neighbour().await, PEOPLE).await;
    let (one, other) = (invite(&server, "rui@member.example").await, invite(&theirs, "rui@member.example").await);
    assert_ne!(one["id"], other["id"]);
    assert_eq!(outbox(&studio).await.len(), 1);
}

#[apply(on_both_engines!)]
async fn an_external_id_of_another_member_is_refused(studio: Studio) {
    let server = studio.server(PEOPLE).await;
    server.post(INVITES, clara()).await.expect(201);
    let other = json!({"email": "rui@member.example", "external_id": "crm-7"});
    assert_eq!(server.post(INVITES, other).await.is_problem(409, "conflict")["errors"][0]["pointer"], "/external_id");
}

#[apply(on_both_engines!)]
async fn a_crowd_that_invites_one_person_makes_one_membership(studio: Studio) {
    let (one, other) = (studio.server(PEOPLE).await, studio.second_instance().await.server(PEOPLE).await);
    let calls = (0..16).map(|number| {
        let server = if number % 2 == 0 { &one } else { &other };
        let email = if number % 3 == 0 { "rui@member.example" } else { "Rui@Member.Example" };
        persist(async move || server.post(INVITES, json!({"email": email})).await)
    });
    let replies = join_all(calls).await;
    let ids: BTreeSet<_> = replies.iter().map(|reply| reply.json()["id"].to_string()).collect();
    let mut statuses: Vec<_> = replies.iter().map(|reply| reply.status.as_u16()).collect();
    statuses.sort_unstable();
    assert_eq!((ids.len(), statuses), (1, [vec![200; 15], vec![201]].concat()));
    assert_eq!(one.get("/v1/members").await.rows().len(), 1);
    assert_eq!(outbox(&studio).await.len(), 1);
}

#[apply(on_both_engines!)]
async fn a_crowd_that_invites_and_cancels_ends_with_one_of_both(studio: Studio) {
    let server = studio.server(PEOPLE).await;
    let made = invite(&server, "rui@member.example").await;
    let cancel = format!("{}/cancel", path(&made));
    let calls = (0..16).map(|number| {
        let (server, cancel) = (&server, &cancel);
        persist(async move || match number % 2 {
            0 => server.post(INVITES, json!({"email": "rui@member.example"})).await,
            _ => server.post(cancel, json!({})).await,
        })
    });
    let replies = join_all(calls).await;
    assert!(replies.iter().all(|reply| [200, 201].contains(&reply.status.as_u16())), "{replies:?}");
    let mails = outbox(&studio).await.len();
    let status = now(&server, &made).await["status"].clone();
    assert!(status == "invited" && mails == 1 || status == "cancelled" && mails == 0, "{status} {mails}");
}

#[apply(on_both_engines!)]
async fn a_dry_run_invites_nobody_and_a_retry_nobody_again(studio: Studio) {
    let server = studio.server(PEOPLE).await;
    let dry = server.post(&format!("{INVITES}?dry_run=true"), clara()).await;
    assert_eq!(
        (dry.expect(200)["result"]["status"].clone(), dry.header("cache-control")),
        (json!("invited"), "no-store")
    );
    assert!(server.get("/v1/members").await.rows().is_empty() && outbox(&studio).await.is_empty());
    let keyed = server.clone().with("idempotency-key", "invite-1");
    let first = keyed.post(INVITES, clara()).await;
    first.expect(201);
    let (mail, token) = (outbox(&studio).await[0].id, token(&studio).await);
    let again = keyed.post(INVITES, clara()).await;
    assert_eq!((again.status.as_u16(), &again.body, again.header("cache-control")), (201, &first.body, "no-store"));
    assert_eq!(again.header("idempotency-replayed"), "true");
    assert_eq!(outbox(&studio).await[0].id, mail);
    assert!(opens(&studio, &token).await.is_some());
}

#[apply(on_both_engines!)]
async fn a_link_is_good_for_seven_days(studio: Studio) {
    let studio = studio.with_a_clock_that_stands().await;
    let server = studio.server(PEOPLE).await;
    invite(&server, "rui@member.example").await;
    let token = token(&studio).await;
    studio.pass(Duration::from_hours(7 * 24) - Duration::from_secs(1));
    assert!(opens(&studio, &token).await.is_some());
    studio.pass(Duration::from_secs(1));
    assert_eq!(opens(&studio, &token).await, None);
    flow_gateway::mail::remove_expired(&studio.app.db, studio.clock.now()).await.unwrap();
    assert!(outbox(&studio).await.is_empty());
}
