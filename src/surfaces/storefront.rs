//! What a studio's websites may read: 11 rows by the contract, all `GET`, only what is public.

use serde_json::Value;

use crate::{
    access::caller::KeyCaller,
    operation::{
        document::{self, About, tags::DocumentTag},
        endpoint::{Endpoint, read},
    },
    resources::{
        classes::storefront as classes, content::storefront as content, instructors::storefront as instructors,
        locations::storefront as locations, plans::storefront as plans, programs::storefront as programs,
        schedule::storefront as schedule, studios::storefront as studios,
    },
    store::answer_versions::SourceTable::{
        Classes, Instructors, Locations, Occurrences, Plans, Programs, Rooms, Studios,
    },
};

/// The rows.
pub fn endpoints() -> Vec<Endpoint<KeyCaller>> {
    vec![
        read("/v1/config", "storefrontGetConfig", studios::config).cached(&[Studios]).says(studios::CONFIG),
        read("/v1/site", "storefrontGetSite", studios::site).cached(&[Studios]).says(studios::SITE),
        read("/v1/policies", "storefrontGetPolicies", studios::policies).cached(&[Studios]).says(studios::POLICIES),
        read("/v1/classes", "storefrontListClasses", classes::list).cached(&[Classes]).says(classes::LISTING),
        read("/v1/schedule", "storefrontListSchedule", schedule::list)
            .cached(&[Occurrences, Studios, Classes, Instructors, Locations, Rooms])
            .says(schedule::LISTING),
        read("/v1/instructors", "storefrontListInstructors", instructors::list)
            .cached(&[Instructors])
            .says(instructors::LISTING),
        read("/v1/locations", "storefrontListLocations", locations::list)
            .cached(&[Locations, Rooms])
            .says(locations::LISTING),
        read("/v1/plans", "storefrontListPlans", plans::list).cached(&[Plans]).says(plans::LISTING),
        read("/v1/programs", "storefrontListPrograms", programs::list).cached(&[Programs]).says(programs::LISTING),
        read("/v1/programs/{programId}", "storefrontGetProgram", programs::show)
            .cached(&[Programs, Classes])
            .says(programs::SHOWING),
        read("/v1/content", "storefrontListContent", content::list).says(content::LISTING),
    ]
}

const ABOUT: About = About {
    title: "Flow Gateway: Storefront",
    description: "The API for a studio's websites: read-only, and only what the studio made public. Send \
`Authorization: Bearer flow_pk_…`; a publishable key may stand in a page's source. Pages of any site may call it, \
unless the key is limited to certain origins.

Lists come in pages: follow `next_cursor` until it is null. Keep the `ETag` of an answer and send it as \
`If-None-Match`: if nothing changed, you get 304.

`updated_since` lists what changed since a time, for example to show what is new. A change may be listed some time after \
the instant at which it was made. To keep an exact copy, read the whole list again with `If-None-Match`, or follow \
Management.",
    credential: "publishableKey",
    credential_says: "A publishable key, `flow_pk_…`. It is not a secret: it reads only what is public.",
};

/// The tags of the document.
pub fn tags() -> Vec<&'static DocumentTag> {
    document::tags::tags(endpoints().iter().map(|endpoint| &endpoint.rule))
}

/// The OpenAPI document.
pub fn document() -> Value {
    document::fold(&ABOUT, &endpoints())
}
