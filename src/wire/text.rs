//! Text formats shared by many fields: each has a name in the schemas, a check and an error message. The checks are JSON Schema
//! formats, so that the documents describe what is enforced.

mod checks;

use std::{borrow::Cow, fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, de};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        ObjectBuilder, RefOr,
        schema::{Schema, SchemaFormat, Type},
    },
};

use self::checks::Checked;
pub use self::checks::{escaped_json, is_control_or_direction_mark};
use super::civil::{Date, TimeOfDay};
use crate::store::error::StoreError;

/// A text format.
pub struct TextFormat {
    /// The name in the schema.
    pub name: &'static str,
    /// Returns the error message: the end of a sentence that starts with the field.
    pub check: fn(&str) -> Checked,
    /// Normalizes a text before it is checked and stored, if needed.
    pub tidy: Option<fn(&str) -> Option<String>>,
}

const fn format(name: &'static str, check: fn(&str) -> Checked) -> TextFormat {
    TextFormat { name, check, tidy: None }
}

/// One line of text: the default for texts without a format. Not in the documents.
pub const LINE: &str = "line";
/// Text of several lines.
pub const LINES: &str = "lines";
/// Text with a visible character.
pub const VISIBLE: &str = "visible";

/// All our formats.
pub const FORMATS: &[TextFormat] = &[
    format("email", checks::email),
    TextFormat { name: "uri", check: checks::web_address, tidy: Some(checks::tidy_web_address) },
    format("time-zone", checks::time_zone),
    format("currency", checks::currency),
    format("slug", checks::slug),
    TextFormat { name: "phone", check: checks::phone, tidy: Some(checks::tidy_phone) },
    format("locale", checks::locale),
    format("date", |text| text.parse::<Date>().map(drop)),
    format("date-time", checks::instant),
    format("time-of-day", |text| text.parse::<TimeOfDay>().map(drop)),
    format(LINE, checks::line),
    format(LINES, checks::lines),
    format(VISIBLE, checks::visible),
];

impl TextFormat {
    /// The format with this name.
    pub fn named(name: &str) -> Option<&'static Self> {
        FORMATS.iter().find(|format| format.name == name)
    }

    /// Registers them with a validator.
    pub fn register(options: jsonschema::ValidationOptions<'static>) -> jsonschema::ValidationOptions<'static> {
        FORMATS.iter().fold(options.should_validate_formats(true), |options, format| {
            options.with_format(format.name, move |text: &str| (format.check)(text).is_ok())
        })
    }
}

macro_rules! texts {
    ($($(#[doc = $doc:literal])+ $name:ident $format:literal $max:literal $example:literal)*) => {$(
        $(#[doc = $doc])+
        #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// The text.
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
                if text.chars().count() > $max {
                    return Err(format!("must have at most {} characters", $max));
                }
                TextFormat::named($format).map_or(Ok(()), |format| (format.check)(text))?;
                Ok(Self(text.to_owned()))
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

/// Parses a query value, which no schema has checked; for `#[serde(default, deserialize_with)]`.
///
/// # Errors
/// The format's message.
pub fn asked<'de, D: Deserializer<'de>, T: FromStr<Err: fmt::Display>>(from: D) -> Result<Option<T>, D::Error> {
    Option::<Cow<'_, str>>::deserialize(from)?.map(|text| text.parse().map_err(de::Error::custom)).transpose()
}

/// A time zone that this binary does not know, for example one written by a newer binary.
#[derive(Clone, Debug, thiserror::Error)]
#[error("this version of flow-gateway does not know the time zone {0:?}: run a newer one")]
pub struct UnknownTimeZone(String);

impl From<UnknownTimeZone> for StoreError {
    fn from(unknown: UnknownTimeZone) -> Self {
        Self::Broken(unknown.to_string())
    }
}

impl TimeZone {
    /// A zone from the database, where it was checked when it was written.
    pub fn stored(name: String) -> Self {
        Self(name)
    }

    /// The zone's rules.
    ///
    /// # Errors
    /// When this binary does not know it.
    pub fn rules(&self) -> Result<jiff::tz::TimeZone, UnknownTimeZone> {
        jiff::tz::TimeZone::get(&self.0).map_err(|_| UnknownTimeZone(self.0.clone()))
    }
}

impl Slug {
    /// A slug from a name: keeps letters and digits, replaces the rest by single hyphens; `row` if nothing is left.
    pub fn derive(name: &str) -> Self {
        let plain: String = deunicode::deunicode(name).to_lowercase();
        let words = plain.split(|letter: char| !letter.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
        let mut slug = words.collect::<Vec<_>>().join("-");
        slug.truncate(70);
        let slug = slug.trim_end_matches('-');
        Self(if slug.is_empty() { "row".to_owned() } else { slug.to_owned() })
    }

    /// The slug with a number appended, for a name that is taken.
    pub fn numbered(&self, number: u32) -> Self {
        Self(format!("{}-{number}", self.0))
    }
}

crate::store::bind::bind_as_text!(impl[] Slug);

#[cfg(test)]
mod tests {
    use super::*;

    fn advice_for(name: &str, text: &str) -> bool {
        TextFormat::named(name).is_some_and(|format| (format.check)(text).is_ok())
    }

    #[test]
    fn each_format_takes_what_is_right_and_refuses_what_is_not() {
        let cases: &[(&str, &[&str], &[&str])] = &[
            (
                "email",
                &["anna@studio.example", "a.b+c@x.co", "anna@müller.example"],
                &["anna", "anna@", "@x.co", "a b@x.co", "a..b@x.co", "a@x", "a@-x.co"],
            ),
            (
                "uri",
                &[
                    "https://studio.example/a.jpg",
                    "http://x.co",
                    "HTTPS://x.example",
                    "http://öko.example",
                    "https://x.co/it's?a=%20#b",
                ],
                &[
                    "javascript:alert(1)",
                    "ftp://x.co",
                    "//x.co",
                    "https://",
                    "https://u:p@x.co",
                    "https://@x.co",
                    "https:x.co",
                    "https://a.example\\@evil.example/",
                    "https://x.co/%zz",
                    "https://x.co/%2",
                    "https://x.co/\"><script>",
                    "https://x.co/a b",
                    "https://x.co/\u{202e}",
                    "https://x.co\n",
                    "https://1.2.3.4.5",
                ],
            ),
            (
                "time-zone",
                &["Europe/Lisbon", "UTC", "America/Argentina/Buenos_Aires"],
                &["Mars/Base", "europe/lisbon", "CEST", "", "+02:00"],
            ),
            ("currency", &["EUR", "JPY"], &["eur", "EURO", "ZZZ", ""]),
            ("slug", &["anna-berg", "a1"], &["Anna", "-a", "a--b", "a_b", ""]),
            ("phone", &["+351 21 000 0000", "(030) 123-456", "030.123.000"], &["call me", "12", "", "351910000000.0"]),
            (
                "date-time",
                &["2026-01-31T18:00:00Z"],
                &["9999-12-31T23:59:59Z", "1899-12-31T23:59:59Z", "2026-01-31T12:30:60Z"],
            ),
            (LINE, &["Zoë", "محمد", "👩‍🦰🏴󠁧󠁢󠁥󠁮󠁧󠁿"], &["a\u{7}", "a\nb", "a\u{7f}", "\u{202e}a", "a\u{2028}b", "a\u{85}"]),
            (LINES, &["a\r\n\tb"], &["a\u{7}", "\u{9b}"]),
            (VISIBLE, &["a", "👩‍🦰", " "], &["\u{200b}", "\u{3164}", "\u{301}", "\u{ad}\u{2060} \u{2800}"]),
            ("locale", &["en", "pt-PT", "zh-Hant-TW"], &["english", "e", "EN", ""]),
        ];
        for (name, right, wrong) in cases {
            right.iter().for_each(|text| assert!(advice_for(name, text), "{name} takes {text}"));
            wrong.iter().for_each(|text| assert!(!advice_for(name, text), "{name} refuses {text}"));
        }
    }

    #[test]
    fn what_was_pasted_is_kept_in_one_form() {
        let tidy = |name: &str, text: &str| TextFormat::named(name).and_then(|format| format.tidy?(text));
        assert_eq!(tidy("phone", "\u{202a}+351\u{a0}21\u{2011}000\u{202c}").as_deref(), Some("+351 21-000"));
        assert_eq!(tidy("phone", "＋３５１ 21").as_deref(), Some("+351 21"));
        for (text, kept) in [
            ("http://öko.example", "http://xn--ko-eka.example/"),
            ("HTTPS://X.example:443/ä b", ""),
            ("HTTPS://X.example:443/ä", "https://x.example/%C3%A4"),
        ] {
            assert_eq!(tidy("uri", text).unwrap_or_default(), kept, "{text}");
        }
    }

    #[test]
    fn a_slug_is_derived_from_any_name() {
        assert_eq!(Slug::derive("Zoë  Ångström!").as_str(), "zoe-angstrom");
        assert_eq!(Slug::derive("***").as_str(), "row");
        assert!(advice_for("slug", Slug::derive(&"long name ".repeat(40)).as_str()));
    }
}
