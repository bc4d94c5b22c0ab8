//! The calls of the last 24 hours, hour by hour, for the chart beside each key. Called by the dashboard.

use std::{collections::BTreeMap, time::Duration};

use serde::Deserialize;

use super::{stored::KeyId, usage::UseOutcome};
use crate::store::{error::StoreError, instant::Instant, record::Record, studio::StudioOn};

/// The hours of a day; the last of them is not over yet.
pub const HOURS: usize = 24;
const HOUR: Duration = Duration::from_hours(1);
/// How long before the present hour the first one began.
const SPAN: Duration = Duration::from_hours(23);

/// The calls of one hour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HourOfCalls {
    /// Those that were admitted.
    pub admitted: u64,
    /// Those that were refused.
    pub refused: u64,
}

/// The calls of one key in each of the last 24 hours, the oldest first.
#[derive(Clone, Copy, Debug)]
pub struct LastDay {
    /// When the first hour began. Calls are counted by the clock's hours.
    pub since: Instant,
    /// Each hour.
    pub hours: [HourOfCalls; HOURS],
}

#[derive(Deserialize)]
struct CountedHour {
    key_id: KeyId,
    hour: Instant,
    admitted: i64,
    refused: i64,
}

impl Record for CountedHour {}

impl LastDay {
    /// A day without calls.
    pub fn quiet(now: Instant) -> Self {
        Self { since: Self::start(now), hours: Default::default() }
    }

    fn start(now: Instant) -> Instant {
        now.hour().minus(SPAN)
    }

    /// Of all keys of a studio that were called.
    pub async fn of_all(on: StudioOn<'_>, now: Instant) -> Result<BTreeMap<KeyId, Self>, StoreError> {
        let is_admitted = format!("outcome = '{}'", UseOutcome::ADMITTED);
        let sum = |what: &str| format!("cast(sum(case when {what} then calls else 0 end) as bigint)");
        let text = format!(
            "select key_id, hour, {} as admitted, {} as refused from key_usage where hour >= $2 \
            and key_id in (select id from keys where studio_id = $1) group by key_id, hour order by key_id, hour",
            sum(&is_admitted),
            sum(&format!("not {is_admitted}"))
        );
        let rows: Vec<CountedHour> = on.query(text).bind(Self::start(now)).all().await?;
        let mut days = BTreeMap::new();
        for CountedHour { key_id, hour, admitted, refused } in rows {
            let day: &mut Self = days.entry(key_id).or_insert_with(|| Self::quiet(now));
            let at = (hour.micros() - day.since.micros()) / i64::try_from(HOUR.as_micros()).unwrap_or(i64::MAX);
            // A clock that was set back has counted hours that are still to come.
            if let Some(counted) = usize::try_from(at).ok().and_then(|at| day.hours.get_mut(at)) {
                let of = |calls: i64| u64::try_from(calls).unwrap_or_default();
                *counted = HourOfCalls { admitted: of(admitted), refused: of(refused) };
            }
        }
        Ok(days)
    }

    /// When an hour began.
    pub fn began_at(&self, hour: usize) -> Instant {
        self.since.plus(HOUR * u32::try_from(hour).unwrap_or_default())
    }
}
