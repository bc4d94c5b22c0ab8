//! When a key is called: every hour, once a day at about 03:00, on Mondays, or without a pattern; and so when its next
//! call is to be expected. A pure function of the hours with calls, in the studio's zone. Called by `coverage`. It promises
//! to name no pattern that the calls do not show at least three times (twice for one of a week).

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use jiff::{
    Span,
    civil::{Date, Time, Weekday},
    tz::TimeZone,
};
use serde::{Serialize, Serializer};

use crate::store::instant::Instant;

const HOUR_MICROS: i64 = 3_600_000_000;
/// How much of what a pattern expects has to be there, in percent.
const MIN_MET: usize = 75;
/// How many of the calls a pattern has to explain, in percent.
const MIN_EXPLAINED: usize = 75;
/// Times of a day, or of a week, that a pattern may have.
const MAX_TIMES: usize = 7;
/// Hours of calls from which on they may come all the time.
const MIN_STEADY_HOURS: usize = 6;

/// When a key is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CallPattern {
    /// Not at all.
    Never,
    /// Once so far.
    Once,
    /// In most hours.
    Hourly,
    /// Every day at about these times.
    Daily(Vec<Time>),
    /// Every week at about these times.
    Weekly(Vec<(Weekday, Time)>),
    /// Without a pattern: on so many days, with a silence of so many hours at the most.
    Irregular {
        /// Days with calls.
        days: usize,
        /// The longest silence.
        longest_silence_hours: i64,
    },
}

/// What is to be expected of a key.
#[derive(Clone, Debug, Serialize)]
pub struct Forecast {
    /// When it is called; for programs, in words.
    #[serde(serialize_with = "in_words")]
    pub pattern: CallPattern,
    /// When the next call is to be expected, at about the hour.
    pub next_at: Option<Instant>,
    /// Where no time of day can be predicted: the latest time of the next call, by the longest silence so far.
    pub next_by: Option<Instant>,
    /// The expected call that did not come, if one did not: the job may have moved.
    pub missed_at: Option<Instant>,
}

/// A run of hours with calls, by when it began. A job that runs over the full hour is one call.
#[derive(Clone, Copy)]
struct Begin {
    date: Date,
    time: Time,
}

impl Forecast {
    /// What the hours with calls let expect.
    pub fn of(hours: &BTreeSet<Instant>, zone: &TimeZone, now: Instant) -> Self {
        let pattern = CallPattern::of(hours, zone);
        let last = hours.last().copied();
        let after = |at: Instant| pattern.next_after(at, zone);
        let next_at = after(now);
        // Two hours of grace: the hour itself, and one for a job that takes longer.
        let due = last.and_then(|last| after(hours_after(last, 1))).filter(|due| hours_after(*due, 2) <= now);
        let next_by = match pattern {
            CallPattern::Irregular { longest_silence_hours, .. } => {
                last.map(|last| hours_after(last, longest_silence_hours + 1))
            }
            _ => None,
        };
        let missed_at = due.or(next_by.filter(|by| *by <= now));
        Self { pattern, next_at, next_by: next_by.filter(|by| *by > now), missed_at }
    }
}

fn in_words<S: Serializer>(pattern: &CallPattern, to: S) -> Result<S::Ok, S::Error> {
    to.collect_str(pattern)
}

fn hours_after(at: Instant, hours: i64) -> Instant {
    Instant::from_micros(at.micros() + hours * HOUR_MICROS)
}

impl CallPattern {
    /// The pattern of these hours with calls.
    pub fn of(hours: &BTreeSet<Instant>, zone: &TimeZone) -> Self {
        let (Some(first), Some(last)) = (hours.first(), hours.last()) else { return Self::Never };
        let between = (last.micros() - first.micros()) / HOUR_MICROS + 1;
        let is_steady = hours.len() >= MIN_STEADY_HOURS && at_least(hours.len(), MIN_MET, whole(between));
        if is_steady {
            return Self::Hourly;
        }
        let begins = begins(hours, zone);
        if begins.len() == 1 {
            return Self::Once;
        }
        daily(&begins).or_else(|| weekly(&begins)).unwrap_or_else(|| Self::Irregular {
            days: begins.iter().map(|begin| begin.date).collect::<BTreeSet<_>>().len(),
            longest_silence_hours: longest_silence_hours(hours),
        })
    }

    /// The first call that it lets expect after a time.
    fn next_after(&self, at: Instant, zone: &TimeZone) -> Option<Instant> {
        let today = zone.to_datetime(at.timestamp()).date();
        let is_due = |date: Date, time: &Time| {
            let begins =
                Instant::from(zone.to_ambiguous_zoned_datetime(date.to_datetime(*time)).compatible().ok()?.timestamp());
            (begins > at).then_some(begins)
        };
        let days = || (0..=8).filter_map(|days| today.checked_add(Span::new().days(days)).ok());
        match self {
            Self::Never | Self::Once | Self::Irregular { .. } => None,
            Self::Hourly => Some(hours_after(at.hour(), 1)),
            Self::Daily(times) => days().find_map(|date| times.iter().find_map(|time| is_due(date, time))),
            Self::Weekly(times) => days().find_map(|date| {
                let that_day = times.iter().filter(|(weekday, _)| *weekday == date.weekday());
                that_day.into_iter().find_map(|(_, time)| is_due(date, time))
            }),
        }
    }
}

fn whole(number: i64) -> usize {
    usize::try_from(number).unwrap_or_default()
}

/// Whether a part is so many percent of a whole.
fn at_least(part: usize, percent: usize, of: usize) -> bool {
    part * 100 >= percent * of
}

fn begins(hours: &BTreeSet<Instant>, zone: &TimeZone) -> Vec<Begin> {
    let is_begin = |hour: &&Instant| !hours.contains(&hours_after(**hour, -1));
    let local = |hour: &Instant| {
        let at = zone.to_datetime(hour.timestamp());
        Begin { date: at.date(), time: at.time() }
    };
    hours.iter().filter(is_begin).map(local).collect()
}

fn longest_silence_hours(hours: &BTreeSet<Instant>) -> i64 {
    let silences = hours.iter().zip(hours.iter().skip(1)).map(|(a, b)| (b.micros() - a.micros()) / HOUR_MICROS);
    silences.max().unwrap_or_default()
}

fn daily(begins: &[Begin]) -> Option<CallPattern> {
    let days = days_between(begins)? + 1;
    if days < 3 {
        return None;
    }
    let times = times_of(begins, days, 3, |_| ())?;
    Some(CallPattern::Daily(times.into_iter().map(|((), time)| time).collect()))
}

fn weekly(begins: &[Begin]) -> Option<CallPattern> {
    let weeks = days_between(begins)? / 7 + 1;
    if weeks < 2 {
        return None;
    }
    let mut times = times_of(begins, weeks, 2, |begin| begin.date.weekday().to_monday_zero_offset())?;
    times.sort_unstable();
    let weekday = |offset| Weekday::from_monday_zero_offset(offset).ok();
    Some(CallPattern::Weekly(times.into_iter().filter_map(|(offset, time)| Some((weekday(offset)?, time))).collect()))
}

fn days_between(begins: &[Begin]) -> Option<usize> {
    let (first, last) = (begins.first()?, begins.last()?);
    last.date.since(first.date).ok().map(|span| whole(i64::from(span.get_days())))
}

/// The times at which calls begin in nearly every period, if those are nearly all calls. An hour's neighbours count with
/// it: what begins at about the full hour is now before it and now after it.
fn times_of<G: Ord + Copy>(
    begins: &[Begin],
    periods: usize,
    min_seen: usize,
    group: impl Fn(&Begin) -> G,
) -> Option<Vec<(G, Time)>> {
    let mut left: Vec<Begin> = begins.to_vec();
    let mut times = Vec::new();
    while times.len() < MAX_TIMES {
        let mut dates: BTreeMap<(G, Time), BTreeSet<Date>> = BTreeMap::new();
        for begin in &left {
            dates.entry((group(begin), begin.time)).or_default().insert(begin.date);
        }
        let Some((slot, _)) = dates.iter().max_by_key(|(_, seen)| seen.len()) else { break };
        let slot = *slot;
        let is_near = |begin: &Begin| group(begin) == slot.0 && hours_apart(begin.time, slot.1) <= 1;
        let seen: BTreeSet<Date> = left.iter().filter(|begin| is_near(begin)).map(|begin| begin.date).collect();
        if seen.len() < min_seen || !at_least(seen.len(), MIN_MET, periods) {
            break;
        }
        left.retain(|begin| !is_near(begin));
        times.push(slot);
    }
    times.sort_unstable();
    let is_explained = !times.is_empty() && at_least(begins.len() - left.len(), MIN_EXPLAINED, begins.len());
    is_explained.then_some(times)
}

fn hours_apart(a: Time, b: Time) -> i8 {
    let apart = (a.hour() - b.hour()).abs();
    apart.min(24 - apart)
}

impl fmt::Display for CallPattern {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = |times: &[Time]| listed(times.iter().map(|time| time.strftime("%H:%M").to_string()).collect());
        match self {
            Self::Never => out.write_str("no calls"),
            Self::Once => out.write_str("called once: too little for a pattern"),
            Self::Hourly => out.write_str("about every hour"),
            Self::Daily(times) => match times.len() {
                1 => write!(out, "once a day at about {}", at(times)),
                2 => write!(out, "twice a day at about {}", at(times)),
                many => write!(out, "{many} times a day at about {}", at(times)),
            },
            Self::Weekly(times) => {
                let each = times.iter().map(|(day, time)| format!("{day:?} at about {}", time.strftime("%H:%M")));
                let often = if times.len() == 1 { "once a week" } else { "every week" };
                write!(out, "{often}, on {}", listed(each.collect()))
            }
            Self::Irregular { days, longest_silence_hours } => {
                let (days, hours) = (counted(*days, "day"), counted(whole(*longest_silence_hours), "hour"));
                write!(out, "irregular, on {days}, with pauses of at most {hours}")
            }
        }
    }
}

fn counted(number: usize, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}

fn listed(mut each: Vec<String>) -> String {
    let last = each.pop().unwrap_or_default();
    if each.is_empty() { last } else { format!("{} and {last}", each.join(", ")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Hours that local times fall in.
    fn hours(zone: &TimeZone, times: impl IntoIterator<Item = String>) -> BTreeSet<Instant> {
        let at = |text: String| {
            let local: jiff::civil::DateTime = text.parse().expect("a local time");
            Instant::from(zone.to_ambiguous_zoned_datetime(local).compatible().expect("in the zone").timestamp()).hour()
        };
        times.into_iter().map(at).collect()
    }

    fn lisbon() -> TimeZone {
        TimeZone::get("Europe/Lisbon").expect("a zone")
    }

    fn forecast(times: impl IntoIterator<Item = String>, now: &str) -> Forecast {
        Forecast::of(&hours(&lisbon(), times), &lisbon(), now.parse().expect("an instant"))
    }

    #[test]
    fn a_job_of_every_night_is_expected_tonight_also_after_the_clocks_have_changed() {
        // Summer time ends on 25 October 2026.
        let nights = (10..=28).map(|day| format!("2026-10-{day}T03:10"));
        let told = forecast(nights, "2026-10-28T12:00:00Z");
        assert_eq!(told.pattern.to_string(), "once a day at about 03:00");
        assert_eq!(told.next_at.map(|at| at.to_string()).as_deref(), Some("2026-10-29T03:00:00.000000Z"));
        assert_eq!(told.missed_at, None);
    }

    #[test]
    fn a_job_that_did_not_come_is_missed() {
        let nights = (1..=12).map(|day| format!("2026-10-{day:02}T03:10"));
        let told = forecast(nights, "2026-10-15T12:00:00Z");
        assert_eq!(told.missed_at.map(|at| at.to_string()).as_deref(), Some("2026-10-13T02:00:00.000000Z"));
    }

    #[test]
    fn a_job_that_wanders_about_the_full_hour_is_one_job() {
        let nights = (1..=20).map(|day| format!("2026-11-{day:02}T0{}", if day % 3 == 0 { "2:59" } else { "3:01" }));
        assert_eq!(forecast(nights, "2026-11-20T12:00:00Z").pattern.to_string(), "once a day at about 03:00");
    }

    #[test]
    fn calls_are_told_as_people_would_tell_them() {
        let days = |days: &[u8], times: &[&str]| -> Vec<String> {
            days.iter().flat_map(|day| times.iter().map(move |time| format!("2026-11-{day:02}T{time}"))).collect()
        };
        let all: Vec<u8> = (1..=28).collect();
        let all_hours: Vec<String> = (0..24).map(|hour| format!("{hour:02}:30")).collect();
        let all_hours: Vec<&str> = all_hours.iter().map(String::as_str).collect();
        for (times, told) in [
            (days(&[], &[]), "no calls"),
            (days(&[3], &["03:00"]), "called once: too little for a pattern"),
            (days(&[3, 4], &["03:00"]), "irregular, on 2 days, with pauses of at most 24 hours"),
            (days(&all, &all_hours), "about every hour"),
            (days(&all, &["03:00", "15:20"]), "twice a day at about 03:00 and 15:00"),
            (days(&all, &["03:00", "09:20", "15:20"]), "3 times a day at about 03:00, 09:00 and 15:00"),
            (days(&[2, 9, 16, 23], &["06:15"]), "once a week, on Monday at about 06:00"),
            (
                days(&[2, 4, 9, 11, 16, 18], &["06:15"]),
                "every week, on Monday at about 06:00 and Wednesday at about 06:00",
            ),
            (days(&[1, 2, 9, 25], &["06:15"]), "irregular, on 4 days, with pauses of at most 384 hours"),
        ] {
            assert_eq!(forecast(times, "2026-11-28T23:59:00Z").pattern.to_string(), told);
        }
    }

    #[test]
    fn without_a_pattern_the_longest_silence_says_by_when_a_call_is_to_be_expected() {
        let times = || ["2026-11-01T06:00", "2026-11-02T09:00", "2026-11-09T14:00"].map(str::to_owned);
        let told = forecast(times(), "2026-11-10T00:00:00Z");
        assert_eq!((told.next_at, told.missed_at), (None, None));
        assert_eq!(told.next_by.map(|at| at.to_string()).as_deref(), Some("2026-11-16T20:00:00.000000Z"));
        assert!(forecast(times(), "2026-11-28T00:00:00Z").missed_at.is_some());
    }
}
