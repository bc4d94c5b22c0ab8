//! Content, through both surfaces. No operation makes it.

mod change;
mod create;
mod list;
mod remove;
mod storefront;

use flow_gateway::access::scope::Scope::{
    self, ContentRead, ContentWrite, InstructorsWrite, PlansWrite, ProgramsWrite,
};
use serde_json::{Value, json};

use crate::{
    resources::classes::{id, with},
    support::{made, studio::Studio},
};

/// Every scope that content has to do with.
const CONTENT: &[Scope] = &[ContentRead, ContentWrite, InstructorsWrite, PlansWrite, ProgramsWrite];

/// Makes a piece of content with this title, and more.
async fn piece(studio: &Studio, title: &str, more: Value) -> Value {
    made::content(studio, studio.id, with(json!({"title": title}), more)).await.expect("content")
}

/// The path of a piece.
fn path(piece: &Value) -> String {
    format!("/v1/content/{}", id(piece))
}

/// A published piece with every field that needs no other row.
fn neck() -> Value {
    json!({
        "external_id": "cms-1",
        "metadata": {"source": "cms"},
        "description": "For the tram, the desk, and the evening after both.",
        "kind": "audio",
        "media_url": "https://media.studio.example/neck.mp3",
        "thumbnail_url": "https://studio.example/neck.jpg",
        "duration_seconds": 612,
        "tags": ["Mobility", "Ânimo"],
        "status": "published",
        "published_at": "2020-03-01T09:00:00.000000Z",
    })
}
