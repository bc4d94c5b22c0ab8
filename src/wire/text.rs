//! Small texts that many fields share: each has a name in the schemas, one check, and one sentence for who gets it
//! wrong. The checks are formats of JSON Schema, so that what the documents promise is what is enforced.

use std::{borrow::Cow, fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, de};
use url::Url;
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        ObjectBuilder, RefOr,
        schema::{Schema, SchemaFormat, Type},
    },
};

use super::civil::{DATE_ADVICE, Date, TIME_ADVICE, TimeOfDay};
use crate::store::{
    error::StoreError,
    instant::{INSTANT_ADVICE, Instant},
};

/// A format of ours: its name, its check, and what a value that fails it is told.
pub struct Format {
    /// The name in the schema.
    pub name: &'static str,
    /// Whether a text has it.
    pub check: fn(&str) -> bool,
    /// The end of a sentence that starts with the field.
    pub advice: &'static str,
}

/// Every format that a schema of ours may name.
pub const FORMATS: &[Format] = &[
    Format { name: "email", check: is_email, advice: "must be an e-mail address, such as name@studio.example" },
    Format {
        name: "uri",
        check: is_web_address,
        advice: "must be an http or https address, such as https://studio.example/photo.jpg",
    },
    Format { name: "time-zone", check: is_time_zone, advice: "must be an IANA time zone, such as Europe/Lisbon" },
    Format { name: "currency", check: is_currency, advice: "must be an ISO 4217 code in capitals, such as EUR" },
    Format {
        name: "slug",
        check: is_slug,
        advice: "must be lower-case letters, digits and single hyphens, such as anna-berg",
    },
    Format { name: "phone", check: is_phone, advice: "must be a phone number, such as +351 21 000 0000" },
    Format { name: "locale", check: is_locale, advice: "must be a language tag, such as pt-PT" },
    Format { name: "date", check: |text| text.parse::<Date>().is_ok(), advice: DATE_ADVICE },
    Format { name: "date-time", check: |text| text.parse::<Instant>().is_ok(), advice: INSTANT_ADVICE },
    Format { name: "time-of-day", check: |text| text.parse::<TimeOfDay>().is_ok(), advice: TIME_ADVICE },
];

macro_rules! texts {
    ($($(#[doc = $doc:literal])+ $name:ident $format:literal $max:literal $example:literal)*) => {$(
        $(#[doc = $doc])+
        #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// The text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str(&self.0)
            }
        }

        impl FromStr for $name {
            type Err = String;

            fn from_str(text: &str) -> Result<Self, String> {
                let format = FORMATS.iter().find(|format| format.name == $format);
                match format {
                    Some(format) if text.chars().count() > $max || !(format.check)(text) => Err(format.advice.to_owned()),
                    _ => Ok(Self(text.to_owned())),
                }
            }
        }

        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                ObjectBuilder::new()
                    .schema_type(Type::String)
                    .format(Some(SchemaFormat::Custom($format.to_owned())))
                    .max_length(Some($max))
                    .examples([$example])
                    .into()
            }
        }

        impl ToSchema for $name {}
    )*};
}

texts! {
    /// An e-mail address.
    Email "email" 254 "anna@studio.example"
    /// An http or https address.
    WebAddress "uri" 2000 "https://studio.example/anna.jpg"
    /// An IANA time zone.
    TimeZone "time-zone" 64 "Europe/Lisbon"
    /// An ISO 4217 currency.
    Currency "currency" 3 "EUR"
    /// A name for URLs, unique in the studio.
    Slug "slug" 80 "anna-berg"
    /// A phone number, as people write it.
    Phone "phone" 40 "+351 21 000 0000"
    /// A language tag (BCP 47).
    Locale "locale" 35 "pt-PT"
}

/// Reads a text of a query, where no schema has judged it; for `#[serde(default, deserialize_with)]`.
///
/// # Errors
/// What its format advises.
pub fn asked<'de, D: Deserializer<'de>, T: FromStr<Err: fmt::Display>>(from: D) -> Result<Option<T>, D::Error> {
    Option::<Cow<'_, str>>::deserialize(from)?.map(|text| text.parse().map_err(de::Error::custom)).transpose()
}

/// A time zone whose rules this binary does not have, such as one of a database that a newer one wrote.
#[derive(Clone, Debug, thiserror::Error)]
#[error("this flow-gateway has no rules for the time zone {0:?}: run a newer one")]
pub struct UnknownTimeZone(String);

impl From<UnknownTimeZone> for StoreError {
    fn from(unknown: UnknownTimeZone) -> Self {
        Self::Broken(unknown.to_string())
    }
}

impl TimeZone {
    /// A zone as a column holds it: one that was checked when it was written.
    #[must_use]
    pub fn stored(name: String) -> Self {
        Self(name)
    }

    /// The rules that its clocks go by.
    ///
    /// # Errors
    /// When this binary does not know it.
    pub fn rules(&self) -> Result<jiff::tz::TimeZone, UnknownTimeZone> {
        jiff::tz::TimeZone::get(&self.0).map_err(|_| UnknownTimeZone(self.0.clone()))
    }
}

impl Slug {
    /// A slug made of a name: letters and digits kept, the rest turned into single hyphens; `row` where nothing is left.
    #[must_use]
    pub fn derive(name: &str) -> Self {
        let plain: String = deunicode::deunicode(name).to_lowercase();
        let words = plain.split(|letter: char| !letter.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
        let mut slug = words.collect::<Vec<_>>().join("-");
        slug.truncate(70);
        let slug = slug.trim_end_matches('-');
        Self(if slug.is_empty() { "row".to_owned() } else { slug.to_owned() })
    }

    /// The same slug with a number behind it, for a name that is taken.
    #[must_use]
    pub fn numbered(&self, number: u32) -> Self {
        Self(format!("{}-{number}", self.0))
    }
}

crate::store::bind::bind_as_text!(impl[] Slug);

/// As HTML's e-mail field has it, without the parts that no mail server takes.
fn is_email(text: &str) -> bool {
    let Some((name, domain)) = text.rsplit_once('@') else { return false };
    let plain = |letter: char| letter.is_alphanumeric() || ".!#$%&'*+/=?^_`{|}~-".contains(letter);
    let label = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.chars().all(|letter| letter.is_alphanumeric() || letter == '-')
    };
    let local = !name.is_empty()
        && name.len() <= 64
        && name.chars().all(plain)
        && !name.starts_with('.')
        && !name.ends_with('.');
    local && !name.contains("..") && domain.contains('.') && domain.split('.').all(label) && text.len() <= 254
}

/// A whole http(s) address with a real host; no credentials in it, which would be shown to everyone.
fn is_web_address(text: &str) -> bool {
    let Ok(url) = Url::parse(text) else { return false };
    let scheme = text.get(..8).is_some_and(|start| start.starts_with("http://") || start == "https://");
    scheme
        && url.has_host()
        && url.username().is_empty()
        && url.password().is_none()
        && !text.contains(char::is_whitespace)
}

fn is_time_zone(text: &str) -> bool {
    // The database is looked up in any case; what is kept has to be found by others, too.
    let known = jiff::tz::TimeZone::get(text);
    text == "UTC" || text.contains('/') && known.is_ok_and(|zone| zone.iana_name() == Some(text))
}

fn is_currency(text: &str) -> bool {
    iso_currency::Currency::from_code(text).is_some()
}

fn is_slug(text: &str) -> bool {
    let word =
        |word: &str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
    text.split('-').all(word)
}

fn is_phone(text: &str) -> bool {
    let digits = text.chars().filter(char::is_ascii_digit).count();
    (3..=20).contains(&digits) && text.chars().all(|letter| letter.is_ascii_digit() || "+-() ./x#".contains(letter))
}

fn is_locale(text: &str) -> bool {
    let mut parts = text.split('-');
    let language = parts
        .next()
        .is_some_and(|part| (2..=3).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_lowercase()));
    language && parts.all(|part| (2..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn advice_for(name: &str, text: &str) -> bool {
        FORMATS.iter().find(|format| format.name == name).is_some_and(|format| (format.check)(text))
    }

    #[test]
    fn each_format_takes_what_is_right_and_refuses_what_is_not() {
        let cases: &[(&str, &[&str], &[&str])] = &[
            (
                "email",
                &["anna@studio.example", "a.b+c@x.co"],
                &["anna", "anna@", "@x.co", "a b@x.co", "a..b@x.co", "a@x", "a@-x.co"],
            ),
            (
                "uri",
                &["https://studio.example/a.jpg", "http://x.co"],
                &["javascript:alert(1)", "ftp://x.co", "//x.co", "https://", "https://u:p@x.co", "https:x.co"],
            ),
            (
                "time-zone",
                &["Europe/Lisbon", "UTC", "America/Argentina/Buenos_Aires"],
                &["Mars/Base", "europe/lisbon", "CEST", "", "+02:00"],
            ),
            ("currency", &["EUR", "JPY"], &["eur", "EURO", "ZZZ", ""]),
            ("slug", &["anna-berg", "a1"], &["Anna", "-a", "a--b", "a_b", ""]),
            ("phone", &["+351 21 000 0000", "(030) 123-456"], &["call me", "12", ""]),
            ("locale", &["en", "pt-PT", "zh-Hant-TW"], &["english", "e", "EN", ""]),
        ];
        for (name, right, wrong) in cases {
            right.iter().for_each(|text| assert!(advice_for(name, text), "{name} takes {text}"));
            wrong.iter().for_each(|text| assert!(!advice_for(name, text), "{name} refuses {text}"));
        }
    }

    #[test]
    fn a_slug_is_derived_from_any_name() {
        assert_eq!(Slug::derive("Zoë  Ångström!").as_str(), "zoe-angstrom");
        assert_eq!(Slug::derive("***").as_str(), "row");
        assert!(is_slug(Slug::derive(&"long name ".repeat(40)).as_str()));
    }
}
