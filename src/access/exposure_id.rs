//! The id of an exposure: one place where a secret key was seen.

use crate::store::id::{Id, Named};

/// The type of `exp_…` ids.
#[derive(Clone, Copy, Debug)]
pub enum KeyExposure {}

impl Named for KeyExposure {
    const PREFIX: &'static str = "exp";
    const NOUN: &'static str = "exposure";
}

/// The id of an exposure.
pub type ExposureId = Id<KeyExposure>;
