//! `PATCH /v1/members/{membershipId}`

use futures_util::future::join_all;
use serde_json::json;

use super::{PEOPLE, clara, day, invite, member, monthly, now, opens, outbox, path, token};
use crate::{
    resources::classes::{persist, with},
    support::studio::on_both_engines,
};

#[apply(on_both_engines!)]
async fn what_a_back_office_knows_of_a_person_changes(studio: Studio) {
    let server = studio.server(PEOPLE).await;
    let plan = monthly(&server).await;
    let made = server.post("/v1/members/invites", clara()).await.expect(201);
    let patch = json!({"first_name": "Klara", "phone": null, "birth_date": "1990-05-18", "plan_id": plan["id"], "starts_on": "2026-02-01",
        "ends_on": day(&studio, 30), "tags": ["Yin"], "notes": null, "marketing_consent": false, "external_id": "crm-8", "metadata": {"source": null, "a": "b"}});
    let reply = server.patch(&path(&made), patch.clone()).await;
    let changed = reply.expect(200);
    assert_eq!(
        changed,
        with(with(made, patch), json!({"metadata": {"a": "b"}, "version": 2, "updated_at": changed["updated_at"]}))
    );
    assert_eq!((reply.header("etag"), reply.header("cache-control")), ("\"2\"", "no-store"));
}

#[apply(on_both_engines!)]
async fn what_the_gateway_sets_no_request_does(studio: Studio) {
    let server = studio.server(PEOPLE).await;
    let made = invite(&server, "rui@member.example").await;
    let patch = json!({"cancel_on": "2026-01-01", "cancelled_at": "2026-01-01T00:00:00Z", "cancel_reason": "x", "last_signed_in_at": "2026-01-01T00:00:00Z", "email": null, "version": 7});
    let pointers = server.patch(&path(&made), patch).await.faults();
    assert!(
        ["/cancel_reason", "/cancelled_at", "/email", "/last_signed_in_at", "/version"]
            .iter()
            .all(|at| pointers.contains(&(*at).into())),
        "{pointers:?}"
    );
    assert_eq!(server.patch(&path(&made), json!({"cancel_on": "2026-01-01"})).await.faults(), ["/cancel_on"]);
    let patch = json!({"starts_on": "2026-02-02", "ends_on": "2026-02-01", "birth_date": "2199-01-01", "plan_id": "pln_01jdc9x0aetqt8q3yv0gcm1v5k"});
    assert_eq!(server.patch(&path(&made), patch).await.faults(), ["/birth_date", "/ends_on", "/plan_id"]);
}

#[apply(on_both_engines!)]
async fn a_status_follows_only_on_some(studio: Studio) {
    let server = studio.server(PEOPLE).await;
    let rui = invite(&server, "rui@member.example").await;
    let to = async |status: &str| server.patch(&path(&rui), json!({"status": status})).await;
    for status in ["paused", "cancelled", "expired"] {
        to(status).await.is_problem(409, "conflict");
    }
    let active = to("active").await.expect(200);
    assert_eq!((&active["status"], &active["starts_on"]), (&json!("active"), &json!(day(&studio, 0))));
    assert_eq!(outbox(&studio).await.len(), 0, "there is nothing to accept any more");
    for status in ["invited", "cancelled", "expired"] {
        to(status).await.is_problem(409, "conflict");
    }
    assert_eq!(to("paused").await.expect(200)["status"], "paused");
    assert_eq!(to("active").await.expect(200)["status"], "active");
    server.post(&format!("{}/cancel", path(&rui)), json!({"reason": "Moved"})).await.expect(200);
    for status in ["invited", "paused", "expired"] {
        to(status).await.is_problem(409, "conflict");
    }
    let back = to("active").await.expect(200);
    assert_eq!(
        [&back["status"], &back["cancel_on"], &back["cancelled_at"], &back["cancel_reason"]],
        [&json!("active"), &json!(null), &json!(null), &json!(null)]
    );
    to("gone").await.faults();
}

#[apply(on_both_engines!)]
async fn a_membership_is_made_active_again_with_an_end_to_come(studio: Studio) {
    let server = studio.server(PEOPLE).await;
    let rui = member(&server, "rui@member.example").await;
    server.patch(&path(&rui), json!({"starts_on": "2026-01-01", "ends_on": day(&studio, 1)})).await.expect(200);
    let expired = server.patch(&path(&rui), json!({"ends_on": day(&studio, -1)})).await.expect(200);
    assert_eq!((&expired["status"], &expired["version"]), (&json!("expired"), &json!(4)), "in that same write");
    assert_eq!(server.patch(&path(&rui), json!({"status": "active"})).await.faults(), ["/ends_on"]);
    server.patch(&path(&rui), json!({"status": "active", "ends_on": null})).await.expect(200);
}

#[apply(on_both_engines!)]
async fn who_becomes_a_member_has_no_invitation_to_accept(studio: Studio) {
    let server = studio.server(PEOPLE).await;
    let rui = invite(&server, "rui@member.example").await;
    let link = token(&studio).await;
    server.patch(&path(&rui), json!({"first_name": "Rui"})).await.expect(200);
    assert!(opens(&studio, &link).await.is_some());
    server.patch(&path(&rui), json!({"status": "active"})).await.expect(200);
    assert_eq!((opens(&studio, &link).await, outbox(&studio).await.len()), (None, 0));
}

#[apply(on_both_engines!)]
async fn a_cancellation_at_the_end_of_the_period_is_taken_back(studio: Studio) {
    let server = studio.server(PEOPLE).await;
    let rui = member(&server, "rui@member.example").await;
    server.patch(&path(&rui), json!({"ends_on": day(&studio, 40)})).await.expect(200);
    let to_be = server
        .post(&format!("{}/cancel", path(&rui)), json!({"when": "period_end", "reason": "Moves"}))
        .await
        .expect(200);
    assert_eq!(to_be["cancel_on"], day(&studio, 40));
    assert_eq!(server.patch(&path(&rui), json!({"cancel_on": day(&studio, 41)})).await.faults(), ["/cancel_on"]);
    assert_eq!(
        server.patch(&path(&rui), json!({"cancel_on": to_be["cancel_on"]})).await.expect(200),
        to_be,
        "as it is"
    );
    let back = server.patch(&path(&rui), json!({"cancel_on": null})).await.expect(200);
    assert_eq!(
        back,
        with(to_be, json!({"cancel_on": null, "cancel_reason": null, "version": 5, "updated_at": back["updated_at"]}))
    );
    assert_eq!(server.patch(&path(&rui), json!({"cancel_on": null})).await.expect(200), back);
    let gone = server.post(&format!("{}/cancel", path(&rui)), json!({})).await.expect(200);
    assert_eq!(server.patch(&path(&rui), json!({"cancel_on": null})).await.faults(), ["/cancel_on"]);
    assert_eq!(now(&server, &rui).await, gone);
}

#[apply(on_both_engines!)]
async fn an_address_belongs_to_one_member_whatever_its_case(studio: Studio) {
    let server = studio.server(PEOPLE).await;
    let (rui, ana) = (invite(&server, "rui@member.example").await, invite(&server, "ana@member.example").await);
    let problem = server.patch(&path(&ana), json!({"email": "RUI@member.example"})).await.is_problem(409, "conflict");
    assert_eq!(problem["errors"][0]["pointer"], "/email");
    assert!(!problem["detail"].as_str().unwrap().contains("member.example"));
    let changed = server.patch(&path(&rui), json!({"email": "Rui@Member.example"})).await.expect(200);
    assert_eq!(changed["email"], "Rui@Member.example");
}

#[apply(on_both_engines!)]
async fn an_umlaut_is_a_letter_like_any_other(studio: Studio) {
    let server = studio.server(PEOPLE).await;
    let made = invite(&server, "jürgen@müller.example").await;
    let same = server.post("/v1/members/invites", json!({"email": "JÜRGEN@MÜLLER.EXAMPLE"})).await.expect(200);
    assert_eq!(same, made);
    assert_eq!(server.get("/v1/members?email=J%C3%9Crgen@m%C3%BCller.example").await.rows(), [made]);
}

#[apply(on_both_engines!)]
async fn an_invitation_follows_the_address_and_no_link_stays_behind(studio: Studio) {
    let server = studio.server(PEOPLE).await;
    let rui = invite(&server, "riu@member.example").await;
    let wrong = token(&studio).await;
    server.patch(&path(&rui), json!({"email": "rui@member.example"})).await.expect(200);
    assert_eq!(opens(&studio, &wrong).await, None);
    let mails = outbox(&studio).await;
    assert_eq!((mails.len(), mails[0].email.as_str()), (1, "rui@member.example"));
    let right = token(&studio).await;
    let ana = invite(&server, "aan@member.example").await;
    let mails = outbox(&studio).await;
    let mut tx = studio.app.db.begin().await.unwrap();
    let found = flow_gateway::mail::outbox::open(tx.on().of(studio.id), mails[1].id).await.unwrap();
    tx.commit().await.unwrap();
    let (_, stray) = found.expect("the mail");
    let stray = stray.expect("a token").reveal().to_owned();
    assert!(opens(&studio, &stray).await.is_some());
    server.patch(&path(&ana), json!({"email": "ana@member.example", "status": "active"})).await.expect(200);
    assert_eq!(opens(&studio, &stray).await, None, "also of one who becomes a member at once");
    server.patch(&path(&rui), json!({"email": "Rui@member.example", "first_name": "Rui"})).await.expect(200);
    assert!(opens(&studio, &right).await.is_some(), "the same address, and the same link");
}

#[apply(on_both_engines!)]
async fn a_crowd_that_wants_one_address_gets_it_once(studio: Studio) {
    let server = studio.server(PEOPLE).await;
    let mut members = Vec::new();
    for number in 0..8 {
        members.push(invite(&server, &format!("m{number}@member.example")).await);
    }
    let calls = members.iter().map(|member| {
        let server = &server;
        persist(async move || server.patch(&path(member), json!({"email": "one@member.example"})).await)
    });
    let replies = join_all(calls).await;
    assert_eq!(replies.iter().filter(|reply| reply.status == 200).count(), 1);
    replies.iter().filter(|reply| reply.status != 200).for_each(|reply| {
        reply.is_problem(409, "conflict");
    });
}

#[apply(on_both_engines!)]
async fn only_what_was_seen_is_changed(studio: Studio) {
    let server = studio.server(PEOPLE).await;
    let rui = invite(&server, "rui@member.example").await;
    server.patch(&path(&rui), json!({"notes": "a"})).await.expect(200);
    let late = server.clone().with("if-match", "\"1\"");
    late.patch(&path(&rui), json!({"notes": "b"})).await.is_problem(412, "version_mismatch");
    late.post(&format!("{}/cancel", path(&rui)), json!({})).await.is_problem(412, "version_mismatch");
    let dry = server.patch(&format!("{}?dry_run=true", path(&rui)), json!({"notes": "c"})).await.expect(200);
    assert_eq!(dry["result"]["notes"], "c");
    assert_eq!(now(&server, &rui).await["notes"], "a");
    let theirs = studio.server_of(studio.neighbour().await, PEOPLE).await;
    theirs.patch(&path(&rui), json!({"notes": "d"})).await.is_problem(404, "not_found");
}
