//! What is asked of a member's bookings costs what counts of them, however often the member booked and cancelled: SQLite says by
//! which index it finds them.

use flow_gateway::{resources::members::passing, store::explain};
use serde_json::json;

use super::{BOOKINGS, book, crowd, with_a_class};
use crate::{
    members::calendar::{made, read},
    support::studio::Studio,
};

const INDEX: &str = "bookings_of_member_that_count";

#[tokio::test]
async fn overlaps_and_what_lies_ahead_of_ended_memberships_are_found_among_what_counts() {
    let (studio, _, occurrence) = with_a_class(Studio::on_sqlite().await, json!({})).await;
    let member = crowd(&studio, 1).await.remove(0);
    let client = member.at(&studio).await;
    book(&client, &occurrence).await.expect(201);
    let (reply, plans) = explain::of(client.get(BOOKINGS)).await;
    assert_eq!(reply.rows().len(), 1);
    let range = format!("{INDEX} (studio_id=? AND membership_id=? AND starts_at>? AND starts_at<?)");
    assert!(plans.iter().any(|plan| plan.contains(&range)), "{plans:#?}");
    let mut tx = studio.app.db.begin().await.unwrap();
    let text = "update members set ends_on = '2020-01-01' where studio_id = $1";
    tx.on().query(text).bind(studio.id).execute().await.unwrap();
    tx.commit().await.unwrap();
    let ends = passing::expire_due(&studio.app.db, &studio.clock, &studio.app.turns);
    let (done, plans) = explain::of(ends).await;
    done.unwrap();
    let range = format!("{INDEX} (studio_id=? AND membership_id=? AND starts_at>?)");
    assert!(plans.iter().any(|plan| plan.contains(&range)), "{plans:#?}");
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
        format!("{INDEX} (studio_id=? AND membership_id=? AND starts_at>?)"),
        "bookings_by_members_change (studio_id=? AND membership_id=? AND updated_at>?)".to_owned(),
    ] {
        assert!(plans.iter().any(|plan| plan.contains(&range)), "{range}: {plans:#?}");
    }
    assert!(!plans.iter().any(|plan| plan.contains("TEMP B-TREE")), "nothing is put in order anew: {plans:#?}");
}
