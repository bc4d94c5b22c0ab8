//! The resources that an import does more for than their rules: those that look others up by name, tell of what time has
//! brought, or bring other rows along.

use std::collections::{BTreeSet, HashMap, HashSet};

use serde_json::{Map, Value, json};

use super::{After, ExtrasById, Importable, Refused, Unique, one_by_one};
use crate::{
    operation::write::Draft,
    resources::{
        bookings::{self, Booking},
        classes::{self, Class},
        coupons::{self, Coupon},
        locations::{
            self, Location,
            rooms::{self, Room},
        },
        members::{self, Membership, MembershipId, MembershipStatus},
        plans::Plan,
        rules,
        schedule::{self, Edit, Occurrence, OccurrenceId},
    },
    store::{error::StoreError, row::Row, studio::StudioOn, turns::TimetableTx},
    transfer::{read::words::PLAN, store},
    wire::problem::{Code, Fault, Problem},
};

impl Importable for Location {
    async fn create_all(tx: &mut TimetableTx, rows: Vec<Row<Self>>) -> Refused {
        one_by_one(rows, async |draft| rules::create_row::<Self>(tx, draft).await).await
    }

    async fn change(tx: &mut TimetableTx, current: &Row<Self>, (change, _): After<'_, Self>) -> Result<(), Problem> {
        locations::change(tx, current, change).await.map(drop)
    }
}

impl Importable for Room {
    const SETS: &'static [&'static str] = &["location_id"];

    async fn create_all(tx: &mut TimetableTx, rows: Vec<Row<Self>>) -> Refused {
        one_by_one(rows, async |draft| in_its_location(tx, draft).await).await
    }

    async fn change(
        tx: &mut TimetableTx,
        current: &Row<Self>,
        (change, fields): After<'_, Self>,
    ) -> Result<(), Problem> {
        if fields.location_id != current.fields.location_id {
            let detail = "is another: a room stays in its location";
            return Err(Problem::invalid(vec![Fault::at("/location_id", detail)]));
        }
        rooms::change(tx, current, change).await.map(drop)
    }
}

/// A room of Management has its location in the path; one of a file names it.
async fn in_its_location(tx: &mut TimetableTx, draft: Draft<'_, Room>) -> Result<Row<Room>, Problem> {
    let nowhere = || Problem::invalid(vec![Fault::at("/location_id", "names no location of this studio")]);
    let location = draft.fields().location_id.ok_or_else(nowhere)?;
    let created = rooms::create(tx, location, draft).await;
    created.map_err(|problem| if problem.code() == Code::NotFound { nowhere() } else { problem })
}

impl Importable for Coupon {
    const UNIQUE: &'static [Unique] = &[Unique { fields: &["code"], key: "lower(code)", taken: "is taken" }];
    const SETS: &'static [&'static str] = &["redeemed_count"];

    async fn create_all(tx: &mut TimetableTx, rows: Vec<Row<Self>>) -> Refused {
        one_by_one(rows, async |draft| coupons::create(tx, draft).await).await
    }

    async fn change(tx: &mut TimetableTx, current: &Row<Self>, (_, fields): After<'_, Self>) -> Result<(), Problem> {
        coupons::import_change(tx, current, fields).await
    }
}

impl Importable for Membership {
    const UNIQUE: &'static [Unique] =
        &[Unique { fields: &["email"], key: "email_key", taken: "is that of another member" }];
    const SETS: &'static [&'static str] = &["cancel_on", "cancelled_at", "cancel_reason", "last_signed_in_at"];
    const BY_NAME: &'static [&'static str] = &[PLAN];
    const CONSENT: Option<&'static str> = Some("marketing_consent");

    async fn create_all(tx: &mut TimetableTx, mut rows: Vec<Row<Self>>) -> Refused {
        members::import_new(tx, &mut rows).await
    }

    async fn change(tx: &mut TimetableTx, current: &Row<Self>, (_, fields): After<'_, Self>) -> Result<(), Problem> {
        members::follow(tx, current, fields).await
    }

    async fn withdrawn(on: StudioOn<'_>, ids: &[MembershipId]) -> Result<HashSet<MembershipId>, StoreError> {
        members::withdrawn(on, ids).await
    }

    async fn look_up(tx: &mut TimetableTx, batch: &mut Vec<(u64, Value)>) -> Result<Vec<(u64, Fault)>, Problem> {
        plans_by_name(tx, batch).await
    }

    /// An imported person is a member who was not invited, unless the line says otherwise.
    fn complete(line: &mut Map<String, Value>) {
        if line.get("status").is_none_or(Value::is_null) {
            line.insert("status".into(), json!(MembershipStatus::Active));
        }
    }
}

/// Finds the plans that lines name in place of `plan_id`: by their external id, or by a name that no other plan has.
async fn plans_by_name(tx: &mut TimetableTx, batch: &mut Vec<(u64, Value)>) -> Result<Vec<(u64, Fault)>, Problem> {
    let told = |sent: &Value| sent.get(PLAN).and_then(Value::as_str).map(str::to_owned);
    let names: Vec<_> = batch.iter().filter_map(|(_, sent)| told(sent)).collect();
    let mut plans = store::having::<Plan>(tx.on(), "external_id", &names).await?;
    plans.extend(store::having::<Plan>(tx.on(), "name", &names).await?);
    let find = |name: &str| {
        let known = |plan: &&Row<Plan>| plan.fields.external_id.as_ref().is_some_and(|id| id.0 == name);
        let ids: BTreeSet<_> = match plans.iter().find(known) {
            Some(plan) => [plan.id.to_string()].into(),
            None => plans.iter().filter(|plan| plan.fields.name == name).map(|plan| plan.id.to_string()).collect(),
        };
        match ids.len() {
            1 => ids.into_iter().next().ok_or("names no plan"),
            0 => Err("names no plan of this studio, by its name or its external id"),
            _ => Err("is the name of several plans: say `plan_id`"),
        }
    };
    let mut wrong = Vec::new();
    batch.retain_mut(|(line, sent)| {
        let plan = told(sent);
        let Some(fields) = sent.as_object_mut() else { return true };
        fields.remove(PLAN);
        let Some(plan) = plan else { return true };
        let found = find(&plan).and_then(|id| match fields.insert("plan_id".into(), json!(id)) {
            Some(other) if other != json!(id) && !other.is_null() => Err("is not the plan that `plan_id` names"),
            _ => Ok(()),
        });
        wrong.extend(found.err().map(|why| (*line, Fault::at("/plan", why))));
        found.is_ok()
    });
    Ok(wrong)
}

impl Importable for Class {
    async fn create_all(tx: &mut TimetableTx, rows: Vec<Row<Self>>) -> Refused {
        one_by_one(rows, async |draft| rules::create_row::<Self>(tx, draft).await).await
    }

    async fn change(tx: &mut TimetableTx, current: &Row<Self>, (change, _): After<'_, Self>) -> Result<(), Problem> {
        classes::change(tx, current, change).await.map(drop)
    }
}

impl Importable for Occurrence {
    const UNIQUE: &'static [Unique] = &[Unique {
        fields: &["class_id", "planned_start"],
        key: "class_id || ' ' || planned_start",
        taken: "is taken: the class already has an occurrence planned for then",
    }];
    const NOT_CREATED: Option<&'static str> = Some(
        "names no occurrence of this studio, where classes lay out their own. Import without the file of the schedule, or import \
        the whole export into a new studio",
    );

    async fn create_all(tx: &mut TimetableTx, rows: Vec<Row<Self>>) -> Refused {
        schedule::import_new(tx, rows).await
    }

    async fn change(tx: &mut TimetableTx, current: &Row<Self>, (change, _): After<'_, Self>) -> Result<(), Problem> {
        schedule::reschedule(tx, current, change).await.map(drop)
    }

    fn beside() -> Vec<(&'static str, Value)> {
        let taken = json!({"type": ["array", "null"], "items": {"enum": ["room_id", "instructor_id"]}});
        vec![("gave_way", taken), ("edited", json!({"type": ["boolean", "null"]}))]
    }

    async fn beside_of(on: StudioOn<'_>, ids: &[OccurrenceId]) -> Result<ExtrasById<Self>, StoreError> {
        let edits = schedule::edits_of(on, ids).await?;
        let told = |Edit { id, gave_way, edited }| {
            (id, Map::from_iter([("gave_way".to_owned(), json!(gave_way)), ("edited".to_owned(), json!(edited))]))
        };
        Ok(edits.into_iter().map(told).collect())
    }

    async fn keep_beside(tx: &mut TimetableTx, said: &[(OccurrenceId, Value)]) -> Result<(), StoreError> {
        let mut alike: HashMap<(bool, Vec<&str>), Vec<OccurrenceId>> = HashMap::new();
        for (id, said) in said {
            let Some(edited) = said.get("edited").and_then(Value::as_bool) else { continue };
            let gave_way = said.get("gave_way").and_then(Value::as_array).into_iter().flatten();
            alike.entry((edited, gave_way.filter_map(Value::as_str).collect())).or_default().push(*id);
        }
        for ((edited, gave_way), ids) in alike {
            schedule::note_edited(tx.on(), &ids, edited, &gave_way).await?;
        }
        Ok(())
    }
}

impl Importable for Booking {
    const UNIQUE: &'static [Unique] = &[
        Unique {
            // Of two cancelled ones, nothing has to differ but the time at which they were.
            fields: &["cancelled_at", "occurrence_id", "membership_id"],
            key: "case when cancelled_at is null then occurrence_id || ' ' || membership_id end",
            taken: "is taken: the member has booked the occurrence already",
        },
        Unique {
            fields: &["occurrence_id", "queue_number"],
            key: "case when queue_number is not null then occurrence_id || ' ' || queue_number end",
            taken: "is taken: somebody else waits for the occurrence under this number",
        },
    ];
    const NOT_CREATED: Option<&'static str> = Some(
        "names no booking of this studio, where members and staff book. Import without the file of bookings, or import the whole \
        export into a new studio",
    );

    async fn create_all(tx: &mut TimetableTx, rows: Vec<Row<Self>>) -> Refused {
        bookings::import_new(tx, rows).await
    }

    async fn change(_: &mut TimetableTx, _: &Row<Self>, _: After<'_, Self>) -> Result<(), Problem> {
        let detail = "is another than the booking's: bookings are changed by members and staff, not by a file";
        Err(Problem::invalid(vec![Fault::at("/status", detail)]))
    }
}
