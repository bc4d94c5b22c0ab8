//! What a studio's websites show of the studio itself, in three parts: what a script needs, what a page shows, and what
//! clients agree to.

use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    model::{Contact, Policies, Studio},
    queries,
};
use crate::{
    access::caller::{Caller, KeyCaller},
    operation::{
        app::App,
        describe::PublicShape,
        shown::{NoQuery, Shown},
    },
    store::{
        id::{Named, StudioId},
        row::Row,
    },
    wire::{
        fields::{Address, Links},
        problem::Problem,
        text::{Currency, Email, Locale, Phone, Slug, TimeZone, WebAddress},
    },
};

/// What a website's script needs to know about the studio.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "studio_id": "std_01jdc9x0aetqt8q3yv0gcm1v5k", "slug": "casa-prana", "name": "Casa Prana",
    "time_zone": "Europe/Lisbon", "currency": "EUR", "locale": "pt-PT",
}))]
pub struct PublicConfig {
    /// The studio's id.
    studio_id: StudioId,
    /// The name in URLs.
    slug: Slug,
    /// The name.
    name: String,
    /// The time zone of local times, unless a location has its own.
    time_zone: TimeZone,
    /// The currency of prices.
    currency: Currency,
    /// The language in which the studio writes to its clients.
    locale: Locale,
}

/// What a website shows of the studio.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "name": "Casa Prana", "description": "Yoga in two old houses above the river.",
    "logo_url": "https://studio.example/logo.svg", "contact": {"email": "hello@studio.example",
    "phone": "+351 21 000 0000"}, "address": {"line1": "Rua da Rosa 12", "line2": null, "city": "Lisboa",
    "region": null, "postal_code": "1200-386", "country": "PT"},
    "links": {"instagram": "https://instagram.com/casaprana"},
}))]
pub struct PublicSite {
    /// The name.
    name: String,
    /// What clients read about it.
    description: Option<String>,
    /// The studio's logo.
    logo_url: Option<WebAddress>,
    /// How clients can contact the studio.
    contact: PublicContact,
    /// The postal address.
    address: Option<Address>,
    /// Links to other pages, by name.
    links: Links,
}

/// How clients reach the studio.
#[derive(Debug, Serialize, ToSchema)]
pub struct PublicContact {
    /// The address that clients may write to.
    email: Option<Email>,
    /// The number that clients may call.
    phone: Option<Phone>,
}

/// What clients agree to.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "cancellation": "Bookings can be cancelled free of charge until two hours before the class.",
    "late_cancellation_minutes": 120, "no_show": "A class that you miss counts as taken.", "waiver": null,
    "privacy": "https://studio.example/privacy", "terms": "https://studio.example/terms",
}))]
pub struct PublicPolicies {
    /// How bookings and memberships are cancelled.
    cancellation: Option<String>,
    /// A booking cancelled less than this many minutes before the start counts as a late cancellation.
    late_cancellation_minutes: Option<i64>,
    /// What happens when somebody does not show up.
    no_show: Option<String>,
    /// The waiver that clients accept.
    waiver: Option<String>,
    /// The privacy policy.
    privacy: Option<String>,
    /// The rest.
    terms: Option<String>,
}

impl PublicShape for PublicConfig {}
impl PublicShape for PublicSite {}
impl PublicShape for PublicPolicies {}

impl From<Row<Studio>> for PublicConfig {
    fn from(row: Row<Studio>) -> Self {
        let Studio { slug, name, time_zone, currency, locale, .. } = row.fields;
        Self { studio_id: row.id.studio(), slug, name, time_zone, currency, locale }
    }
}

impl From<Row<Studio>> for PublicSite {
    fn from(row: Row<Studio>) -> Self {
        let Studio { name, description, logo_url, contact: Contact { email, phone }, address, links, .. } = row.fields;
        Self { name, description, logo_url, contact: PublicContact { email, phone }, address, links }
    }
}

impl From<Row<Studio>> for PublicPolicies {
    fn from(row: Row<Studio>) -> Self {
        let Policies { cancellation, late_cancellation_minutes, no_show, waiver, privacy, terms } = row.fields.policies;
        Self { cancellation, late_cancellation_minutes, no_show, waiver, privacy, terms }
    }
}

/// What the document says of it.
pub const CONFIG: &str =
    "What a website's script needs before anything else: the studio's id, time zone, currency and language.";

/// Shows what a website's script needs.
pub async fn config(State(app): State<App>, caller: KeyCaller, _: NoQuery) -> Result<Shown<PublicConfig>, Problem> {
    of_caller(&app, &caller).await
}

/// What the document says of it.
pub const SITE: &str = "What a website shows about the studio: name, description, logo, contact, address and links.";

/// Shows the studio itself.
pub async fn site(State(app): State<App>, caller: KeyCaller, _: NoQuery) -> Result<Shown<PublicSite>, Problem> {
    of_caller(&app, &caller).await
}

/// What the document says of it.
pub const POLICIES: &str = "The rules that clients agree to: cancellation, no-shows, waiver, privacy and terms.";

/// Shows what clients agree to.
pub async fn policies(State(app): State<App>, caller: KeyCaller, _: NoQuery) -> Result<Shown<PublicPolicies>, Problem> {
    of_caller(&app, &caller).await
}

async fn of_caller<P: From<Row<Studio>>>(app: &App, caller: &KeyCaller) -> Result<Shown<P>, Problem> {
    let studio = queries::find(app.db.of(caller.studio())).await?;
    studio.map(|row| Shown(row.into())).ok_or_else(|| Problem::not_found(Studio::NOUN))
}
