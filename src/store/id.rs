//! Ids: a prefix that says what the row is, and a time-ordered UUIDv7 (RFC 9562) in 26 characters of Crockford
//! base32, lower case, as TypeID has it: `ins_01jdc9x0aetqt8q3yv0gcm1v5k`. Ordered by text, they are ordered by time.

use std::{borrow::Cow, fmt, hash::Hash, marker::PhantomData, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{ObjectBuilder, RefOr, schema::Schema, schema::Type},
};
use uuid::{Uuid, Variant, Version};

use super::{clock::random, instant::Instant};

/// What an id can name. The prefix is part of the contract.
pub trait Named: 'static {
    /// The id's prefix, without the underscore.
    const PREFIX: &'static str;
    /// What a person calls it.
    const NOUN: &'static str;
}

/// The id of a row of kind `T`.
pub struct Id<T>(Uuid, PhantomData<fn() -> T>);

/// A studio, as an id names it: everything below the resources needs to say whose row it means.
#[derive(Clone, Copy, Debug)]
pub enum Tenant {}

impl Named for Tenant {
    const PREFIX: &'static str = "std";
    const NOUN: &'static str = "studio";
}

/// The id of a studio.
pub type StudioId = Id<Tenant>;

/// The resource whose rows are the studios themselves.
pub trait Tenants: Named {}

impl<T: Tenants> Id<T> {
    /// The studio that this row is.
    pub fn studio(self) -> StudioId {
        Id(self.0, PhantomData)
    }
}

/// A type whose ids name the rows of `U`, where the one stands further down in the order of the modules.
pub trait SameRows<U: Named>: Named {}

impl<T: Named> Id<T> {
    /// The id of the same row, as another type names it.
    pub fn same<U: Named>(self) -> Id<U>
    where
        T: SameRows<U>,
    {
        Id(self.0, PhantomData)
    }
}

/// The text is not an id of this kind.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("is no {noun}'s id: they look like {prefix}_01jdc9x0aetqt8q3yv0gcm1v5k")]
pub struct WrongId {
    prefix: &'static str,
    noun: &'static str,
}

const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

impl<T: Named> Id<T> {
    /// A new id. Milliseconds, then twelve bits of their fraction (RFC 9562, section 6.2, method 3), then chance:
    /// ids that one process makes a microsecond apart sort in that order.
    pub fn new(now: Instant) -> Self {
        Self::at(now, u64::from_le_bytes(random()))
    }

    /// The smallest id of an instant: all ids that were made before it are smaller, in whatever process.
    pub fn first_of(instant: Instant) -> Self {
        Self::at(instant, 0)
    }

    fn at(instant: Instant, chance: u64) -> Self {
        let micros = u64::try_from(instant.micros()).unwrap_or_default();
        let (millis, rest) = (micros / 1000, micros % 1000);
        let fraction = u128::from(rest * 4096 / 1000);
        let bits = (u128::from(millis) << 80) | (fraction << 64) | u128::from(chance);
        Self(
            uuid::Builder::from_u128(bits).with_version(Version::SortRand).with_variant(Variant::RFC4122).into_uuid(),
            PhantomData,
        )
    }
}

impl<T: Named> fmt::Display for Id<T> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bits = self.0.as_u128();
        let mut text = [0u8; 26];
        for (place, slot) in text.iter_mut().rev().enumerate() {
            *slot = ALPHABET[((bits >> (5 * place)) & 31) as usize];
        }
        write!(out, "{}_{}", T::PREFIX, str::from_utf8(&text).map_err(|_| fmt::Error)?)
    }
}

impl<T: Named> FromStr for Id<T> {
    type Err = WrongId;

    fn from_str(text: &str) -> Result<Self, WrongId> {
        parse(text, T::PREFIX).map(|uuid| Self(uuid, PhantomData)).ok_or(WrongId { prefix: T::PREFIX, noun: T::NOUN })
    }
}

fn article(noun: &str) -> &'static str {
    if noun.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" }
}

fn parse(text: &str, prefix: &str) -> Option<Uuid> {
    let digits = text.strip_prefix(prefix)?.strip_prefix('_')?.as_bytes();
    // 26 times five bits are 130, so the first digit has to leave two of them unused.
    if digits.len() != 26 || digits[0] > b'7' {
        return None;
    }
    let bits = digits.iter().try_fold(0u128, |bits, digit| {
        let value = ALPHABET.iter().position(|letter| letter == digit)?;
        Some((bits << 5) | value as u128)
    })?;
    Some(Uuid::from_u128(bits))
}

impl<T> Clone for Id<T> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<T> Copy for Id<T> {}
impl<T> PartialEq for Id<T> {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}
impl<T> Eq for Id<T> {}
impl<T> PartialOrd for Id<T> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl<T> Ord for Id<T> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.cmp(&other.0)
    }
}
impl<T> Hash for Id<T> {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}
impl<T: Named> fmt::Debug for Id<T> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, out)
    }
}

impl<T: Named> Serialize for Id<T> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de, T: Named> Deserialize<'de> for Id<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        <std::borrow::Cow<'de, str>>::deserialize(from)?.parse().map_err(de::Error::custom)
    }
}

impl<T: Named> PartialSchema for Id<T> {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .pattern(Some(format!("^{}_[0-7][0-9a-hjkmnp-tv-z]{{25}}$", T::PREFIX)))
            .description(Some(format!("The id of {} {}.", article(T::NOUN), T::NOUN)))
            .examples([format!("{}_01jdc9x0aetqt8q3yv0gcm1v5k", T::PREFIX)])
            .into()
    }
}

impl<T: Named> ToSchema for Id<T> {
    /// `ClassId`: ids of one kind are one schema, and those of another are not.
    fn name() -> Cow<'static, str> {
        let (first, rest) = T::NOUN.split_at(1);
        format!("{}{rest}Id", first.to_uppercase()).into()
    }
}

crate::store::bind::bind_as_text!(impl[T: Named] Id<T>);

#[cfg(test)]
mod tests {
    use super::*;

    struct Mat;
    impl Named for Mat {
        const PREFIX: &'static str = "mat";
        const NOUN: &'static str = "mat";
    }

    #[test]
    fn an_id_reads_back_as_it_was_written() {
        let id = Id::<Mat>::new(Instant::from_micros(1_764_000_000_123_456));
        assert_eq!(id.to_string().parse::<Id<Mat>>().unwrap(), id);
        assert_eq!(id.to_string().len(), 30);
    }

    #[test]
    fn ids_sort_by_the_microsecond_they_were_made_in() {
        let ids: Vec<_> =
            (0..2000).map(|micros| Id::<Mat>::new(Instant::from_micros(1_764_000_000_000_000 + micros))).collect();
        assert!(ids.windows(2).all(|pair| pair[0].to_string() < pair[1].to_string()));
    }

    #[test]
    fn what_is_not_an_id_is_refused() {
        let good = Id::<Mat>::new(Instant::from_micros(0)).to_string();
        let wrong = [
            "",
            "mat_",
            "ins_01jdc9x0aetqt8q3yv0gcm1v5k",
            "mat_81jdc9x0aetqt8q3yv0gcm1v5k",
            "mat_01JDC9X0AETQT8Q3YV0GCM1V5K",
        ];
        for text in wrong.into_iter().map(str::to_owned).chain([format!("{good}0"), good.replace("mat_0", "mat_l")]) {
            assert!(text.parse::<Id<Mat>>().is_err(), "{text}");
        }
    }
}
