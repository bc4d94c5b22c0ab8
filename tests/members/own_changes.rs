//! How often a member changes what is theirs: each change leaves a row in the audit log for ever.

use serde_json::json;

use super::{
    bookings::crowd,
    calendar::{FEED, made, one, rest},
};
use crate::support::studio::on_both_engines;

const ME: &str = "/v1/me";

#[apply(on_both_engines!)]
async fn a_member_makes_thirty_changes_an_hour_at_most_and_revokes_the_link_all_the_same(studio: Studio) {
    let (studio, _, member, _) = one(studio).await;
    for change in 0..15 {
        member.patch(ME, json!({"first_name": format!("Rui {change}")})).await.expect(200);
        made(&member).await;
        rest(&studio);
    }
    let other_name = json!({"first_name": "Bea"});
    let refused = member.patch(ME, other_name.clone()).await;
    assert!(refused.header("retry-after").parse::<u32>().is_ok_and(|seconds| seconds <= 3600), "{refused:?}");
    refused.is_problem(429, "rate_limited");
    member.post(FEED, json!({})).await.is_problem(429, "rate_limited");
    let same = member.patch(ME, json!({"first_name": "Rui 14"})).await.expect(200);
    assert_eq!(same["first_name"], "Rui 14", "what changes nothing is no change");
    member.delete(FEED).await.expect(204);
    let another = crowd(&studio, 1).await.remove(0).at(&studio).await;
    another.patch(ME, other_name).await.expect(200);
}
