//! What becomes of a class's occurrences, tried on many classes, zones and edits.

use std::collections::BTreeSet;

use proptest::{collection::vec, prelude::*, sample::select};
use serde_json::{Value, json};

use super::{super::clocks::Zone, *};
use crate::{
    resources::classes::{Class, ClassId},
    store::instant::Instant,
    wire::text::TimeZone,
};

const WEEKDAYS: [&str; 4] = ["monday", "tuesday", "friday", "sunday"];
const ZONES: [&str; 4] = ["Europe/Lisbon", "Europe/Berlin", "America/Santiago", "Australia/Lord_Howe"];

/// A Wednesday; within the twelve weeks that follow, the clocks of all four zones change.
fn now() -> Instant {
    "2027-02-10T12:00:00Z".parse().unwrap()
}

fn the_class() -> ClassId {
    "cls_01jdc9x0aetqt8q3yv0gcm1v5k".parse().unwrap()
}

fn clocks(zone: &str) -> Clocks {
    Clocks::of_the_studio(Zone::named(zone.parse::<TimeZone>().unwrap()).unwrap())
}

fn class(weekly: &[(&str, &str)], more: &Value) -> Class {
    let slots: Vec<_> = weekly.iter().map(|(weekday, time)| json!({"weekday": weekday, "start_time": time})).collect();
    let mut recurrence = json!({"starts_on": "2026-01-05", "weekly": slots});
    recurrence.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    serde_json::from_value(json!({"name": "Vinyasa", "duration_minutes": 60, "recurrence": recurrence})).unwrap()
}

/// Fits what is there to a class, and says what is there then.
fn fitted(class: &Class, zone: &str, there: &[Standing]) -> (Fitted, Vec<Standing>) {
    let clocks = clocks(zone);
    let plan = ClassPlan::new(the_class(), class, clocks.at(None).clone());
    let until = plan.horizon(now());
    let end = ClassPlan::end_of_weeks(there.iter().map(|standing| &standing.row), until);
    let planned = plan.between(plan.today(now()), end, now());
    let fitted = plan.fit(there.to_vec(), planned, until, &clocks, Moment::at(now()));
    let gave_way = fitted.giving_way.iter().map(|giving| &giving.wanted);
    let written: Vec<_> = fitted.told.iter().chain(fitted.that_follow()).chain(gave_way).collect();
    let mut then: Vec<_> = there.to_vec();
    for row in written {
        match then.iter_mut().find(|standing| standing.row.id == row.id) {
            Some(standing) => standing.row = row.clone(),
            None => {
                then.push(Standing { row: row.clone(), is_edited: false, has_begun: false, start_has_passed: false });
            }
        }
    }
    (fitted, then)
}

fn starts(there: &[Standing]) -> Vec<&str> {
    let scheduled = there.iter().filter(|standing| standing.takes_place());
    scheduled.map(|standing| standing.row.fields.local_start.as_str()).collect()
}

#[test]
fn what_is_booked_covers_the_start_of_its_week_and_is_no_start_more() {
    let lisbon = ZONES[0];
    let (_, mut there) = fitted(&class(&[("tuesday", "18:30")], &json!({})), lisbon, &[]);
    there[3].row.fields.booked_count = 1;
    there[4].is_edited = true;
    there[4].row.fields.status = OccurrenceStatus::Cancelled;
    let before = there.clone();
    let (fitted, then) = fitted(&class(&[("friday", "20:00")], &json!({})), lisbon, &there);
    // This week's Friday is still to come, and its Tuesday is over.
    let Effects { kept, moved, cancelled, created, .. } = fitted.effects;
    assert_eq!((kept, moved, cancelled, created), (1, 10, 0, 2));
    assert_eq!(starts(&then)[3], starts(&before)[3]);
    assert_eq!(serde_json::to_value(&fitted.effects).unwrap()["kept_ids"], json!([then[3].row.id]));
    let kept = &then[3].row.fields;
    assert_eq!((kept.planned_start.as_str(), &kept.overridden), ("2027-03-12T20:00", &vec!["starts_at".to_owned()]));
    // What was called off counts for its Tuesday, and its week has a Friday.
    assert_eq!(then[4].row.fields.overridden, ["status"]);
}

#[test]
fn rows_move_within_their_week() {
    let (_, there) = fitted(&class(&[("monday", "09:00")], &json!({})), ZONES[0], &[]);
    let more = class(&[("monday", "10:00"), ("friday", "09:00")], &json!({}));
    let (fitted, then) = fitted(&more, ZONES[0], &there);
    assert_eq!((fitted.effects.moved, fitted.effects.cancelled), (12, 0));
    for (was, is) in there.iter().zip(&then) {
        assert_eq!(is.row.fields.local_start, was.row.fields.local_start.replace("T09", "T10"));
    }
}

/// What may happen to some occurrences before a class changes.
fn happen(there: &mut [Standing], edits: &[(usize, u8)]) {
    for (at, edit) in edits {
        let count = there.len().max(1);
        let Some(standing) = there.get_mut(at % count) else { return };
        let fields = &mut standing.row.fields;
        match edit {
            0 => fields.booked_count = 2,
            1 => standing.is_edited = true,
            2 => (standing.is_edited, fields.status) = (true, OccurrenceStatus::Cancelled),
            _ => {
                standing.is_edited = true;
                fields.starts_at = fields.starts_at.plus(std::time::Duration::from_hours(30));
                fields.ends_at = fields.ends_at.plus(std::time::Duration::from_hours(30));
            }
        }
    }
}

prop_compose! {
    fn any_class()(
        weekly in vec((select(&WEEKDAYS[..]), select(&["01:30", "02:15", "09:00", "09:45", "20:00"][..])), 1..4),
        every_weeks in 1..3_i64,
        except in prop::bool::ANY,
    ) -> Class {
        let weekly: BTreeSet<_> = weekly.into_iter().collect();
        let except = if except { json!(["2027-02-19", "2027-03-28"]) } else { json!([]) };
        class(&weekly.into_iter().collect::<Vec<_>>(), &json!({"every_weeks": every_weeks, "except_on": except}))
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_changed_class_is_followed_once_and_no_more(
        (before, after) in (any_class(), any_class()),
        (zone, other) in (select(&ZONES[..]), select(&ZONES[..])),
        edits in vec((0..40_usize, 0..4_u8), 0..8),
    ) {
        let (_, mut there) = fitted(&before, zone, &[]);
        happen(&mut there, &edits);
        let (first, then) = fitted(&after, other, &there);
        // Nobody's edit or booking is touched.
        for was in there.iter().filter(|standing| standing.is_kept()) {
            let is = &then.iter().find(|is| is.row.id == was.row.id).unwrap().row;
            prop_assert_eq!((is.fields.starts_at, is.fields.status, is.version), (was.row.fields.starts_at, was.row.fields.status, was.row.version));
        }
        // An occurrence that stays behind is named, by its start.
        let mut behind: Vec<_> = then.iter().filter(|is| is.is_kept() && is.takes_place() && !is.row.fields.overridden.is_empty()).collect();
        behind.sort_by_key(|is| (is.row.fields.starts_at, is.row.id));
        let behind: Vec<_> = behind.into_iter().map(|is| is.row.id).collect();
        prop_assert_eq!(serde_json::to_value(&first.effects.kept_ids).unwrap(), json!(behind));
        // What was cancelled by hand replaces no start of another day.
        for was in there.iter().filter(|standing| standing.is_edited && !standing.takes_place()) {
            let is = &then.iter().find(|is| is.row.id == was.row.id).unwrap().row;
            prop_assert_eq!(&is.fields.planned_start[..10], &was.row.fields.planned_start[..10]);
        }
        // Each start is stood for once, also by what is cancelled, and every one that is laid out is stood for.
        let planned: Vec<_> = then.iter().map(|standing| standing.row.fields.planned_start.clone()).collect();
        let once: BTreeSet<_> = planned.iter().collect();
        prop_assert_eq!(once.len(), planned.len());
        let clocks = clocks(other);
        let plan = ClassPlan::new(the_class(), &after, clocks.at(None).clone());
        for slot in plan.between(plan.today(now()), plan.horizon(now()), now()) {
            prop_assert!(once.contains(&slot.planned_start), "{} is missing", slot.planned_start);
        }
        // What takes place and is nobody's is where the class says.
        for standing in then.iter().filter(|standing| !standing.is_kept() && standing.takes_place()) {
            prop_assert!(standing.row.fields.overridden.is_empty());
            prop_assert_eq!(plan.overridden_in(&standing.row.fields), Vec::<String>::new());
        }
        let Effects { kept, moved, cancelled, .. } = first.effects.clone();
        let gave_way = first.giving_way.iter().filter(|giving| giving.before.as_ref().is_some_and(|row| row.fields.status == OccurrenceStatus::Scheduled)).count();
        prop_assert_eq!(kept + moved + cancelled + gave_way, there.iter().filter(|standing| standing.takes_place()).count());
        // The same again changes nothing.
        let (again, _) = fitted(&after, other, &then);
        let Effects { kept, moved, cancelled, created, .. } = again.effects;
        let gave_way = again.giving_way.iter().all(|giving| giving.before.as_ref() == Some(&giving.wanted));
        prop_assert_eq!((moved, cancelled, created, again.told.len(), gave_way), (0, 0, 0, 0, true));
        prop_assert_eq!(kept + again.giving_way.len(), then.iter().filter(|standing| standing.takes_place()).count());
    }
}
