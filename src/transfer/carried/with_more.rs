//! The resources that an import does more for than their rules: those that look others up by name, tell of what time has
//! brought, or bring other rows along.

use std::collections::{BTreeSet, HashSet};

use jiff::civil::Date;
use serde_json::{Map, Value, json};

use super::{After, Carried, Outcomes, To, but, one_by_one};
use crate::{
    resources::{
        classes::{self, Class},
        content::{self, Content},
        coupons::{self, Coupon},
        locations::{self, Location},
        members::{self, Membership, MembershipStatus},
        plans::Plan,
        schedule::{self, Occurrence, OccurrenceId},
    },
    store::{db::On, error::StoreError, id::StudioId, row::Row},
    transfer::{faults::Place, headings, import::Later, store},
    wire::problem::{Fault, Problem},
};

impl Carried for Location {
    async fn create_all(to: To<'_>, rows: Vec<Row<Self>>) -> Outcomes<Self> {
        one_by_one(rows, async |draft| locations::create(to.tx, to.studio, draft).await).await
    }

    async fn change(to: To<'_>, current: &Row<Self>, (change, _): After<'_, Self>) -> Result<(), Problem> {
        locations::change(to.tx, to.studio, current, change, to.now).await.map(drop)
    }

    async fn replace(to: To<'_>, before: &Row<Self>, later: Row<Self>, with_schedule: bool) -> Result<(), Problem> {
        locations::replace(to.tx, to.studio, (before, later), with_schedule, to.now).await
    }

    fn remember(row: Row<Self>, place: Place, before: Option<&Row<Self>>, later: &mut Later) {
        if before.is_some_and(|before| before.fields.time_zone != row.fields.time_zone) {
            later.zones.push((row.id, place));
        }
    }
}

impl Carried for Coupon {
    const UNIQUE: &'static [&'static [&'static str]] = &[&["code"]];
    const SETS: &'static [&'static str] = &["redeemed_count"];

    async fn create_all(to: To<'_>, rows: Vec<Row<Self>>) -> Outcomes<Self> {
        one_by_one(rows, async |draft| coupons::create(to.tx, to.studio, draft).await).await
    }

    async fn change(to: To<'_>, current: &Row<Self>, (_, fields): After<'_, Self>) -> Result<(), Problem> {
        coupons::go_on(to.tx, to.studio, current, fields, to.now).await
    }

    async fn replace(to: To<'_>, _: &Row<Self>, later: Row<Self>, _: bool) -> Result<(), Problem> {
        coupons::replace(to.tx, to.studio, later).await
    }
}

impl Carried for Content {
    async fn create_all(to: To<'_>, rows: Vec<Row<Self>>) -> Outcomes<Self> {
        one_by_one(rows, async |draft| content::create(to.tx, to.studio, draft, to.now).await).await
    }

    async fn change(to: To<'_>, current: &Row<Self>, (change, _): After<'_, Self>) -> Result<(), Problem> {
        content::change(to.tx, to.studio, current, change, to.now).await.map(drop)
    }

    async fn replace(to: To<'_>, _: &Row<Self>, later: Row<Self>, _: bool) -> Result<(), Problem> {
        content::replace(to.tx, to.studio, later, to.now).await
    }
}

impl Carried for Membership {
    const UNIQUE: &'static [&'static [&'static str]] = &[&["email"]];
    const SETS: &'static [&'static str] = &["cancel_on", "cancelled_at", "cancel_reason", "last_signed_in_at"];
    const BY_NAME: &'static [&'static str] = &[headings::PLAN];

    async fn create_all(to: To<'_>, rows: Vec<Row<Self>>) -> Outcomes<Self> {
        let refused = members::carry_in(to.tx, to.studio, &rows, to.now).await?;
        Ok(but(rows, refused))
    }

    async fn change(to: To<'_>, current: &Row<Self>, (_, fields): After<'_, Self>) -> Result<(), Problem> {
        members::follow(to.tx, to.studio, current, fields, to.now).await
    }

    async fn replace(to: To<'_>, before: &Row<Self>, later: Row<Self>, _: bool) -> Result<(), Problem> {
        members::replace(to.tx, to.studio, before, later, to.now).await
    }

    async fn look_up(to: To<'_>, batch: &mut Vec<(u64, Value)>) -> Result<Vec<(u64, Fault)>, Problem> {
        plans_by_name(to, batch).await
    }

    /// Who is brought along is a member, and was not invited: from today on, where nothing else is said.
    fn complete(line: &mut Map<String, Value>, today: Date) {
        let is_told = |line: &Map<String, Value>, field: &str| line.get(field).is_some_and(|value| !value.is_null());
        if is_told(line, "status") {
            return;
        }
        line.insert("status".into(), json!(MembershipStatus::Active));
        let is_over = line.get("ends_on").and_then(Value::as_str).is_some_and(|last| *last < *today.to_string());
        if !is_told(line, "starts_on") && !is_over {
            line.insert("starts_on".into(), json!(today.to_string()));
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

impl Carried for Class {
    async fn create_all(to: To<'_>, rows: Vec<Row<Self>>) -> Outcomes<Self> {
        one_by_one(rows, async |draft| classes::create_bare(to.tx, to.studio, draft).await).await
    }

    async fn change(to: To<'_>, current: &Row<Self>, (change, _): After<'_, Self>) -> Result<(), Problem> {
        classes::change(to.tx, to.studio, current, change, to.now).await.map(drop)
    }

    async fn replace(to: To<'_>, before: &Row<Self>, later: Row<Self>, with_schedule: bool) -> Result<(), Problem> {
        classes::replace(to.tx, to.studio, (before, later), with_schedule, to.now).await
    }

    fn remember(row: Row<Self>, place: Place, before: Option<&Row<Self>>, later: &mut Later) {
        if before.is_some() {
            later.followed.push((row.id, place.clone()));
        }
        later.classes.push((row, place));
    }
}

impl Carried for Occurrence {
    const UNIQUE: &'static [&'static [&'static str]] = &[&["class_id", "planned_start"]];
    const MARK: Option<&'static str> = Some("edited");

    async fn create_all(to: To<'_>, rows: Vec<Row<Self>>) -> Outcomes<Self> {
        let refused = schedule::carry_in(to.tx, to.studio, &rows, to.lines).await?;
        Ok(but(rows, refused))
    }

    async fn change(to: To<'_>, current: &Row<Self>, (change, _): After<'_, Self>) -> Result<(), Problem> {
        schedule::reschedule(to.tx, to.studio, current, change, to.now).await.map(drop)
    }

    async fn replace(to: To<'_>, before: &Row<Self>, later: Row<Self>, _: bool) -> Result<(), Problem> {
        schedule::replace(to.tx, to.studio, before, later, to.lines).await
    }

    async fn marked(on: On<'_>, studio: StudioId, ids: &[OccurrenceId]) -> Result<HashSet<OccurrenceId>, StoreError> {
        schedule::edited_of(on, studio, ids).await
    }

    async fn mark(on: On<'_>, studio: StudioId, ids: &[OccurrenceId], is_marked: bool) -> Result<(), StoreError> {
        schedule::note_edited(on, studio, ids, is_marked).await
    }

    fn remember(row: Row<Self>, place: Place, before: Option<&Row<Self>>, later: &mut Later) {
        later.lines.note(row.id);
        let list = if before.is_some() { &mut later.moved } else { &mut later.new };
        list.push((row.id, place));
    }

    fn note(id: OccurrenceId, later: &mut Later) {
        later.lines.note(id);
    }

    fn stay(id: OccurrenceId, later: &Later) -> Result<(), Problem> {
        let taken = || Fault::at("/planned_start", "is that of an earlier line now, and this line is no later version");
        if later.lines.parked.contains(&id) { Err(Problem::invalid(vec![taken()])) } else { Ok(()) }
    }
}
