//! The resources that an import does more for than their rules: those that look others up by name, tell of what time has
//! brought, or bring other rows along.

use std::collections::{BTreeSet, HashSet};

use serde_json::{Map, Value, json};

use super::{After, Importable, Outcomes, To, Unique, but, in_its_location, one_by_one};
use crate::{
    resources::{
        classes::{self, Class},
        coupons::{self, Coupon},
        locations::{
            self, Location, PlaceStatus,
            rooms::{self, Room},
        },
        members::{self, Membership, MembershipId, MembershipStatus},
        plans::Plan,
        schedule::{self, Occurrence, OccurrenceId},
    },
    store::{db::On, error::StoreError, id::StudioId, row::Row},
    transfer::{faults::Place, headings, import::Later, store},
    wire::problem::{Fault, Problem},
};

impl Importable for Location {
    async fn create_all(to: To<'_>, rows: Vec<Row<Self>>) -> Outcomes<Self> {
        one_by_one(rows, async |draft| locations::create(to.tx, to.studio, draft, to.now).await).await
    }

    async fn change(to: To<'_>, current: &Row<Self>, (change, _): After<'_, Self>) -> Result<(), Problem> {
        locations::change(to.tx, to.studio, current, change, to.now).await.map(drop)
    }

    fn remember(row: Row<Self>, place: Place, before: Option<&Row<Self>>, later: &mut Later) {
        if row.fields.status == PlaceStatus::Archived {
            later.archived_locations.push((row.id, place.clone()));
        }
        if before.is_some_and(|before| before.fields.time_zone != row.fields.time_zone) {
            later.moved_clocks.get_or_insert(place);
        }
    }
}

impl Importable for Room {
    const SETS: &'static [&'static str] = &["location_id"];

    async fn create_all(to: To<'_>, rows: Vec<Row<Self>>) -> Outcomes<Self> {
        one_by_one(rows, async |draft| in_its_location(to.tx, to.studio, draft, to.now).await).await
    }

    async fn change(to: To<'_>, current: &Row<Self>, (change, fields): After<'_, Self>) -> Result<(), Problem> {
        if fields.location_id != current.fields.location_id {
            let detail = "is another: a room stays in its location";
            return Err(Problem::invalid(vec![Fault::at("/location_id", detail)]));
        }
        rooms::change(to.tx, to.studio, current, change, to.now).await.map(drop)
    }

    fn remember(row: Row<Self>, place: Place, _: Option<&Row<Self>>, later: &mut Later) {
        if row.fields.status == PlaceStatus::Archived {
            later.archived_rooms.push((row.id, place));
        }
    }
}

impl Importable for Coupon {
    const UNIQUE: &'static [Unique] = &[Unique { fields: &["code"], key: "lower(code)", taken: "is taken" }];
    const SETS: &'static [&'static str] = &["redeemed_count"];

    async fn create_all(to: To<'_>, rows: Vec<Row<Self>>) -> Outcomes<Self> {
        one_by_one(rows, async |draft| coupons::create(to.tx, to.studio, draft, to.now).await).await
    }

    async fn change(to: To<'_>, current: &Row<Self>, (_, fields): After<'_, Self>) -> Result<(), Problem> {
        coupons::import_change(to.tx, to.studio, current, fields, to.now).await
    }
}

impl Importable for Membership {
    const UNIQUE: &'static [Unique] =
        &[Unique { fields: &["email"], key: "email_key", taken: "is that of another member" }];
    const SETS: &'static [&'static str] = &["cancel_on", "cancelled_at", "cancel_reason", "last_signed_in_at"];
    const BY_NAME: &'static [&'static str] = &[headings::PLAN];
    const CONSENT: Option<&'static str> = Some("marketing_consent");

    async fn create_all(to: To<'_>, mut rows: Vec<Row<Self>>) -> Outcomes<Self> {
        let refused = members::import_new(to.tx, to.studio, &mut rows, to.now).await?;
        Ok(but(rows, refused))
    }

    async fn change(to: To<'_>, current: &Row<Self>, (_, fields): After<'_, Self>) -> Result<(), Problem> {
        members::follow(to.tx, to.studio, current, fields, to.now).await
    }

    async fn withdrawn(
        on: On<'_>,
        studio: StudioId,
        ids: &[MembershipId],
    ) -> Result<HashSet<MembershipId>, StoreError> {
        members::withdrawn(on, studio, ids).await
    }

    async fn look_up(to: To<'_>, batch: &mut Vec<(u64, Value)>) -> Result<Vec<(u64, Fault)>, Problem> {
        plans_by_name(to, batch).await
    }

    /// Who is brought along is a member, and was not invited, where nothing else is said.
    fn complete(line: &mut Map<String, Value>) {
        if line.get("status").is_none_or(Value::is_null) {
            line.insert("status".into(), json!(MembershipStatus::Active));
        }
    }
}

/// Finds the plans that lines name in place of `plan_id`: by their external id, or by a name that no other plan has.
async fn plans_by_name(to: To<'_>, batch: &mut Vec<(u64, Value)>) -> Result<Vec<(u64, Fault)>, Problem> {
    let told = |sent: &Value| sent.get(headings::PLAN).and_then(Value::as_str).map(str::to_owned);
    let names: Vec<_> = batch.iter().filter_map(|(_, sent)| told(sent)).collect();
    let mut plans = store::having::<Plan>(to.tx.on(), to.studio, "external_id", &names).await?;
    plans.extend(store::having::<Plan>(to.tx.on(), to.studio, "name", &names).await?);
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
        fields.remove(headings::PLAN);
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
    async fn create_all(to: To<'_>, rows: Vec<Row<Self>>) -> Outcomes<Self> {
        one_by_one(rows, async |draft| classes::create_bare(to.tx, to.studio, draft, to.now).await).await
    }

    async fn change(to: To<'_>, current: &Row<Self>, (change, _): After<'_, Self>) -> Result<(), Problem> {
        classes::change(to.tx, to.studio, current, change, to.now).await.map(drop)
    }

    fn remember(row: Row<Self>, place: Place, before: Option<&Row<Self>>, later: &mut Later) {
        later.places.insert(row.id.to_string(), place.clone());
        if before.is_none() {
            later.classes.push((row, place));
        }
    }
}

impl Importable for Occurrence {
    const UNIQUE: &'static [Unique] = &[Unique {
        fields: &["class_id", "planned_start"],
        key: "class_id || ' ' || planned_start",
        taken: "is taken: the class already has an occurrence planned for then",
    }];
    const MARK: Option<&'static str> = Some("edited");

    async fn create_all(to: To<'_>, rows: Vec<Row<Self>>) -> Outcomes<Self> {
        let refused = schedule::import_new(to.tx, to.studio, &rows, to.spared).await?;
        Ok(but(rows, refused))
    }

    async fn change(to: To<'_>, current: &Row<Self>, (change, _): After<'_, Self>) -> Result<(), Problem> {
        schedule::reschedule(to.tx, to.studio, current, change, to.now).await.map(drop)
    }

    async fn marked(on: On<'_>, studio: StudioId, ids: &[OccurrenceId]) -> Result<HashSet<OccurrenceId>, StoreError> {
        schedule::edited_of(on, studio, ids).await
    }

    async fn mark(on: On<'_>, studio: StudioId, ids: &[OccurrenceId], is_marked: bool) -> Result<(), StoreError> {
        schedule::note_edited(on, studio, ids, is_marked).await
    }

    fn remember(row: Row<Self>, place: Place, _: Option<&Row<Self>>, later: &mut Later) {
        later.places.insert(row.id.to_string(), place);
    }
}
