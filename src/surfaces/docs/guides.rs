//! The guides: what they are called, in which order they stand, and which surface shows which. Their texts are
//! `docs/guides/*.md`, and those whose commands need more than a gateway `docs/*.md`.

use crate::access::surface::Surface::{self, Management, Members, Storefront, Studio};

/// A guide.
pub struct Guide {
    /// Its name in paths: `/docs/quickstart`.
    pub slug: &'static str,
    /// Its text.
    pub markdown: &'static str,
    /// Where it is shown.
    surfaces: &'static [Surface],
}

macro_rules! guide {
    ($slug:literal, $file:literal, $surfaces:expr) => {
        Guide { slug: $slug, markdown: include_str!(concat!("../../../docs/", $file)), surfaces: $surfaces }
    };
}

const EVERYWHERE: &[Surface] = &[Storefront, Management, Members, Studio];

/// All of them. Those for who runs the gateway are the last.
pub const GUIDES: &[Guide] = &[
    guide!("quickstart", "guides/quickstart.md", EVERYWHERE),
    guide!("authentication", "guides/authentication.md", EVERYWHERE),
    guide!("security", "guides/security.md", EVERYWHERE),
    guide!("pagination", "guides/pagination.md", &[Storefront, Management, Members]),
    guide!("writing", "guides/writing.md", &[Management]),
    guide!("rate-limits", "guides/rate-limits.md", EVERYWHERE),
    guide!("errors", "guides/errors.md", EVERYWHERE),
    guide!("sign-in", "guides/sign-in.md", &[Storefront, Members, Studio]),
    guide!("member-tokens", "guides/member-tokens.md", &[Management, Members]),
    guide!("moving-in", "guides/moving-in.md", &[Management, Studio]),
    guide!("clients", "clients.md", &[Storefront, Management, Members]),
    guide!("api-changelog", "api-changelog.md", &[Storefront, Management, Members]),
    guide!("running", "running.md", &[Studio]),
    guide!("several-servers", "several-servers.md", &[Studio]),
    guide!("metrics", "metrics.md", &[Studio]),
];

/// Those that a surface shows.
pub fn shown_on(surface: Surface) -> impl Iterator<Item = &'static Guide> {
    GUIDES.iter().filter(move |guide| guide.surfaces.contains(&surface))
}

/// The surface that shows a guide, if any does: the first of several.
pub fn shown_by(slug: &str) -> Option<Surface> {
    GUIDES.iter().find(|guide| guide.slug == slug)?.surfaces.first().copied()
}
