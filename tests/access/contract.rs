//! The tables are the contract's, row for row; and the source keeps the rules that make them the only way in.

use std::collections::BTreeSet;

use super::rows::{management_rules, storefront_rules};
use crate::support::sources::{sources, without_comments};

/// Management: scope, operation, id.
const MANAGEMENT: &str = "
    classes:read        GET /v1/classes                                     managementListClasses
    classes:write       POST /v1/classes                                    managementCreateClass
    classes:write       PATCH /v1/classes/{classId}                         managementUpdateClass
    classes:write       DELETE /v1/classes/{classId}                        managementCancelClass
    content:read        GET /v1/content                                     managementListContent
    content:write       PATCH /v1/content/{contentId}                       managementUpdateContent
    content:write       DELETE /v1/content/{contentId}                      managementDeleteContent
    coupons:read        GET /v1/coupons                                     managementListCoupons
    coupons:write       POST /v1/coupons                                    managementCreateCoupon
    coupons:write       DELETE /v1/coupons/{couponId}                       managementDeleteCoupon
    instructors:read    GET /v1/instructors                                 managementListInstructors
    instructors:write   POST /v1/instructors                                managementCreateInstructor
    instructors:write   PATCH /v1/instructors/{instructorId}                managementUpdateInstructor
    locations:read      GET /v1/locations                                   managementListLocations
    locations:read      GET /v1/locations/{locationId}/rooms                managementListRooms
    locations:write     POST /v1/locations                                  managementCreateLocation
    locations:write     PATCH /v1/locations/{locationId}                    managementUpdateLocation
    locations:write     DELETE /v1/locations/{locationId}                   managementDeleteLocation
    locations:write     POST /v1/locations/{locationId}/rooms               managementCreateRoom
    locations:write     PATCH /v1/locations/{locationId}/rooms/{roomId}     managementUpdateRoom
    locations:write     DELETE /v1/locations/{locationId}/rooms/{roomId}    managementDeleteRoom
    members:read        GET /v1/members                                     managementListMembers
    members:write       POST /v1/members/invites                            managementInviteMember
    members:write       PATCH /v1/members/{membershipId}                    managementUpdateMember
    members:write       POST /v1/members/{membershipId}/cancel              managementCancelMembership
    plans:read          GET /v1/plans                                       managementListPlans
    plans:write         POST /v1/plans                                      managementCreatePlan
    plans:write         PATCH /v1/plans/{planId}                            managementUpdatePlan
    plans:write         DELETE /v1/plans/{planId}                           managementArchivePlan
    programs:read       GET /v1/programs                                    managementListPrograms
    programs:read       GET /v1/programs/{programId}                        managementGetProgram
    programs:write      POST /v1/programs                                   managementCreateProgram
    programs:write      PATCH /v1/programs/{programId}                      managementUpdateProgram
    schedule:read       GET /v1/schedule                                    managementListSchedule
    schedule:write      PATCH /v1/schedule/{occurrenceId}                   managementRescheduleOccurrence
";

/// The Storefront: operation, id.
const STOREFRONT: &str = "
    - GET /v1/config                  storefrontGetConfig
    - GET /v1/site                    storefrontGetSite
    - GET /v1/policies                storefrontGetPolicies
    - GET /v1/classes                 storefrontListClasses
    - GET /v1/schedule                storefrontListSchedule
    - GET /v1/instructors             storefrontListInstructors
    - GET /v1/locations               storefrontListLocations
    - GET /v1/plans                   storefrontListPlans
    - GET /v1/programs                storefrontListPrograms
    - GET /v1/programs/{programId}    storefrontGetProgram
    - GET /v1/content                 storefrontListContent
";

/// Rows that are still to come. Take a row out of this list when it stands in its table; none is ever added.
const TO_COME: &[&str] = &[];

/// The functions that may ask the database without naming a studio, by file.
const UNSCOPED: &[(&str, &[&str])] = &[
    ("src/access/member_sessions/unscoped.rs", &["load", "note_use", "end", "sweep", "find_window_request"]),
    (
        "src/access/sessions/unscoped.rs",
        &[
            "begin",
            "load",
            "note_use",
            "note_password",
            "switch",
            "end",
            "list_of",
            "end_one_of",
            "end_all_of",
            "end_all_but",
            "sweep",
        ],
    ),
    ("src/access/signing_keys/unscoped.rs", &["list", "lock", "insert", "expire_others", "remove_expired"]),
    (
        "src/access/unscoped.rs",
        &[
            "load_key",
            "studio_of_key",
            "key_revision",
            "add_calls",
            "add_activity",
            "add_dropped",
            "studios_to_sweep",
            "note_networks",
            "note_last_uses",
            "forget_usage",
            "note_exposure",
            "count_key_change",
            "revocations",
            "rotation_ends_to_set",
            "rotation_ends_without_a_replacement",
        ],
    ),
    ("src/mail/unscoped.rs", &["take", "count", "bring_forward", "remove_expired", "holder"]),
    ("src/resources/by_time/unscoped.rs", &["due"]),
    ("src/resources/members/accounts/unscoped.rs", &["passwords_by_email", "by_email"]),
    ("src/resources/members/calendar/unscoped.rs", &["holder"]),
    ("src/resources/members/unscoped.rs", &["due"]),
    ("src/resources/schedule/unscoped.rs", &["due", "fitted_to_others", "note_zone_rules"]),
    ("src/resources/studios/unscoped.rs", &["list", "find_by_slug"]),
    ("src/signin/owner_mails/unscoped.rs", &["expiring", "exposed"]),
    (
        "src/signin/second_factor/unscoped.rs",
        &[
            "find",
            "insert",
            "remove",
            "forget_without_account",
            "use_step",
            "replace_recovery_codes",
            "use_recovery_code",
            "count_recovery_codes",
            "count_sealed_otherwise",
            "begin_pending",
            "find_pending",
            "end_pending",
            "end_all_pending",
            "sweep",
        ],
    ),
    ("src/signin/unscoped.rs", &["by_email", "by_key", "find", "studios_of"]),
];

/// Other files that run statements on the whole database, each with its reason.
const WHOLE_DATABASE: &[(&str, &str)] = &[
    ("src/access/activity/queue.rs", "writes the calls of all studios"),
    ("src/access/usage.rs", "writes the calls of all studios"),
    ("src/access/watch.rs", "watches over the keys of all studios"),
];

fn rows(text: &str) -> Vec<[String; 4]> {
    let row = |line: &str| {
        let words: Vec<_> = line.split_whitespace().map(str::to_owned).collect();
        <[String; 4]>::try_from(words).expect("four words")
    };
    text.lines().filter(|line| !line.trim().is_empty()).map(row).collect()
}

#[test]
fn there_are_as_many_rows_as_the_contract_closes_the_tables_at() {
    assert_eq!((rows(MANAGEMENT).len(), rows(STOREFRONT).len()), (35, 11));
    let scopes: BTreeSet<_> = rows(MANAGEMENT).into_iter().map(|[scope, ..]| scope).collect();
    assert_eq!(scopes.len(), 18);
}

#[test]
fn every_row_is_the_contracts_and_every_other_is_still_to_come() {
    let tables = [(rows(MANAGEMENT), management_rules()), (rows(STOREFRONT), storefront_rules())];
    let mut to_come = Vec::new();
    for (promised, ours) in tables {
        let ours: Vec<_> = ours
            .iter()
            .map(|rule| {
                let scope = rule.needs.map_or("-", |scope| scope.name());
                [scope, rule.method, rule.path, rule.id].map(str::to_owned)
            })
            .collect();
        for row in &ours {
            assert!(promised.contains(row), "not a row of the contract: {row:?}");
        }
        assert_eq!(ours.iter().collect::<BTreeSet<_>>().len(), ours.len(), "a row stands twice");
        to_come.extend(promised.into_iter().filter(|row| !ours.contains(row)).map(|[_, _, _, id]| id));
    }
    assert_eq!(to_come, TO_COME, "TO_COME is exactly what the tables lack");
}

#[test]
fn nothing_but_the_tables_registers_a_route() {
    let ways =
        [".route(", ".route_service(", ".nest(", ".nest_service(", ".merge(", ".fallback(", ".fallback_service("];
    for (path, text) in sources() {
        if path == "src/operation/endpoint.rs" {
            continue;
        }
        let code = without_comments(&text);
        for way in ways {
            let found = code.lines().find(|line| line.contains(way));
            assert_eq!(found, None, "{path} registers a route by {way}");
        }
    }
}

#[test]
fn the_functions_that_name_no_studio_are_these_and_no_other() {
    let found: Vec<_> = sources()
        .into_iter()
        .filter(|(path, _)| path.ends_with("/unscoped.rs"))
        .map(|(path, text)| (path, functions(&without_comments(&text))))
        .collect();
    let listed: Vec<_> = UNSCOPED
        .iter()
        .map(|(path, names)| ((*path).to_owned(), names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>()))
        .collect();
    assert_eq!(found, listed);
}

/// Everything else takes a `StudioOn`, a `StudioTx` or a `TimetableTx`, which bind the studio. Commands speak for an
/// operator, who names the studio.
#[test]
fn only_these_files_reach_the_database_without_a_studio() {
    let is_let_off = |path: &str| path.starts_with("src/store/") || path.starts_with("src/cli/");
    let found: Vec<_> = sources()
        .into_iter()
        .filter(|(path, _)| !is_let_off(path) && !path.ends_with("/unscoped.rs"))
        .filter(|(_, text)| [" On<'_>", "&mut Tx"].iter().any(|kind| without_comments(text).contains(kind)))
        .map(|(path, _)| path)
        .collect();
    assert_eq!(found, WHOLE_DATABASE.iter().map(|(path, _)| *path).collect::<Vec<_>>());
}

/// The names of a file's public functions that ask a database.
fn functions(code: &str) -> Vec<String> {
    let names = code.split("pub async fn ").skip(1);
    names.map(|rest| rest.split(['(', '<']).next().unwrap_or_default().to_owned()).collect()
}
