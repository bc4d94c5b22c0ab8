//! Attacks every operation of the Members API. The table itself says what there is to attack, so that a new operation is attacked at
//! once.

use flow_gateway::{access::scope::Scope, surfaces::members::endpoints};
use serde_json::json;

use super::{
    bookings::{book, crowd, with_a_class},
    calendar::FEED,
    joined,
    tokens::{PAGE, page, token},
};
use crate::{
    resources::classes::id,
    support::studio::{on_both_engines, publishable, secret},
};

/// Method and path of each operation, about this booking.
fn operations(booking: &str) -> Vec<(&'static str, String)> {
    let rules = endpoints().into_iter().map(|endpoint| endpoint.rule);
    rules.map(|rule| (rule.method, rule.path.replace("{bookingId}", booking))).collect()
}

#[apply(on_both_engines!)]
async fn no_operation_is_reached_without_a_token_of_ours_from_its_own_page(studio: Studio) {
    let (studio, _, occurrence) = with_a_class(studio, json!({})).await;
    let member = crowd(&studio, 1).await.remove(0).at(&studio).await;
    let booking = id(&book(&member, &occurrence).await.expect(201));
    member.post(FEED, json!({})).await.expect(201);
    let keys = [studio.key(publishable()).await, studio.key(secret(&[Scope::MembersRead])).await];
    let from_page = studio.members_client().with("origin", PAGE);
    for (method, path) in operations(&booking) {
        from_page.call(method, &path).await.is_problem(401, "missing_token");
        for forged in ["x", "flow_pk_x", "a.b.c", keys[0].minted.reveal()] {
            let call = from_page.clone().with("authorization", &format!("Bearer {forged}"));
            call.call(method, &path).await.is_problem(401, "invalid_token");
        }
        let with_a_key = studio.members_client().with_key(keys[1].minted.reveal());
        assert_eq!(with_a_key.call(method, &path).await.status, 401, "{method} {path}");
        let elsewhere = member.clone().with("origin", "https://evil.example");
        elsewhere.call(method, &path).await.is_problem(403, "origin_not_allowed");
        let cookie = studio.members_client().with("cookie", "flow_member=x").with("origin", PAGE);
        cookie.call(method, &path).await.is_problem(401, "missing_token");
    }
    member.get(&format!("/v1/me/bookings/{booking}")).await.expect(200);
    member.get(FEED).await.expect(200);
}

#[apply(on_both_engines!)]
async fn no_operation_is_reached_once_the_session_has_ended(studio: Studio) {
    let (browser, _) = joined(&studio).await;
    let client = page(&studio, &token(&studio, studio.id, &browser).await);
    client.post(FEED, json!({})).await.expect(201);
    browser.send("/sign-out-everywhere", &[]).await;
    for (method, path) in operations("bkg_01jdc9x0aetqt8q3yv0gcm1v5k") {
        client.call(method, &path).await.is_problem(401, "invalid_token");
    }
}

#[apply(on_both_engines!)]
async fn no_operation_reaches_another_members_booking(studio: Studio) {
    let (studio, _, occurrence) = with_a_class(studio, json!({})).await;
    let people = crowd(&studio, 2).await;
    let (owner, other) = (people[0].at(&studio).await, people[1].at(&studio).await);
    let booking = id(&book(&owner, &occurrence).await.expect(201));
    let named = operations(&booking).into_iter().filter(|(_, path)| path.contains(&booking));
    for (method, path) in named {
        other.call(method, &path).await.is_problem(404, "not_found");
    }
    assert_eq!(owner.get(&format!("/v1/me/bookings/{booking}")).await.expect(200)["status"], "booked");
}
