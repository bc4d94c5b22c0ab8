//! What a studio is.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    store::{
        id::{Named, Tenant, Tenants},
        row::Resource,
    },
    wire::{
        fields::{Address, Links},
        input::input,
        text::{Currency, Email, Locale, Phone, Slug, TimeZone, WebAddress},
    },
};

/// Somebody's business: its name, where it is, its currency, and what its clients read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Studio {
    /// The name in URLs and on the command line, unique in this gateway.
    pub slug: Slug,
    /// The name that clients see.
    #[schema(min_length = 1, max_length = 120, pattern = r"\S", example = "Casa Prana")]
    pub name: String,
    /// The zone of its local times.
    pub time_zone: TimeZone,
    /// The money that its prices are in.
    pub currency: Currency,
    /// The language in which the studio writes to its clients.
    pub locale: Locale,
    /// What clients read about it.
    #[schema(max_length = 10000)]
    pub description: Option<String>,
    /// The studio's logo.
    pub logo_url: Option<WebAddress>,
    /// How clients can contact the studio.
    #[serde(default)]
    pub contact: Contact,
    /// Where letters reach it; where classes take place is said by its locations.
    pub address: Option<Address>,
    /// Links to other pages, by name.
    #[serde(default)]
    pub links: Links,
    /// What its clients agree to.
    #[serde(default)]
    pub policies: Policies,
}

/// How clients reach a studio.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Contact {
    /// The address that clients may write to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<Email>,
    /// The number that clients may call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<Phone>,
}

/// What a studio's clients agree to; each a text to read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Policies {
    /// How bookings and memberships are cancelled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 20000)]
    pub cancellation: Option<String>,
    /// A booking cancelled less than this many minutes before the start counts as a late cancellation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0, maximum = 43200, example = 720)]
    pub late_cancellation_minutes: Option<i64>,
    /// What happens when somebody does not show up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 20000)]
    pub no_show: Option<String>,
    /// The waiver that clients accept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 20000)]
    pub waiver: Option<String>,
    /// The privacy policy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 20000)]
    pub privacy: Option<String>,
    /// The rest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 20000)]
    pub terms: Option<String>,
}

impl Named for Studio {
    const PREFIX: &'static str = Tenant::PREFIX;
    const NOUN: &'static str = Tenant::NOUN;
}

impl Tenants for Studio {}

impl Resource for Studio {
    const TABLE: &'static str = "studios";
    const JSON: &'static [&'static str] = &["contact", "address", "links", "policies"];
}

input!(Studio);
