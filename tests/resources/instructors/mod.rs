//! Instructors, through both surfaces.

mod audited;
mod change;
mod create;
mod list;
mod storefront;

use serde_json::{Value, json};

/// An instructor with every field.
fn anna() -> Value {
    json!({
        "external_id": "crm-1",
        "metadata": {"source": "crm"},
        "display_name": "Anna Berg",
        "first_name": "Anna",
        "last_name": "Berg",
        "slug": "anna",
        "bio": "Vinyasa since 2009.",
        "photo_url": "https://studio.example/anna.jpg",
        "email": "anna@studio.example",
        "phone": "+351 21 000 0000",
        "specialties": ["Vinyasa", "Yin"],
        "links": {"instagram": "https://instagram.com/anna"},
        "status": "active",
        "position": 3,
    })
}
