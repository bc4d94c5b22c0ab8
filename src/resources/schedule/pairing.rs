//! Which occurrence belongs to which start of its class after the class's plan has changed. A pure function; `fit` acts on
//! what it says.
//!
//! An occurrence pairs with a start of its own local week: with the very same one first, then with one on the same day,
//! then with the nearest. What its week has no start for may stand for the nearest start of another week, where nobody
//! counts on it. So an occurrence that stays where it is covers the start that it was laid out for, however that start is
//! moved about in the week.

use jiff::civil::DateTime;

use crate::resources::classes::recurrence::monday_of;

/// How far from its start an occurrence may find another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PairingDistance {
    /// It belongs to its own start or to none.
    OwnStart,
    /// For a start of its own day.
    OwnDay,
    /// For a start of its local week.
    OwnWeek,
    /// For any.
    AnyWeek,
}

/// Pairs occurrences, by the starts that they were laid out for, with starts that are wanted now. For each occurrence the
/// place of its start, if it has one; no start has two.
pub fn pair(rows: &[(DateTime, PairingDistance)], wanted: &[DateTime]) -> Vec<Option<usize>> {
    let mut pairs = Pairs { of_rows: vec![None; rows.len()], taken: vec![false; wanted.len()] };
    let rows: Vec<_> = rows.iter().map(|(start, reach)| (*start, monday_of(start.date()), *reach)).collect();
    let wanted: Vec<_> = wanted.iter().map(|start| (*start, monday_of(start.date()))).collect();
    pairs.take_nearest(|row, slot| {
        let ((planned, week, reach), (start, its_week)) = (rows[row], wanted[slot]);
        let may = match reach {
            PairingDistance::OwnStart => planned == start,
            PairingDistance::OwnDay => planned.date() == start.date(),
            PairingDistance::OwnWeek | PairingDistance::AnyWeek => week == its_week,
        };
        may.then(|| (planned.date() != start.date(), minutes_between(planned, start)))
    });
    pairs.take_nearest(|row, slot| {
        let (planned, _, reach) = rows[row];
        (reach == PairingDistance::AnyWeek).then(|| (false, minutes_between(planned, wanted[slot].0)))
    });
    pairs.of_rows
}

fn minutes_between(one: DateTime, other: DateTime) -> u64 {
    one.duration_since(other).as_mins().unsigned_abs()
}

struct Pairs {
    of_rows: Vec<Option<usize>>,
    taken: Vec<bool>,
}

impl Pairs {
    /// Pairs what is still free, the nearest first: `distance` says how far a row and a start are from each other, if they
    /// may be paired at all.
    fn take_nearest(&mut self, distance: impl Fn(usize, usize) -> Option<(bool, u64)>) {
        let rows = (0..self.of_rows.len()).filter(|row| self.of_rows[*row].is_none());
        let slots: Vec<_> = (0..self.taken.len()).filter(|slot| !self.taken[*slot]).collect();
        let all = rows.flat_map(|row| slots.iter().map(move |slot| (row, *slot)));
        let mut near: Vec<_> = all.filter_map(|(row, slot)| Some((distance(row, slot)?, row, slot))).collect();
        near.sort_unstable();
        for (_, row, slot) in near {
            if self.of_rows[row].is_none() && !self.taken[slot] {
                self.of_rows[row] = Some(slot);
                self.taken[slot] = true;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime {
        text.parse().unwrap()
    }

    /// The start of each row, as it is paired.
    fn paired(rows: &[(&str, PairingDistance)], wanted: &[&'static str]) -> Vec<Option<&'static str>> {
        let rows: Vec<_> = rows.iter().map(|(start, reach)| (at(start), *reach)).collect();
        let starts: Vec<_> = wanted.iter().map(|start| at(start)).collect();
        pair(&rows, &starts).into_iter().map(|slot| slot.map(|slot| wanted[slot])).collect()
    }

    #[test]
    fn a_row_pairs_within_its_week_by_its_day_first() {
        let rows = [("2027-01-04T09:00", PairingDistance::AnyWeek), ("2027-01-11T09:00", PairingDistance::AnyWeek)];
        let wanted = ["2027-01-04T22:00", "2027-01-05T00:00", "2027-01-11T10:00", "2027-01-15T09:00"];
        assert_eq!(paired(&rows, &wanted), [Some("2027-01-04T22:00"), Some("2027-01-11T10:00")]);
    }

    #[test]
    fn what_keeps_its_start_keeps_it_whatever_else_is_near() {
        let rows = [("2027-01-04T09:00", PairingDistance::AnyWeek), ("2027-01-04T10:00", PairingDistance::OwnStart)];
        assert_eq!(paired(&rows, &["2027-01-04T10:00"]), [None, Some("2027-01-04T10:00")]);
        assert_eq!(paired(&rows, &["2027-01-04T11:00"]), [Some("2027-01-04T11:00"), None]);
    }

    #[test]
    fn what_counts_for_its_day_takes_no_start_of_another() {
        let rows = [("2027-01-05T18:30", PairingDistance::OwnDay)];
        assert_eq!(paired(&rows, &["2027-01-07T18:30"]), [None]);
        assert_eq!(paired(&rows, &["2027-01-06T00:00", "2027-01-05T20:00"]), [Some("2027-01-05T20:00")]);
    }

    #[test]
    fn only_what_nobody_counts_on_leaves_its_week() {
        let rows = [("2027-01-05T09:00", PairingDistance::OwnWeek), ("2027-01-06T09:00", PairingDistance::AnyWeek)];
        assert_eq!(paired(&rows, &["2027-01-12T09:00"]), [None, Some("2027-01-12T09:00")]);
        assert_eq!(paired(&rows[..1], &["2027-01-12T09:00"]), [None]);
        assert_eq!(paired(&rows[..1], &["2027-01-10T23:00"]), [Some("2027-01-10T23:00")], "the Sunday of its week");
    }
}
