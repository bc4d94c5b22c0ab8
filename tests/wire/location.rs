//! `Location`: a new row says where it is.

use flow_gateway::access::scope::Scope::{
    InstructorsRead, InstructorsWrite, LocationsRead, LocationsWrite, MembersRead, MembersWrite,
};
use serde_json::json;
use url::Url;

use crate::support::studio::{Client, Studio, on_both_engines};

async fn writer(studio: &Studio) -> Client {
    studio.server(&[InstructorsRead, InstructorsWrite, LocationsRead, LocationsWrite, MembersRead, MembersWrite]).await
}

/// The path that a reference in the answer of another leads to.
fn found(called: &str, reference: &str) -> String {
    let called = Url::parse(&format!("https://api.studio.example{called}")).unwrap();
    called.join(reference).unwrap().path().to_owned()
}

#[apply(on_both_engines!)]
async fn a_new_row_says_where_it_is_also_when_the_call_is_sent_again(studio: Studio) {
    let server = writer(&studio).await;
    let (list, anna) = ("/v1/instructors", json!({"display_name": "Anna"}));
    let once = server.clone().with("idempotency-key", "anna");
    let made = once.post(list, anna.clone()).await;
    let at = made.header("location").to_owned();
    assert_eq!(at, format!("instructors/{}", made.expect(201)["id"].as_str().unwrap()));
    assert_eq!(once.post(list, anna.clone()).await.header("location"), at);
    server.patch(&found(list, &at), json!({"bio": "Slow and strong."})).await.expect(200);
    let dry = server.post(&format!("{list}?dry_run=true"), anna).await;
    assert_eq!((dry.status.as_u16(), dry.header("location")), (200, ""));
    assert_eq!(server.post(list, json!({})).await.header("location"), "");
}

#[apply(on_both_engines!)]
async fn a_row_inside_another_and_an_invited_member_are_found_by_their_location(studio: Studio) {
    let server = writer(&studio).await;
    let alfama = server.post("/v1/locations", json!({"name": "Alfama"})).await;
    let rooms = format!("{}/rooms", found("/v1/locations", alfama.header("location")));
    let room = server.post(&rooms, json!({"name": "Garden room"})).await;
    server.patch(&found(&rooms, room.header("location")), json!({"capacity": 12})).await.expect(200);
    let invite = async || server.post("/v1/members/invites", json!({"email": "rui@member.example"})).await;
    let (invited, again) = (invite().await, invite().await);
    let at = found("/v1/members/invites", invited.header("location"));
    assert_eq!(at, format!("/v1/members/{}", invited.expect(201)["id"].as_str().unwrap()));
    assert_eq!(again.header("location"), "");
    assert_eq!(again.status.as_u16(), 200, "who is invited again is the row that was there");
    server.patch(&at, json!({"notes": "Likes mornings."})).await.expect(200);
}
