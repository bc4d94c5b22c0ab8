//! The surfaces, one for each audience, and what sets them apart: who may read an answer across origins, and where a
//! publishable key may stand in a URL. Everything that differs by surface asks here.

use axum::http::{HeaderMap, header};

/// A surface: what one listener serves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Surface {
    /// What a studio's websites read.
    Storefront,
    /// What a studio's servers call.
    Management,
    /// Storefront and Management on one port; the key's kind decides.
    Api,
    /// What members and the sign-in widget call.
    Members,
    /// The dashboard of a studio's staff.
    Studio,
    /// Probes and metrics, for operators.
    Ops,
}

impl Surface {
    /// Its name in settings, metrics and logs.
    pub fn name(self) -> &'static str {
        match self {
            Self::Storefront => "storefront",
            Self::Management => "management",
            Self::Api => "api",
            Self::Members => "members",
            Self::Studio => "studio",
            Self::Ops => "ops",
        }
    }

    /// Whether a page of another origin may read the answer to this request. On a port that servers share, only a
    /// browser sends an `Origin`.
    pub fn is_read_across_origins(self, request: &HeaderMap) -> bool {
        match self {
            Self::Storefront | Self::Members => true,
            Self::Api => request.contains_key(header::ORIGIN),
            Self::Management | Self::Studio | Self::Ops => false,
        }
    }

    /// Whether browsers call it from other origins at all.
    pub fn serves_other_origins(self) -> bool {
        matches!(self, Self::Storefront | Self::Api | Self::Members)
    }

    /// Whether a publishable key may stand in the query of this path: the widget's page alone, since a frame cannot send
    /// headers.
    pub fn takes_key_in_query(self, path: &str) -> bool {
        self == Self::Members && path == "/widget"
    }
}
