//! The surfaces, one per audience, and how they differ: who may read responses across origins, and where a publishable key may
//! be in a URL.

use axum::http::{HeaderMap, header};

use super::member_sessions::pages::WIDGET;
use crate::wire::language::Language;

/// What one listener serves.
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
    /// Health checks and metrics, for operators.
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

    /// Whether a page of another origin may read the response. On the shared port only browsers send an `Origin`. Pages for
    /// members are read by nobody else.
    pub fn is_read_across_origins(self, path: &str, request: &HeaderMap) -> bool {
        match self {
            Self::Storefront => true,
            Self::Members => !self.has_pages_at(path),
            Self::Api => request.contains_key(header::ORIGIN),
            Self::Management | Self::Studio | Self::Ops => false,
        }
    }

    /// Whether browsers call it from other origins.
    pub fn serves_other_origins(self) -> bool {
        matches!(self, Self::Storefront | Self::Api | Self::Members)
    }

    /// Whether pages for people stand at this path; the rest is for programs.
    pub fn has_pages_at(self, path: &str) -> bool {
        match self {
            Self::Studio => !path.starts_with("/v1/"),
            Self::Members => {
                let for_programs = ["/v1/", "/.well-known/", "/openapi.json", "/flow"];
                !for_programs.iter().any(|start| path.starts_with(start))
            }
            Self::Storefront | Self::Management | Self::Api | Self::Ops => false,
        }
    }

    /// The language of an error at this path that is a page for people: where a page was asked for, as browsers do, and no
    /// problem for programs.
    pub fn error_pages(self, path: &str, request: &HeaderMap) -> Option<Language> {
        let wants_page = || {
            let mut wanted = request.get_all(header::ACCEPT).iter().filter_map(|accept| accept.to_str().ok());
            wanted.any(|accept| accept.contains("text/html"))
        };
        (self.has_pages_at(path) && wants_page()).then(|| match self {
            Self::Members => Language::of_members_browser(request),
            Self::Storefront | Self::Management | Self::Api | Self::Studio | Self::Ops => Language::of_browser(request),
        })
    }

    /// Whether a publishable key may be in the query of this path: only for the widget's page, since a frame cannot send headers.
    pub fn takes_key_in_query(self, path: &str) -> bool {
        self == Self::Members && path == WIDGET
    }
}
