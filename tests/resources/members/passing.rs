//! What time brings: the last day of a membership passes.

use std::time::Duration;

use flow_gateway::store::{
    audit::{self, AuditFilter, GATEWAY},
    filter::LogOrder,
};
use serde_json::json;

use super::{PEOPLE, day, invite, member, now, outbox, path};
use crate::{
    resources::classes::{on_a_sunday, with},
    support::studio::{on_both_engines, within},
};

const DAY: Duration = Duration::from_hours(24);
const SOON: Duration = Duration::from_secs(20);

#[apply(on_both_engines!)]
async fn two_instances_end_each_membership_once_when_its_last_day_has_passed(studio: Studio) {
    let studio = on_a_sunday(studio).await;
    let server = studio.server(PEOPLE).await;
    let until = |days| json!({"starts_on": "2026-01-01", "ends_on": day(&studio, days)});
    let mut rows = Vec::new();
    for (email, days) in [
        ("expires@member.example", 0),
        ("cancels@member.example", 0),
        ("paused@member.example", 0),
        ("stays@member.example", 1),
    ] {
        let rui = member(&server, email).await;
        // Rows of one instant stand in no order.
        studio.pass(Duration::from_millis(1));
        rows.push(server.patch(&path(&rui), until(days)).await.expect(200));
    }
    rows[1] = server.post(&format!("{}/cancel", path(&rows[1])), json!({"when": "period_end"})).await.expect(200);
    rows[2] = server.patch(&path(&rows[2]), json!({"status": "paused"})).await.expect(200);
    let invited = invite(&server, "invited@member.example").await;
    rows.push(server.patch(&path(&invited), until(0)).await.expect(200));

    // At noon of the last day nothing has passed; twelve hours and a bit later it has, by the clocks of Lisbon.
    let (one, other) = tokio::join!(studio.second_instance(), studio.second_instance());
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(server.get("/v1/members").await.rows(), rows);
    drop((one, other));
    studio.pass(DAY / 2 + Duration::from_mins(61));
    let (one, other) = tokio::join!(studio.second_instance(), studio.second_instance());
    within(SOON, async || server.get("/v1/members?status=expired").await.rows().len() == 3).await;
    let at = studio.clock.now().to_string();
    let moved = |row: &serde_json::Value, status, cancelled_at| {
        let version = row["version"].as_i64().unwrap() + 1;
        with(row.clone(), json!({"status": status, "cancelled_at": cancelled_at, "version": version, "updated_at": at}))
    };
    let wanted = [
        moved(&rows[0], "expired", None),
        moved(&rows[1], "cancelled", Some(&at)),
        moved(&rows[2], "expired", None),
        rows[3].clone(),
        moved(&rows[4], "expired", None),
    ];
    assert_eq!(server.get("/v1/members").await.rows(), wanted);
    // What ends twice would do so a moment later.
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(server.get("/v1/members").await.rows(), wanted);
    assert_eq!(outbox(&studio).await.iter().filter(|mail| mail.subject_id == invited["id"]).count(), 0);
    server.post(&format!("{}/cancel", path(&rows[0])), json!({})).await.is_problem(409, "conflict");
    drop((one, other));
    let filter = AuditFilter { by: Some(GATEWAY.to_owned()), ..AuditFilter::default() };
    let told = audit::list(studio.app.db.of(studio.id), &filter, LogOrder::Oldest(None), 100).await.expect("rows");
    let of =
        |row: &serde_json::Value| -> Vec<_> { told.iter().filter(|entry| row["id"] == *entry.subject.id).collect() };
    for (row, action, before, after) in [
        (&rows[0], "members.expire", json!({"status": "active"}), json!({"status": "expired"})),
        (
            &rows[1],
            "members.end_cancelled",
            json!({"status": "active", "cancelled_at": null}),
            json!({"status": "cancelled", "cancelled_at": at}),
        ),
        (&rows[2], "members.expire", json!({"status": "paused"}), json!({"status": "expired"})),
        (&rows[4], "members.expire", json!({"status": "invited"}), json!({"status": "expired"})),
    ] {
        let [entry] = of(row)[..] else { panic!("one row, by one of two instances: {told:?}") };
        assert_eq!((&*entry.action, &entry.before, &entry.after), (action, &Some(before), &Some(after)));
    }
    assert_eq!(told.len(), 4, "none for who stays: {told:?}");
}

#[apply(on_both_engines!)]
async fn what_has_passed_is_over_in_the_next_write_and_for_an_invitation(studio: Studio) {
    let studio = on_a_sunday(studio).await;
    let server = studio.server(PEOPLE).await;
    let until = json!({"starts_on": "2026-01-01", "ends_on": day(&studio, 1)});
    let mut people = Vec::new();
    for email in ["a@member.example", "b@member.example", "c@member.example", "d@member.example"] {
        let rui = member(&server, email).await;
        people.push(server.patch(&path(&rui), until.clone()).await.expect(200));
    }
    server.post(&format!("{}/cancel", path(&people[1])), json!({"when": "period_end"})).await.expect(200);
    // The clock is moved where nobody looks: the instance that sweeps has its own.
    studio.pass(2 * DAY);
    let expired = server.patch(&path(&people[0]), json!({"notes": "x"})).await.expect(200);
    assert_eq!(
        (&expired["status"], &expired["cancelled_at"], &expired["notes"]),
        (&json!("expired"), &json!(null), &json!("x"))
    );
    let cancelled = server.patch(&path(&people[1]), json!({"notes": "x"})).await.expect(200);
    assert_eq!(
        (&cancelled["status"], &cancelled["cancelled_at"]),
        (&json!("cancelled"), &json!(studio.clock.now().to_string()))
    );
    let longer = server.patch(&path(&people[2]), json!({"ends_on": day(&studio, 9)})).await.expect(200);
    assert_eq!(longer["status"], "active");
    let back = server.post("/v1/members/invites", json!({"email": "d@member.example"})).await.expect(201);
    assert_eq!((&back["id"], &back["status"], &back["ends_on"]), (&people[3]["id"], &json!("invited"), &json!(null)));
}

#[apply(on_both_engines!)]
async fn the_day_passes_by_the_clocks_of_the_studio(studio: Studio) {
    let studio = on_a_sunday(studio).await;
    let server = studio.server(PEOPLE).await;
    let mut tx = studio.app.db.begin().await.unwrap();
    tx.on()
        .query("update studios set time_zone = 'Pacific/Kiritimati' where id = $1")
        .bind(studio.id)
        .execute()
        .await
        .unwrap();
    tx.commit().await.unwrap();
    // Noon of Sunday in Greenwich is Monday there, at two.
    let rui = member(&server, "rui@member.example").await;
    assert_eq!(rui["starts_on"], day(&studio, 1));
    server.patch(&path(&rui), json!({"starts_on": "2026-01-01", "ends_on": day(&studio, 0)})).await.expect(200);
    let other = studio.second_instance().await;
    within(SOON, async || now(&server, &rui).await["status"] == "expired").await;
    drop(other);
}
