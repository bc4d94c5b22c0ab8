//! What is asked of a member's bookings costs what counts of them, however often the member booked and cancelled: the engines say
//! by which index they find them.

use flow_gateway::{resources::members::passing, store::explain};
use serde_json::json;

use super::{BOOKINGS, book, crowd, seen, with_a_class};
use crate::{
    members::calendar::{made, read},
    resources::classes::id,
    store::explain::MANY,
    support::{
        crowd::{analyze, copy},
        studio::{Studio, on_both_engines},
    },
};

const THAT_COUNT: &str = "bookings_of_member_that_count";
const CANCELLED: &str = "bookings_cancelled_by_member";

/// Whether a plan finds bookings by this index; SQLite says by which of its columns, too.
#[track_caller]
fn found_by(plans: &[String], index: &str, columns: &str) {
    let found = |plan: &String| {
        let on_postgres = plan.contains(&format!("using {index} on bookings")) || plan.contains(&format!("on {index}"));
        plan.contains(&format!("{index} ({columns})")) || (on_postgres && !plan.contains("Seq Scan on bookings"))
    };
    let found = |plan: &String| found(&plan.replace("Using", "using"));
    assert!(plans.iter().any(found), "{index} ({columns}): {plans:#?}");
}

#[apply(on_both_engines!)]
async fn overlaps_what_lies_ahead_and_what_was_cancelled_are_found_without_the_rest(studio: Studio) {
    let (studio, _, occurrence) = with_a_class(studio, json!({})).await;
    let member = crowd(&studio, 1).await.remove(0);
    let client = member.at(&studio).await;
    let booking = book(&client, &occurrence).await.expect(201);
    let db = &studio.app.db;
    let cancelled = [("status", "'cancelled'"), ("cancelled_at", "t.created_at"), ("cancelled_by", "'staff'")];
    copy(db, "bookings", &id(&booking), MANY, &cancelled.map(|(column, value)| (column, value.to_owned()))).await;
    analyze(db).await;
    let (reply, plans) = explain::of(client.get(&format!("{BOOKINGS}?status=booked"))).await;
    assert_eq!(reply.rows().len(), 1);
    found_by(&plans, THAT_COUNT, "studio_id=? AND membership_id=? AND starts_at>? AND starts_at<?");
    let (row, plans) = explain::of(seen(&client, &occurrence)).await;
    assert_eq!(row["booking_id"], booking["id"]);
    found_by(&plans, CANCELLED, "studio_id=? AND membership_id=? AND occurrence_id=?");
    let mut tx = db.begin().await.unwrap();
    let text = "update members set ends_on = '2020-01-01' where studio_id = $1";
    tx.on().query(text).bind(studio.id).execute().await.unwrap();
    tx.commit().await.unwrap();
    let ends = passing::expire_due(db, &studio.clock, &studio.app.turns);
    let (done, plans) = explain::of(ends).await;
    done.unwrap();
    found_by(&plans, THAT_COUNT, "studio_id=? AND membership_id=? AND starts_at>?");
}

#[tokio::test]
async fn a_calendar_is_read_along_what_counts_and_what_changed_last() {
    let (studio, _, occurrence) = with_a_class(Studio::on_sqlite().await, json!({})).await;
    let client = crowd(&studio, 1).await.remove(0).at(&studio).await;
    book(&client, &occurrence).await.expect(201);
    let path = made(&client).await;
    let (reply, plans) = explain::of(read(&studio, &path)).await;
    assert_eq!(reply.status, 200);
    for range in [
        format!("{THAT_COUNT} (studio_id=? AND membership_id=? AND starts_at>?)"),
        "bookings_by_members_change (studio_id=? AND membership_id=? AND updated_at>?)".to_owned(),
    ] {
        assert!(plans.iter().any(|plan| plan.contains(&range)), "{range}: {plans:#?}");
    }
    assert!(!plans.iter().any(|plan| plan.contains("TEMP B-TREE")), "nothing is put in order anew: {plans:#?}");
}
