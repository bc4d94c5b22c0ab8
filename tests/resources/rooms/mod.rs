//! Rooms, inside their locations.

mod nested;
mod whole_life;

use serde_json::json;

use crate::support::studio::Client;

/// A new location's path.
async fn location(server: &Client) -> String {
    let row = server.post("/v1/locations", json!({"name": "Alfama"})).await.expect(201);
    format!("/v1/locations/{}", row["id"].as_str().unwrap())
}
