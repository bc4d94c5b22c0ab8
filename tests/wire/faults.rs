//! Every fault of a body is named in one answer: those of its form, those of the whole that it makes, and those that the
//! rules find. What is at fault is never written, and neither is what stands in for it meanwhile.

use axum::{body::Body, http::Method};
use flow_gateway::{
    access::scope::Scope,
    resources::{
        classes::Class,
        coupons::Coupon,
        instructors::Instructor,
        locations::{Location, rooms::Room},
        members::Membership,
        plans::Plan,
        programs::Program,
    },
    wire::input::Input,
};
use serde_json::{Value, json};

use crate::{
    resources::classes::{House, id, on_a_sunday, weekly},
    support::{
        made,
        studio::{Client, Reply, Studio, on_both_engines},
    },
};

const NO_INSTRUCTOR: &str = "ins_01jdc9x0aetqt8q3yv0gcm1v5z";
const NO_LOCATION: &str = "loc_01jdc9x0aetqt8q3yv0gcm1v5z";
const NO_ROOM: &str = "room_01jdc9x0aetqt8q3yv0gcm1v5z";
const NO_PROGRAM: &str = "prg_01jdc9x0aetqt8q3yv0gcm1v5z";
const NO_PLAN: &str = "pln_01jdc9x0aetqt8q3yv0gcm1v5z";

/// A studio with a row of each kind, and where each is changed.
struct Rows {
    server: Client,
    class: String,
    occurrence: String,
    content: String,
    member: String,
    plan: String,
    program: String,
    location: String,
    rooms: String,
    instructor: String,
}

impl Rows {
    async fn of(studio: &Studio) -> Self {
        let House { server, location, instructor, .. } = House::with(studio.server(Scope::ALL).await).await;
        let made = async |path: &str, row: Value| id(&server.post(path, row).await.expect(201));
        let class = made("/v1/classes", weekly("monday", "18:30")).await;
        let occurrences = server.get(&format!("/v1/schedule?class_id={class}")).await.rows();
        let price = json!({"amount": 1800, "currency": "EUR"});
        let plan = made("/v1/plans", json!({"name": "Unlimited", "price": price})).await;
        let program = made("/v1/programs", json!({"name": "Summer", "starts_on": "2026-06-01"})).await;
        let member = made("/v1/members/invites", json!({"email": "rui@member.example"})).await;
        let content = id(&made::content(studio, studio.id, json!({"title": "Neck"})).await.expect("content"));
        Self {
            class: format!("/v1/classes/{class}"),
            occurrence: format!("/v1/schedule/{}", id(&occurrences[0])),
            content: format!("/v1/content/{content}"),
            member: format!("/v1/members/{member}"),
            plan: format!("/v1/plans/{plan}"),
            program: format!("/v1/programs/{program}"),
            location: format!("/v1/locations/{location}"),
            rooms: format!("/v1/locations/{location}/rooms"),
            instructor: format!("/v1/instructors/{instructor}"),
            server,
        }
    }

    /// All that the studio has.
    async fn all(&self) -> Vec<Vec<Value>> {
        let lists =
            ["classes", "schedule", "content", "members", "plans", "programs", "locations", "instructors", "coupons"];
        let mut all = Vec::new();
        for list in lists {
            all.push(self.server.get(&format!("/v1/{list}?limit=100")).await.rows());
        }
        all.push(self.server.get(&self.rooms).await.rows());
        all
    }

    /// New rows that are wrong in several ways: where they are sent, and where their faults are.
    fn wrong_rows(&self) -> Vec<(&str, Value, Vec<&str>)> {
        let monday = json!({"weekday": "monday", "start_time": "18:30"});
        let backwards = json!({"starts_on": "2026-02-02", "ends_on": "2026-01-05", "weekly": [monday]});
        vec![
            (
                "/v1/classes",
                json!({"name": 5, "bogus": 1, "duration_minutes": 1, "instructor_id": NO_INSTRUCTOR, "room_id": NO_ROOM,
                    "location_id": NO_LOCATION, "program_id": NO_PROGRAM, "recurrence": backwards}),
                vec![
                    "/bogus",
                    "/duration_minutes",
                    "/instructor_id",
                    "/location_id",
                    "/name",
                    "/program_id",
                    "/recurrence/ends_on",
                    "/room_id",
                ],
            ),
            (
                "/v1/classes",
                json!({"duration_minutes": 60, "price": {"amount": -1}, "booking_window": {"opens_minutes_before": "x",
                    "closes_minutes_before": 60}, "recurrence": {"starts_on": "2026-02-02", "ends_on": "2026-01-05",
                    "every_weeks": 0, "bogus": 1, "weekly": [monday, monday, {"weekday": "Monday"}]}}),
                vec![
                    "/booking_window/opens_minutes_before",
                    "/name",
                    "/price/amount",
                    "/price/currency",
                    "/recurrence/bogus",
                    "/recurrence/ends_on",
                    "/recurrence/every_weeks",
                    "/recurrence/weekly/2/start_time",
                    "/recurrence/weekly/2/weekday",
                ],
            ),
            (
                "/v1/coupons",
                json!({"code": "a", "kind": "percent", "amount_off": {"amount": 500, "currency": "EUR"},
                    "duration": "repeating", "plan_ids": [NO_PLAN], "valid_from": "2026-02-01T00:00:00Z",
                    "valid_until": "2026-01-01T00:00:00Z"}),
                vec!["/amount_off", "/code", "/duration_months", "/percent_off", "/plan_ids/0", "/valid_until"],
            ),
            (
                "/v1/coupons",
                json!({"code": "SUMMER", "amount_off": "5 EUR", "duration": "sometimes", "plan_ids": ["gold", NO_PLAN]}),
                vec!["/amount_off", "/duration", "/plan_ids/0", "/plan_ids/1"],
            ),
            (
                "/v1/plans",
                json!({"name": "", "program_ids": [NO_PROGRAM], "billing_interval": "once", "billing_interval_count": 2}),
                vec!["/billing_interval_count", "/name", "/price", "/program_ids/0"],
            ),
            ("/v1/locations", json!({"name": "", "latitude": 5}), vec!["/longitude", "/name"]),
            (
                "/v1/locations",
                json!({"name": "Alfama", "latitude": "5", "longitude": 500}),
                vec!["/latitude", "/longitude"],
            ),
            (
                &self.rooms,
                json!({"name": " ", "capacity": 0, "location_id": NO_LOCATION}),
                vec!["/capacity", "/location_id", "/name"],
            ),
            (
                "/v1/programs",
                json!({"name": "", "instructor_ids": [NO_INSTRUCTOR], "starts_on": "2026-02-01", "ends_on": "2026-01-01"}),
                vec!["/ends_on", "/instructor_ids/0", "/name"],
            ),
            (
                "/v1/instructors",
                json!({"display_name": null, "email": "bad", "links": {"": "x"}}),
                vec!["/display_name", "/email", "/links/"],
            ),
            (
                "/v1/members/invites",
                json!({"email": "bad", "status": "active", "ends_on": "2020-01-01", "birth_date": "2190-01-01", "plan_id": NO_PLAN}),
                vec!["/birth_date", "/email", "/ends_on", "/plan_id", "/status"],
            ),
            (
                "/v1/members/invites",
                json!({"email": "rui@member.example", "status": "active", "first_name": 5, "plan_id": NO_PLAN}),
                vec!["/first_name", "/plan_id", "/status"],
            ),
            ("/v1/plans", json!([1]), vec![""]),
        ]
    }

    /// Changes that are wrong in several ways.
    fn wrong_changes(&self) -> Vec<(&str, Value, Vec<&str>)> {
        vec![
            (
                &self.class,
                json!({"name": "", "price": {"amount": 5}, "instructor_id": NO_INSTRUCTOR, "recurrence": {"ends_on": "2020-01-01"}}),
                vec!["/instructor_id", "/name", "/price/currency", "/recurrence/ends_on"],
            ),
            (
                &self.class,
                json!({"price": {"amount": "5"}, "room_id": NO_ROOM}),
                vec!["/price/amount", "/price/currency", "/room_id"],
            ),
            (
                &self.occurrence,
                json!({"capacity": 0, "instructor_id": NO_INSTRUCTOR, "room_id": NO_ROOM, "cancel_reason": "Snow",
                    "ends_at": "2020-01-01T00:00:00Z"}),
                vec!["/cancel_reason", "/capacity", "/ends_at", "/instructor_id", "/room_id"],
            ),
            (
                &self.content,
                json!({"title": "", "access": "plans", "instructor_id": NO_INSTRUCTOR, "program_id": NO_PROGRAM}),
                vec!["/instructor_id", "/plan_ids", "/program_id", "/title"],
            ),
            (
                &self.member,
                json!({"email": null, "plan_id": NO_PLAN, "starts_on": "2026-02-01", "ends_on": "2026-01-01", "birth_date": "2190-01-01"}),
                vec!["/birth_date", "/email", "/ends_on", "/plan_id"],
            ),
            (
                &self.plan,
                json!({"name": "", "program_ids": [NO_PROGRAM], "id": 5}),
                vec!["/id", "/name", "/program_ids/0"],
            ),
            (&self.program, json!({"name": "", "ends_on": "2026-01-01"}), vec!["/ends_on", "/name"]),
            (&self.program, json!({"starts_on": "soon", "ends_on": "2026-01-01"}), vec!["/starts_on"]),
            (&self.location, json!({"name": "", "longitude": 5}), vec!["/latitude", "/name"]),
            (
                &self.instructor,
                json!({"display_name": 5, "metadata": {"a\u{0}b": "x"}}),
                vec!["/display_name", "/metadata/a\u{0}b"],
            ),
            (&self.instructor, json!("Anna"), vec![""]),
        ]
    }
}

/// What may be sent to make each resource.
fn forms(rows: &Rows) -> [(&str, &'static Value); 8] {
    [
        ("/v1/classes", &Class::input().create_schema),
        ("/v1/coupons", &Coupon::input().create_schema),
        ("/v1/instructors", &Instructor::input().create_schema),
        ("/v1/locations", &Location::input().create_schema),
        (&rows.rooms, &Room::input().create_schema),
        ("/v1/members/invites", &Membership::input().create_schema),
        ("/v1/plans", &Plan::input().create_schema),
        ("/v1/programs", &Program::input().create_schema),
    ]
}

/// Two values in other rows' fields are named together.
#[track_caller]
fn are_taken(reply: &Reply, fields: [&str; 2]) {
    let problem = reply.is_problem(409, "conflict");
    let mut pointers: Vec<_> = problem["errors"].as_array().unwrap().iter().map(|error| &error["pointer"]).collect();
    pointers.sort_by_key(ToString::to_string);
    assert_eq!(pointers, fields, "{problem}");
}

#[apply(on_both_engines!)]
async fn one_answer_names_every_fault_and_nothing_is_written(studio: Studio) {
    let studio = on_a_sunday(studio).await;
    let rows = Rows::of(&studio).await;
    let before = rows.all().await;
    for (path, row, faults) in rows.wrong_rows() {
        assert_eq!(rows.server.post(path, row.clone()).await.faults(), faults, "{path} {row}");
        assert_eq!(rows.server.post(&format!("{path}?dry_run=true"), row).await.faults(), faults, "{path}");
    }
    for (path, change, faults) in rows.wrong_changes() {
        assert_eq!(rows.server.patch(path, change.clone()).await.faults(), faults, "{path} {change}");
        assert_eq!(rows.server.patch(&format!("{path}?dry_run=true"), change).await.faults(), faults, "{path}");
    }
    let cancel = format!("{}/cancel", rows.member);
    assert_eq!(rows.server.post(&cancel, json!({"when": "soon", "reason": 7})).await.faults(), ["/reason", "/when"]);
    assert_eq!(rows.all().await, before);
    assert_eq!(flow_gateway::mail::outbox::list(studio.app.db.of(studio.id)).await.unwrap().len(), 1);
}

/// What stands in for a field, or is left out in its place, leads to no fault of its own.
#[apply(on_both_engines!)]
async fn a_field_that_is_wrong_is_told_alone(studio: Studio) {
    let rows = Rows::of(&studio).await;
    let before = rows.all().await;
    for (path, schema) in forms(&rows) {
        let whole = flow_gateway::wire::schema::example(schema);
        for (name, field) in schema["properties"].as_object().unwrap() {
            let is_list = field["type"] == "array" || field["type"][0] == "array";
            let mut sent = whole.clone();
            sent[name] = if is_list { json!(5) } else { json!([]) };
            let mut faults = rows.server.post(path, sent).await.faults();
            faults.dedup();
            assert_eq!(faults, [format!("/{name}")], "{path}");
        }
        let faults = rows.server.post(path, json!({})).await.faults();
        for name in schema["required"].as_array().unwrap() {
            assert!(faults.contains(&format!("/{}", name.as_str().unwrap())), "{path}: {faults:?}");
        }
    }
    assert_eq!(rows.all().await, before);
}

#[apply(on_both_engines!)]
async fn what_stands_in_for_an_address_is_nobodys(studio: Studio) {
    let server = studio.server(Scope::ALL).await;
    let stand_in = &Membership::input().create_schema["properties"]["email"]["examples"][0];
    let member = server.post("/v1/members/invites", json!({"email": stand_in})).await.expect(201);
    let path = format!("/v1/members/{}", id(&member));
    server.patch(&path, json!({"status": "active"})).await.expect(200);
    assert_eq!(server.post("/v1/members/invites", json!({"email": "bad"})).await.faults(), ["/email"]);
}

#[apply(on_both_engines!)]
async fn more_faults_than_an_answer_holds_are_cut_off(studio: Studio) {
    let server = studio.server(Scope::ALL).await;
    let many: serde_json::Map<_, _> = (0..5000).map(|number| (format!("f{number}"), json!(number))).collect();
    for reply in [
        server.post("/v1/plans", Value::Object(many.clone())).await,
        server.post("/v1/coupons", json!({"code": "AB", "metadata": many})).await,
    ] {
        assert_eq!(reply.faults().len(), 100);
    }
}

#[apply(on_both_engines!)]
async fn a_row_that_is_not_there_or_not_so_any_more_comes_before_the_faults(studio: Studio) {
    let studio = on_a_sunday(studio).await;
    let rows = Rows::of(&studio).await;
    let stale = rows.server.clone().with("if-match", "\"9\"");
    for (path, change, faults) in rows.wrong_changes() {
        stale.patch(path, change.clone()).await.is_problem(412, "version_mismatch");
        let (list, id) = path.rsplit_once('/').unwrap();
        let nowhere = format!("{list}/{}_01jdc9x0aetqt8q3yv0gcm1v5z", id.split_once('_').unwrap().0);
        rows.server.patch(&nowhere, change).await.is_problem(404, "not_found");
        assert!(!faults.is_empty());
    }
    let wrong = json!({"name": ""});
    rows.server.post(&format!("/v1/locations/{NO_LOCATION}/rooms"), wrong).await.is_problem(404, "not_found");
    let cancel = "/v1/members/mbr_01jdc9x0aetqt8q3yv0gcm1v5z/cancel";
    rows.server.post(cancel, json!({"when": "soon"})).await.is_problem(404, "not_found");
    rows.server
        .send(Method::PATCH, &rows.plan, Body::from("{"), Some("application/json"))
        .await
        .is_problem(400, "malformed_request");
    rows.server
        .send(Method::PATCH, &rows.plan, Body::from("{}"), Some("text/plain"))
        .await
        .is_problem(415, "unsupported_media_type");
}

#[apply(on_both_engines!)]
async fn all_that_is_taken_is_named_at_once(studio: Studio) {
    let server = studio.server(Scope::ALL).await;
    let anna = json!({"display_name": "Anna", "slug": "anna", "external_id": "1"});
    server.post("/v1/instructors", anna.clone()).await.expect(201);
    are_taken(&server.post("/v1/instructors", anna.clone()).await, ["/external_id", "/slug"]);
    let rita = id(&server.post("/v1/instructors", json!({"display_name": "Rita"})).await.expect(201));
    are_taken(&server.patch(&format!("/v1/instructors/{rita}"), anna).await, ["/external_id", "/slug"]);
    let summer = json!({"name": "Summer", "slug": "summer", "external_id": "1"});
    server.post("/v1/programs", summer.clone()).await.expect(201);
    are_taken(&server.post("/v1/programs", summer).await, ["/external_id", "/slug"]);
    let coupon = |code: &str| json!({"code": code, "percent_off": 10, "external_id": "1"});
    server.post("/v1/coupons", coupon("SUMMER")).await.expect(201);
    are_taken(&server.post("/v1/coupons", coupon("summer")).await, ["/code", "/external_id"]);
    let clara = json!({"email": "clara@member.example", "external_id": "1"});
    server.post("/v1/members/invites", clara.clone()).await.expect(201);
    let rui = id(&server.post("/v1/members/invites", json!({"email": "rui@member.example"})).await.expect(201));
    are_taken(&server.patch(&format!("/v1/members/{rui}"), clara).await, ["/email", "/external_id"]);
}

#[apply(on_both_engines!)]
async fn null_is_as_absent_at_every_depth(studio: Studio) {
    let server = studio.server(Scope::ALL).await;
    let mut sent = weekly("monday", "18:30");
    sent["recurrence"]["every_weeks"] = json!(null);
    sent["recurrence"]["ends_on"] = json!(null);
    sent["metadata"] = json!({"a": null, "b": "2"});
    let made = server.post("/v1/classes", sent).await.expect(201);
    assert_eq!((&made["recurrence"]["every_weeks"], &made["metadata"]), (&json!(1), &json!({"b": "2"})));
    let empty = json!({"name": "Alfama", "address": {"city": null}, "metadata": null});
    assert_eq!(server.post("/v1/locations", empty).await.expect(201)["metadata"], json!({}));
    let required = json!({"name": "Unlimited", "price": {"amount": 1, "currency": null}});
    assert_eq!(server.post("/v1/plans", required).await.faults(), ["/price/currency"]);
}

#[apply(on_both_engines!)]
async fn a_name_that_cannot_be_is_named(studio: Studio) {
    let server = studio.server(Scope::ALL).await;
    let long = "n".repeat(41);
    let sent = json!({"name": "Alfama", "metadata": {"": "x", (long.clone()): "x", "a\u{0}b": "x", "fine": "x"}, "c\u{0}d": 1});
    let faults = server.post("/v1/locations", sent).await.faults();
    assert_eq!(faults, ["/c\u{0}d", "/c\u{0}d", "/metadata/", "/metadata/a\u{0}b", &format!("/metadata/{long}")]);
}

#[apply(on_both_engines!)]
async fn a_body_with_faults_leaves_its_idempotency_key_free(studio: Studio) {
    let server = studio.server(Scope::ALL).await.with("idempotency-key", "once");
    assert_eq!(
        server.post("/v1/locations", json!({"name": "", "latitude": 5})).await.faults(),
        ["/longitude", "/name"]
    );
    let first = server.post("/v1/locations", json!({"name": "Alfama"})).await;
    let again = server.post("/v1/locations", json!({"name": "Alfama"})).await;
    assert_eq!((first.expect(201), again.header("idempotency-replayed")), (again.expect(201), "true"));
    server.post("/v1/locations", json!({"name": ""})).await.is_problem(422, "idempotency_key_reused");
}
