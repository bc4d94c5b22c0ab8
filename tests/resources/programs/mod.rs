//! Programs, through both surfaces.

mod change;
mod create;
mod list;
mod show;
mod storefront;

use flow_gateway::access::scope::Scope;
use serde_json::{Value, json};

use super::classes::{House, id, weekly, with};
use crate::support::studio::{Client, Studio};

/// A house and a server that may also do everything with programs.
async fn house(studio: &Studio) -> House {
    House::with(studio.server(Scope::ALL).await).await
}

/// A server of another studio.
async fn stranger(studio: &Studio) -> Client {
    studio.server_of(studio.neighbour().await, Scope::ALL).await
}

/// A program with every field but its instructors.
fn spring() -> Value {
    json!({
        "external_id": "crm-1",
        "metadata": {"source": "crm"},
        "name": "Spring course",
        "slug": "spring",
        "description": "Ten evenings.",
        "kind": "workshop",
        "starts_on": "2026-03-02",
        "ends_on": "2026-05-11",
        "image_url": "https://studio.example/spring.jpg",
        "price": {"amount": 18000, "currency": "EUR"},
        "capacity": 14,
        "visibility": "public",
        "status": "published",
    })
}

async fn create(server: &Client, program: Value) -> Value {
    server.post("/v1/programs", program).await.expect(201)
}

/// A weekly class of a program.
async fn class_of(house: &House, program: &Value, more: Value) -> Value {
    house.class(with(with(weekly("monday", "18:30"), json!({"program_id": program["id"]})), more)).await
}
