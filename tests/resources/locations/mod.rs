//! Locations, through both surfaces.

mod change;
mod create;
mod list;
mod remove;
mod storefront;

use serde_json::{Value, json};

/// A location with every field.
fn alfama() -> Value {
    json!({
        "external_id": "crm-7",
        "metadata": {"source": "crm"},
        "name": "Alfama",
        "kind": "physical",
        "address": {"line1": "Rua da Rosa 12", "line2": "2º Dto", "city": "Lisboa", "region": "Lisboa", "postal_code": "1200-386", "country": "PT"},
        "time_zone": "Europe/Lisbon",
        "latitude": 38.7109,
        "longitude": -9.1305,
        "phone": "+351 21 000 0000",
        "email": "alfama@studio.example",
        "description": "Two rooms above the river.",
        "directions": "Tram 28, second door.",
        "status": "active",
    })
}
