//! What a studio's websites may read: 11 rows by the contract, all `GET`, only what is public.

use serde_json::Value;

use crate::{
    access::caller::KeyCaller,
    operation::{
        document::{self, About},
        endpoint::{Endpoint, read},
    },
    resources::{
        classes::storefront as classes, content::storefront as content, instructors::storefront as instructors,
        locations::storefront as locations, plans::storefront as plans, programs::storefront as programs,
        schedule::storefront as schedule, studios::storefront as studios,
    },
};

/// The rows.
#[must_use]
pub fn endpoints() -> Vec<Endpoint<KeyCaller>> {
    vec![
        read("/v1/config", "storefrontGetConfig", studios::config),
        read("/v1/site", "storefrontGetSite", studios::site),
        read("/v1/policies", "storefrontGetPolicies", studios::policies),
        read("/v1/classes", "storefrontListClasses", classes::list),
        read("/v1/schedule", "storefrontListSchedule", schedule::list),
        read("/v1/instructors", "storefrontListInstructors", instructors::list),
        read("/v1/locations", "storefrontListLocations", locations::list),
        read("/v1/plans", "storefrontListPlans", plans::list),
        read("/v1/programs", "storefrontListPrograms", programs::list),
        read("/v1/programs/{programId}", "storefrontGetProgram", programs::show),
        read("/v1/content", "storefrontListContent", content::list),
    ]
}

const ABOUT: About = About {
    title: "Flow Gateway: Storefront",
    description: "The API for a studio's websites: read-only, and only what the studio made public. Send \
`Authorization: Bearer flow_pk_…`; a publishable key may stand in a page's source. Pages of any site may call it, \
unless the key is limited to certain origins.

Lists come in pages: follow `next_cursor` until it is null. Keep the `ETag` of an answer and send it as \
`If-None-Match`: if nothing changed, you get 304.

To keep a copy of a list, ask for it with `updated_since=1970-01-01T00:00:00Z`, and the next time with the time of your \
last request, less a minute. A row may come twice. A row that is no longer public is not listed any more: read the whole \
list from time to time.",
    credential: "publishableKey",
    credential_says: "A publishable key, `flow_pk_…`. It is not a secret: it reads only what is public.",
};

/// The OpenAPI document.
#[must_use]
pub fn document() -> Value {
    document::fold(&ABOUT, &endpoints())
}
