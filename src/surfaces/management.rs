//! The scope table: what a studio's servers may call, each row with its scope. The contract closes it at 35 rows; a
//! row is here once its resource works.

use serde_json::Value;

use crate::{
    access::{
        caller::KeyCaller,
        scope::Scope::{
            ClassesRead, ClassesWrite, ContentRead, ContentWrite, CouponsRead, CouponsWrite, InstructorsRead,
            InstructorsWrite, LocationsRead, LocationsWrite, MembersRead, MembersWrite, PlansRead, PlansWrite,
            ProgramsRead, ProgramsWrite, ScheduleRead, ScheduleWrite,
        },
    },
    operation::{
        document::{self, About, tags::DocumentTag},
        endpoint::{Endpoint, delete, get, patch, post},
    },
    resources::{
        classes::management as classes,
        content::{Content, management as content},
        coupons::management as coupons,
        instructors::management as instructors,
        locations::{Location, management as locations, rooms::management as rooms},
        members::management as members,
        plans::{Plan, management as plans},
        programs::{Program, management as programs},
        rules::{change, create},
        schedule::management as schedule,
    },
    store::answer_versions::SourceTable::{
        Classes, Content as ContentTable, Instructors, Locations, Occurrences, Plans, Programs, Rooms, Studios,
    },
};

/// The rows.
pub fn endpoints() -> Vec<Endpoint<KeyCaller>> {
    vec![
        get("/v1/classes", ClassesRead, "managementListClasses", classes::list).cached(&[Classes]),
        post("/v1/classes", ClassesWrite, "managementCreateClass", classes::create).says(classes::CREATING),
        patch("/v1/classes/{classId}", ClassesWrite, "managementUpdateClass", classes::change).says(classes::CHANGING),
        delete("/v1/classes/{classId}", ClassesWrite, "managementCancelClass", classes::cancel)
            .says(classes::CANCELLING),
        get("/v1/content", ContentRead, "managementListContent", content::list).cached(&[ContentTable]),
        patch("/v1/content/{contentId}", ContentWrite, "managementUpdateContent", change::<Content>),
        delete("/v1/content/{contentId}", ContentWrite, "managementDeleteContent", content::remove),
        get("/v1/coupons", CouponsRead, "managementListCoupons", coupons::list),
        post("/v1/coupons", CouponsWrite, "managementCreateCoupon", coupons::create),
        delete("/v1/coupons/{couponId}", CouponsWrite, "managementDeleteCoupon", coupons::remove),
        get("/v1/instructors", InstructorsRead, "managementListInstructors", instructors::list).cached(&[Instructors]),
        post("/v1/instructors", InstructorsWrite, "managementCreateInstructor", instructors::create),
        patch("/v1/instructors/{instructorId}", InstructorsWrite, "managementUpdateInstructor", instructors::change),
        get("/v1/locations", LocationsRead, "managementListLocations", locations::list).cached(&[Locations]),
        get("/v1/locations/{locationId}/rooms", LocationsRead, "managementListRooms", rooms::list)
            .cached(&[Locations, Rooms]),
        post("/v1/locations", LocationsWrite, "managementCreateLocation", create::<Location>),
        patch("/v1/locations/{locationId}", LocationsWrite, "managementUpdateLocation", locations::change),
        delete("/v1/locations/{locationId}", LocationsWrite, "managementDeleteLocation", locations::remove)
            .says(locations::REMOVING),
        post("/v1/locations/{locationId}/rooms", LocationsWrite, "managementCreateRoom", rooms::create),
        patch("/v1/locations/{locationId}/rooms/{roomId}", LocationsWrite, "managementUpdateRoom", rooms::change),
        delete("/v1/locations/{locationId}/rooms/{roomId}", LocationsWrite, "managementDeleteRoom", rooms::remove),
        get("/v1/members", MembersRead, "managementListMembers", members::list),
        post("/v1/members/invites", MembersWrite, "managementInviteMember", members::invite).says(members::INVITING),
        patch("/v1/members/{membershipId}", MembersWrite, "managementUpdateMember", members::change)
            .says(members::CHANGING),
        post("/v1/members/{membershipId}/cancel", MembersWrite, "managementCancelMembership", members::cancel)
            .says(members::CANCELLING),
        get("/v1/plans", PlansRead, "managementListPlans", plans::list).cached(&[Plans]),
        post("/v1/plans", PlansWrite, "managementCreatePlan", create::<Plan>),
        patch("/v1/plans/{planId}", PlansWrite, "managementUpdatePlan", change::<Plan>),
        delete("/v1/plans/{planId}", PlansWrite, "managementArchivePlan", plans::archive),
        get("/v1/programs", ProgramsRead, "managementListPrograms", programs::list).cached(&[Programs]),
        get("/v1/programs/{programId}", ProgramsRead, "managementGetProgram", programs::show)
            .cached(&[Programs, Classes]),
        post("/v1/programs", ProgramsWrite, "managementCreateProgram", create::<Program>),
        patch("/v1/programs/{programId}", ProgramsWrite, "managementUpdateProgram", programs::change),
        get("/v1/schedule", ScheduleRead, "managementListSchedule", schedule::list).cached(&[
            Occurrences,
            Studios,
            Locations,
            Rooms,
        ]),
        patch("/v1/schedule/{occurrenceId}", ScheduleWrite, "managementRescheduleOccurrence", schedule::reschedule)
            .named("Change, cancel or move an occurrence")
            .says(schedule::RESCHEDULING),
    ]
}

const ABOUT: About = About {
    title: "Flow Gateway: Management",
    description: "The API for a studio's own servers. Send `Authorization: Bearer flow_sk_…`; a secret key can do \
    only what its scopes allow, and a `write` scope does not include `read`. Never put a secret key into a page, an \
    app or a URL.

Lists come in pages: follow `next_cursor` until it is null. Changes are JSON Merge Patches. Send `If-Match` with \
the `ETag` you read to change only that version, `Idempotency-Key` to make a retry safe, and `?dry_run=true` to see \
what a write would do. Every answer to a key carries `RateLimit`; every answer carries `X-Request-Id`.

To keep a copy of a list, ask for it with `updated_since=1970-01-01T00:00:00Z`. Keep the newest `updated_at` of the \
answers, and send that the next time: no change is missed. The row with that time comes again, and a row that changes \
while you page may come twice; keep the later one. A row that is gone (a DELETE answered 204) is not listed any more.

In a request, an optional text that is empty or blank counts as `null`.",
    credential: "secretKey",
    credential_says: "A secret key, `flow_sk_…`. Create it on the command line with only the scopes that its job \
    needs.",
};

/// The tags of the document.
pub fn tags() -> Vec<&'static DocumentTag> {
    document::tags::tags(endpoints().iter().map(|endpoint| &endpoint.rule))
}

/// The OpenAPI document.
pub fn document() -> Value {
    document::fold(&ABOUT, &endpoints())
}
