//! Members, through Management.

mod audited;
mod cancel;
mod change;
mod invite;
mod list;
mod passing;

use flow_gateway::{access::scope::Scope, mail::outbox::Unsent};
use jiff::{ToSpan, tz::TimeZone};
use serde_json::{Value, json};

use crate::support::studio::{Client, Studio};

/// Every scope that members have to do with.
pub const PEOPLE: &[Scope] = &[Scope::MembersRead, Scope::MembersWrite, Scope::PlansRead, Scope::PlansWrite];

/// An invitation with every field.
pub fn clara() -> Value {
    json!({
        "external_id": "crm-7",
        "metadata": {"source": "crm"},
        "email": "Clara.Nunes@Member.example",
        "first_name": "Clara",
        "last_name": "Nunes",
        "phone": "+351 91 000 0000",
        "birth_date": "1990-05-17",
        "plan_id": null,
        "starts_on": "2026-01-15",
        "ends_on": null,
        "tags": ["Mornings"],
        "notes": "Mind her knee.",
        "marketing_consent": true,
    })
}

/// Invites somebody.
pub async fn invite(server: &Client, email: &str) -> Value {
    server.post("/v1/members/invites", json!({"email": email})).await.expect(201)
}

/// A member, made active.
pub async fn member(server: &Client, email: &str) -> Value {
    let invited = invite(server, email).await;
    server.patch(&path(&invited), json!({"status": "active"})).await.expect(200)
}

/// Where a membership is changed.
pub fn path(member: &Value) -> String {
    format!("/v1/members/{}", member["id"].as_str().expect("an id"))
}

/// The row as it is now.
pub async fn now(server: &Client, member: &Value) -> Value {
    server.get(&format!("/v1/members?id={}", member["id"].as_str().expect("an id"))).await.rows()[0].clone()
}

/// A plan that is billed each month.
pub async fn monthly(server: &Client) -> Value {
    server
        .post("/v1/plans", json!({"name": "Unlimited", "price": {"amount": 9500, "currency": "EUR"}}))
        .await
        .expect(201)
}

/// What waits in the outbox.
pub async fn outbox(studio: &Studio) -> Vec<Unsent> {
    flow_gateway::mail::outbox::list(studio.app.db.of(studio.id)).await.expect("the outbox")
}

/// The link of the only mail in the outbox, as an operator sees it; its token.
pub async fn token(studio: &Studio) -> String {
    let [mail] = &outbox(studio).await[..] else { panic!("not one mail") };
    let mut tx = studio.app.db.begin().await.unwrap();
    let found = flow_gateway::mail::outbox::open(tx.on().of(studio.id), mail.id).await.unwrap();
    tx.commit().await.unwrap();
    let (_, token) = found.expect("the mail");
    token.expect("an invitation has a link").reveal().to_owned()
}

/// The membership that a token opens, if it opens one.
pub async fn opens(studio: &Studio, token: &str) -> Option<String> {
    let found = flow_gateway::mail::holder(studio.app.db.read(), token, studio.clock.now()).await.unwrap();
    found.and_then(|holder| holder.membership_id)
}

/// The date in Lisbon, so many days from today.
pub fn day(studio: &Studio, days: i32) -> String {
    let zone = TimeZone::get("Europe/Lisbon").unwrap();
    zone.to_datetime(studio.clock.now().timestamp()).date().checked_add(days.days()).unwrap().to_string()
}
