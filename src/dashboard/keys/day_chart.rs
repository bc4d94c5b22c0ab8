//! The last 24 hours of a key as a small chart, made on the server: a bar for each hour, in which refused calls stand above those
//! that were admitted. A sentence says the same for those who do not see it.

use crate::{
    access::{
        last_day::{HourOfCalls, LastDay},
        stored::StoredKey,
    },
    dashboard::{texts::TEXTS, time::local},
    store::instant::Instant,
    wire::text::TimeZone,
};

/// The chart's height, and how far one bar is from the next; a bar is one narrower.
const HEIGHT: u64 = 24;
const STEP: usize = 4;

/// A chart.
pub(super) struct DayChart {
    /// The bars of admitted and of refused calls, as the paths of an SVG; none where nothing was called.
    pub bars: Option<Bars>,
    /// What it shows, in a sentence.
    pub sentence: String,
    /// The same in a few words, beside the bars.
    pub brief: String,
}

/// The two paths.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Bars {
    pub admitted: String,
    pub refused: String,
}

impl DayChart {
    /// Of a key's last day.
    pub(super) fn of(key: &StoredKey, day: Option<&LastDay>, now: Instant, zone: &TimeZone) -> Self {
        let t = &TEXTS;
        let quiet = LastDay::quiet(now);
        let day = day.unwrap_or(&quiet);
        let sum = |count: fn(&HourOfCalls) -> u64| day.hours.iter().map(count).sum::<u64>();
        let (calls, refused) = (sum(all), sum(|hour| hour.refused));
        let (busiest, most) = busiest(&day.hours);
        if calls == 0 {
            let is_known = key.uses_unknown_before.is_none_or(|before| before <= day.since);
            let (sentence, brief) =
                if is_known { (t.day_quiet, t.day_quiet_brief) } else { (t.day_unknown, t.use_not_known) };
            return Self { bars: None, sentence: sentence.to_owned(), brief: brief.to_owned() };
        }
        let text = match (calls, refused) {
            (1, 0) => t.day_one,
            (1, _) => t.day_one_refused,
            (_, 0) if most == calls => t.day_all,
            (_, 0) => t.day_calls,
            _ => t.day_some_refused,
        };
        let fill = |text: &str| text.replace("{calls}", &calls.to_string()).replace("{refused}", &refused.to_string());
        let hour = local(day.began_at(busiest), zone, t.hour_of_day);
        Self {
            bars: Some(Bars::of(&day.hours)),
            sentence: fill(text).replace("{hour}", &hour).replace("{most}", &most.to_string()),
            brief: fill(if refused == 0 { "{calls}" } else { t.day_brief_refused }),
        }
    }
}

fn all(hour: &HourOfCalls) -> u64 {
    hour.admitted + hour.refused
}

/// The hour with most calls, the latest of several, and how many there were.
fn busiest(hours: &[HourOfCalls]) -> (usize, u64) {
    hours.iter().map(all).enumerate().max_by_key(|(_, calls)| *calls).unwrap_or_default()
}

impl Bars {
    /// Bars that fill the height in the busiest hour; one call is seen in any.
    fn of(hours: &[HourOfCalls]) -> Self {
        let (_, most) = busiest(hours);
        let mut bars = Self::default();
        for (at, hour) in hours.iter().enumerate().filter(|(_, hour)| all(hour) > 0) {
            let kinds = u64::from(hour.admitted > 0) + u64::from(hour.refused > 0);
            let height = scaled(all(hour), most, HEIGHT).max(kinds);
            let refused = match (hour.admitted, hour.refused) {
                (_, 0) => 0,
                (0, _) => height,
                (_, refused) => scaled(refused, all(hour), height).clamp(1, height - 1),
            };
            let (left, top) = (at * STEP, HEIGHT - height);
            let bar = |from: u64, height: u64| format!("M{left} {from}h{}v{height}H{left}z", STEP - 1);
            if refused > 0 {
                bars.refused += &bar(top, refused);
            }
            if height > refused {
                bars.admitted += &bar(top + refused, height - refused);
            }
        }
        bars
    }
}

/// A part of a height, rounded.
fn scaled(part: u64, whole: u64, height: u64) -> u64 {
    let scaled = (u128::from(part) * u128::from(height) * 2 + u128::from(whole)) / (u128::from(whole) * 2).max(1);
    u64::try_from(scaled).unwrap_or(height)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bars(hours: &[(u64, u64)]) -> Bars {
        Bars::of(&hours.iter().map(|&(admitted, refused)| HourOfCalls { admitted, refused }).collect::<Vec<_>>())
    }

    #[test]
    fn the_busiest_hour_fills_the_height_and_one_call_of_either_kind_is_seen_beside_it() {
        let drawn = bars(&[(0, 0), (999_999, 1), (1, 0), (0, 1), (1, 1)]);
        assert_eq!(drawn.admitted, "M4 1h3v23H4zM8 23h3v1H8zM16 23h3v1H16z");
        assert_eq!(drawn.refused, "M4 0h3v1H4zM12 23h3v1H12zM16 22h3v1H16z");
        assert_eq!(bars(&[(0, 0)]), Bars::default());
        assert_eq!(bars(&[(u64::MAX / 2, u64::MAX / 2)]).refused, "M0 0h3v12H0z", "no count is too large");
    }
}
