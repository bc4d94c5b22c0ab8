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
    (
        "src/access/sessions/unscoped.rs",
        &["begin", "load", "note_use", "note_password", "switch", "end", "end_all_of", "sweep"],
    ),
    (
        "src/access/unscoped.rs",
        &[
            "load_key",
            "studio_of_key",
            "key_revision",
            "add_calls",
            "note_networks",
            "note_last_uses",
            "forget_usage",
            "note_exposure",
            "count_key_change",
        ],
    ),
    ("src/mail/unscoped.rs", &["take", "bring_forward", "remove_expired", "holder"]),
    ("src/resources/by_time/unscoped.rs", &["due"]),
    ("src/resources/members/unscoped.rs", &["due"]),
    ("src/resources/schedule/unscoped.rs", &["due", "fitted_to_others", "take_zone_rules", "note_zone_rules"]),
    ("src/resources/studios/unscoped.rs", &["list", "find_by_slug"]),
    ("src/signin/unscoped.rs", &["by_email", "find", "studios_of"]),
];

/// Functions that take a database and are neither a store's nor about a studio's rows, each with its reason.
const NOT_OF_A_STUDIO: &[(&str, &str, &str)] = &[
    ("src/access/key_database.rs", "commit", "notifies of changed keys"),
    ("src/operation/app.rs", "new", "puts a gateway together"),
    ("src/server/tasks.rs", "start", "puts a gateway together"),
    ("src/mail/sender.rs", "keep_sending", "sends the mail of all studios"),
    ("src/store/file_stamp.rs", "write_stamp", "stamps the file of all studios"),
    ("src/resources/by_time.rs", "tell_due", "tells of rows of all studios whose status the time changes"),
    ("src/resources/members/passing.rs", "expire_due", "brings the members of all studios up to date"),
    ("src/resources/schedule/ahead.rs", "lay_out_once", "lays out the classes of all studios"),
    ("src/resources/schedule/zone_rules.rs", "fit_all_once", "fits the occurrences of all studios"),
    ("src/access/usage.rs", "write", "counts calls of all keys at once"),
    ("src/access/usage.rs", "sweep", "removes old counts of all keys"),
    ("src/operation/idempotency.rs", "sweep", "removes old records of all studios"),
    ("src/operation/idempotency.rs", "record", "a claim knows its studio"),
    ("src/resources/studios/store.rs", "create", "writes the studio itself"),
    ("src/resources/studios/store.rs", "change", "writes the studio itself"),
    ("src/store/secret.rs", "kept", "a secret of the whole gateway"),
    ("src/store/deadline.rs", "begin_by_deadline", "begins a transaction, whatever it is about"),
    ("src/store/scrub.rs", "scrub", "the file as a whole"),
    ("src/store/migrate.rs", "migrate", "the schema"),
    ("src/transfer/store.rs", "analyze", "tables as a whole"),
    ("src/store/record.rs", "insert", "below the rows: names the table first"),
    ("src/store/record.rs", "insert_all", "below the rows: names the table first"),
    ("src/store/record.rs", "update", "below the rows: names the table first"),
    ("src/store/record.rs", "update_all", "below the rows: names the table first"),
    ("src/store/record.rs", "insert_unscoped", "below the rows: names the table first"),
    ("src/store/record.rs", "update_studio", "below the rows: names the table first"),
    ("src/store/backfill.rs", "backfill", "computes columns of older rows when a database is opened"),
    ("src/store/search.rs", "backfill_batch", "like backfill"),
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
                let scope = rule.scope.map_or("-", |scope| scope.name());
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
        .map(|(path, text)| (path, functions(&text).into_iter().map(|function| function.name).collect::<Vec<_>>()))
        .collect();
    let listed: Vec<_> = UNSCOPED
        .iter()
        .map(|(path, names)| ((*path).to_owned(), names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>()))
        .collect();
    assert_eq!(found, listed);
}

#[test]
fn every_other_store_function_names_its_studio_right_after_the_database() {
    let (mut excused, mut nameless) = (BTreeSet::new(), Vec::new());
    for (path, text) in sources().into_iter().filter(|(path, _)| is_of_the_store(path)) {
        for function in functions(&text) {
            let Some(database) = function.arguments.iter().position(|kind| is_a_database(kind)) else { continue };
            let excuse = NOT_OF_A_STUDIO.iter().find(|(file, name, _)| *file == path && *name == function.name);
            if let Some(excuse) = excuse {
                excused.insert(excuse);
                continue;
            }
            if function.arguments.get(database + 1).is_none_or(|next| next != "StudioId" && next != "&Row<Studio>") {
                nameless.push(format!("{path}: {}", function.name));
            }
        }
    }
    assert!(nameless.is_empty(), "these take a database and no studio right after it: {nameless:#?}");
    assert_eq!(excused.len(), NOT_OF_A_STUDIO.len(), "an excuse that nobody needs: {excused:?} are needed");
}

/// Commands speak for an operator, who names the studio; what they call names it right after the database.
fn is_of_the_store(path: &str) -> bool {
    !path.ends_with("/unscoped.rs") && !path.starts_with("src/cli/")
}

fn is_a_database(kind: &str) -> bool {
    matches!(
        kind,
        "On<'_>" | "impl Into<KeyDatabase<'h>>" | "&mut Tx" | "Tx" | "&Db" | "Db" | "&PgPool" | "&SqlitePool"
    )
}

/// A public async function: its name and the types of its arguments, without `self`.
struct Function {
    name: String,
    arguments: Vec<String>,
}

fn functions(text: &str) -> Vec<Function> {
    let code = without_comments(text);
    let starts = code.match_indices("pub async fn ").chain(code.match_indices("pub(super) async fn "));
    starts
        .chain(code.match_indices("pub(crate) async fn "))
        .map(|(at, word)| function(&code[at + word.len()..]))
        .collect()
}

/// Reads a function's head: the name, perhaps parameters in `<>`, then the arguments in `()`.
fn function(text: &str) -> Function {
    let name = text.chars().take_while(|letter| letter.is_alphanumeric() || *letter == '_').collect::<String>();
    let rest = &text[name.len()..];
    let open = if rest.starts_with('<') { end_of(rest, '<', '>') } else { 0 };
    let list = &rest[open + 1..end_of(&rest[open..], '(', ')') + open];
    let kinds =
        split_at_commas(list).into_iter().filter_map(|argument| Some(argument.rsplit_once(": ")?.1.trim().to_owned()));
    Function { name, arguments: kinds.collect() }
}

/// Where the bracket that a text starts with is closed; the position before the next character for `<>`.
fn end_of(text: &str, open: char, close: char) -> usize {
    let mut depth = 0;
    for (at, letter) in text.char_indices() {
        let is_arrow = letter == '>' && text[..at].ends_with('-');
        depth += i32::from(letter == open) - i32::from(letter == close && !is_arrow);
        if depth == 0 {
            return if open == '<' { at + 1 } else { at };
        }
    }
    panic!("a bracket is not closed: {text}")
}

fn split_at_commas(list: &str) -> Vec<String> {
    let (mut parts, mut depth) = (vec![String::new()], 0);
    for letter in list.replace("->", "→").chars() {
        depth += i32::from("(<[".contains(letter)) - i32::from(")>]".contains(letter));
        if letter == ',' && depth == 0 {
            parts.push(String::new());
        } else {
            parts.last_mut().expect("a part").push(letter);
        }
    }
    parts.into_iter().map(|part| part.trim().to_owned()).filter(|part| !part.is_empty()).collect()
}

#[test]
fn a_head_of_a_function_is_read_right() {
    let found = functions(
        "x\npub async fn list<T: Resource>(\n    on: On<'_>,\n    studio: StudioId,\n    f: impl FnOnce(A, B) -> C,\n) -> D {",
    );
    assert_eq!(
        (found[0].name.as_str(), found[0].arguments.join(" | ").as_str()),
        ("list", "On<'_> | StudioId | impl FnOnce(A, B) → C")
    );
}
