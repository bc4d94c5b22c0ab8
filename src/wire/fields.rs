//! Field types that many resources share.

use std::{collections::BTreeMap, str::FromStr};

use serde::{Deserialize, Serialize};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        ObjectBuilder, RefOr,
        schema::{AdditionalProperties, Schema, Type},
    },
};

use super::{schema::NOT_BLANK, text::WebAddress};

/// The most characters of a tag.
const TAG_LENGTH: usize = 60;

/// The integrator's own id of a row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ExternalId(pub String);

/// Up to 50 short texts by name, sorted so that both engines return the same bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Metadata(pub BTreeMap<String, String>);

/// Pages elsewhere, by name: `{"instagram": "https://…"}`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Links(pub BTreeMap<String, WebAddress>);

/// A word or two.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Tag(pub String);

/// A postal address.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Address {
    /// Street and number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 200, example = "Rua da Rosa 12")]
    pub line1: Option<String>,
    /// Floor, entrance, building.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 200)]
    pub line2: Option<String>,
    /// City.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 120, example = "Lisboa")]
    pub city: Option<String>,
    /// State, province or county.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 120)]
    pub region: Option<String>,
    /// Postal code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 20, example = "1200-386")]
    pub postal_code: Option<String>,
    /// ISO 3166-1 alpha-2 code of the country.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(pattern = "^[A-Z]{2}$", example = "PT")]
    pub country: Option<String>,
}

impl PartialSchema for ExternalId {
    fn schema() -> RefOr<Schema> {
        text(255).examples(["crm-4711"]).into()
    }
}

impl FromStr for Tag {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let fits = text.chars().count() <= TAG_LENGTH && !text.trim().is_empty();
        fits.then(|| Self(text.to_owned())).ok_or("a tag is a word or two, of 60 characters at the most")
    }
}

impl PartialSchema for Tag {
    fn schema() -> RefOr<Schema> {
        text(TAG_LENGTH).examples(["Vinyasa"]).into()
    }
}

impl PartialSchema for Metadata {
    fn schema() -> RefOr<Schema> {
        let value = ObjectBuilder::new().schema_type(Type::String).max_length(Some(500));
        map(value.build().into()).examples([serde_json::json!({"source": "crm"})]).into()
    }
}

impl PartialSchema for Links {
    fn schema() -> RefOr<Schema> {
        map(WebAddress::schema()).examples([serde_json::json!({"instagram": "https://instagram.com/anna"})]).into()
    }
}

impl ToSchema for ExternalId {}
impl ToSchema for Tag {}
impl ToSchema for Metadata {}
impl ToSchema for Links {}

fn text(most: usize) -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::String).min_length(Some(1)).max_length(Some(most)).pattern(Some(NOT_BLANK))
}

fn map(value: RefOr<Schema>) -> ObjectBuilder {
    let name = ObjectBuilder::new().schema_type(Type::String).min_length(Some(1)).max_length(Some(40));
    ObjectBuilder::new()
        .schema_type(Type::Object)
        .max_properties(Some(50))
        .property_names(Some(Schema::Object(name.build())))
        .additional_properties(Some(AdditionalProperties::RefOr(value)))
}
