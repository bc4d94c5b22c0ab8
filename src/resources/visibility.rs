//! Who sees a row: a choice that classes, plans and programs share.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::store::bind::bind_as_word;

/// Who sees a row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Visibility {
    /// Everyone.
    #[default]
    Public,
    /// Members who are signed in.
    Members,
    /// The studio alone.
    Hidden,
}

bind_as_word!(Visibility);
