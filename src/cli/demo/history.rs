//! What the demo's keys were called for in the last six weeks: each call is made up by itself, and counted and recorded as the
//! server counts and records it. The same on every run, but for the time at which it runs.

use std::{
    collections::{BTreeMap, btree_map::Entry},
    time::Duration,
};

use ipnet::IpNet;
use jiff::{ToSpan, civil::Weekday, tz::TimeZone};

use crate::{
    access::{
        activity::{CallId, KEPT, RecordedCall},
        key::KeyKind,
        stored::{KeyId, StoredKey},
        surface::Surface,
        unscoped::{self, CallsOfKey, LastUse, NetworkOfKey},
        usage::UseOutcome,
    },
    cli::Failure,
    store::{db::Db, instant::Instant},
    wire::problem::Code,
};

/// How far back calls go.
const DAYS: u64 = 42;
/// How often each hour of the day is called while the studio is open: before work, at noon and in the evening.
const OPEN: [u64; 24] = [0, 0, 0, 0, 0, 0, 1, 6, 8, 7, 5, 3, 5, 4, 2, 2, 4, 8, 10, 9, 5, 2, 0, 0];
/// The same for a website, which is open at night.
const VISITED: [u64; 24] = [2, 1, 0, 0, 0, 1, 2, 5, 7, 7, 6, 6, 8, 7, 5, 5, 6, 8, 9, 11, 12, 11, 7, 4];
/// Networks of a website's visitors.
const VISITORS: u64 = 90;

/// When calls come.
#[derive(Clone, Copy)]
pub enum Rhythm {
    /// While the studio is open, fewer at the weekend.
    OpeningHours,
    /// Like a website's visitors, from many networks.
    Visitors,
    /// Once a night, at this hour.
    Nightly(i8),
}

/// The calls of one operation, with one outcome.
#[derive(Clone, Copy)]
pub struct Stream {
    /// The operation's id.
    pub operation: &'static str,
    /// How many come on a usual day.
    pub a_day: u64,
    /// When.
    pub rhythm: Rhythm,
    /// The first day, so many days ago; no earlier than the key.
    pub days: u64,
    /// The end, so many days ago.
    pub until: u64,
    /// The scope that they lack.
    pub required_scope: Option<&'static str>,
    /// Their network; without one, those of visitors.
    pub from: Option<&'static str>,
    /// Why they are refused.
    pub refused: Option<Code>,
}

impl Stream {
    /// Admitted calls up to now, one a day.
    pub const fn of(operation: &'static str, rhythm: Rhythm) -> Self {
        Self { operation, a_day: 1, rhythm, days: DAYS, until: 0, required_scope: None, from: None, refused: None }
    }

    /// The same from one network.
    pub const fn from(self, network: &'static str) -> Self {
        Self { from: Some(network), ..self }
    }

    /// The same, refused.
    pub const fn refused(self, code: Code) -> Self {
        Self { refused: Some(code), ..self }
    }
}

/// The history of a studio's keys.
pub struct History {
    zone: TimeZone,
    now: Instant,
    chance: Chance,
    calls: BTreeMap<(KeyId, Instant, &'static str, &'static str), i64>,
    networks: BTreeMap<(KeyId, IpNet), NetworkOfKey>,
    last: BTreeMap<KeyId, (Instant, IpNet)>,
    activity: Vec<RecordedCall>,
}

impl History {
    /// An empty one, by these clocks.
    pub fn new(zone: TimeZone, now: Instant) -> Self {
        let (calls, networks, last) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        Self { zone, now, chance: Chance(1), calls, networks, last, activity: Vec::new() }
    }

    /// Adds the calls of a stream.
    pub fn add(&mut self, key: &StoredKey, stream: Stream) {
        let today = self.zone.to_datetime(self.now.timestamp()).date();
        let day_of = |days: u64| Duration::from_hours(24 * days);
        let (from, until) =
            (key.created_at.max(self.now.minus(day_of(stream.days))), self.now.minus(day_of(stream.until)));
        for days_ago in (0..=DAYS.cast_signed()).rev() {
            let day = today.saturating_sub(days_ago.days());
            let is_weekend = matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday);
            let usual = match stream.rhythm {
                Rhythm::OpeningHours if is_weekend => stream.a_day / 2,
                Rhythm::OpeningHours | Rhythm::Visitors => stream.a_day * (80 + self.chance.below(41)) / 100,
                Rhythm::Nightly(_) => stream.a_day,
            };
            for _ in 0..usual.max(1) {
                let time = self.chance.time(stream.rhythm);
                let at = self.zone.to_ambiguous_timestamp(day.to_datetime(time)).compatible();
                let Some(at) = at.ok().map(Instant::from).filter(|at| (from..until).contains(at)) else { continue };
                self.call(key, &stream, at);
            }
        }
    }

    fn call(&mut self, key: &StoredKey, stream: &Stream, at: Instant) {
        let visitor = || format!("2001:db8:{:x}::/48", 0x100 + self.chance.below(VISITORS)).parse();
        let Ok(network) = stream.from.map_or_else(visitor, str::parse::<IpNet>) else { return };
        let outcome = stream.refused.map_or(UseOutcome::Admitted, UseOutcome::Refused);
        *self.calls.entry((key.id, at.hour(), stream.operation, outcome.name())).or_default() += 1;
        let admitted = stream.refused.is_none().then_some(at);
        match self.networks.entry((key.id, network)) {
            Entry::Vacant(new) => {
                let (key_id, first_seen_at, last_seen_at) = (key.id, at, at);
                new.insert(NetworkOfKey { key_id, network, first_seen_at, last_seen_at, last_admitted_at: admitted });
            }
            Entry::Occupied(known) => {
                let known = known.into_mut();
                known.first_seen_at = known.first_seen_at.min(at);
                known.last_seen_at = known.last_seen_at.max(at);
                known.last_admitted_at = known.last_admitted_at.max(admitted);
            }
        }
        let last = self.last.entry(key.id).or_insert((at, network));
        *last = (*last).max((at, network));
        if at >= self.now.minus(KEPT) {
            let row = self.row(key, stream, at, network);
            self.activity.push(row);
        }
    }

    fn row(&mut self, key: &StoredKey, stream: &Stream, at: Instant, network: IpNet) -> RecordedCall {
        let surface = match key.kind {
            KeyKind::Publishable => Surface::Storefront,
            KeyKind::Secret => Surface::Management,
        };
        let took = if stream.refused.is_some() { 120 } else { 400 };
        RecordedCall {
            id: CallId::new(at),
            studio_id: key.studio_id,
            at,
            surface: surface.name().to_owned(),
            operation: Some(stream.operation.to_owned()),
            method: None,
            path: None,
            key_id: key.id,
            network,
            status: stream.refused.map_or(200, Code::status),
            refused: stream.refused.is_some(),
            code: stream.refused.map(|code| code.name().to_owned()),
            required_scope: stream.required_scope.map(str::to_owned),
            request_id: format!("demo-{:016x}", self.chance.next()),
            duration_us: (took + self.chance.below(took * 4)).cast_signed(),
        }
    }

    /// Writes it all, in one transaction.
    pub async fn write(mut self, db: &Db) -> Result<(), Failure> {
        // As if each had been written when it came.
        self.activity.sort_by_key(|call| call.id);
        let calls = self.calls.into_iter().map(|((key_id, hour, operation, outcome), calls)| CallsOfKey {
            key_id,
            hour,
            operation: operation.to_owned(),
            outcome: outcome.to_owned(),
            calls,
        });
        let calls: Vec<_> = calls.collect();
        let networks: Vec<_> = self.networks.into_values().collect();
        let last: Vec<_> = self.last.into_iter().map(|(key_id, (at, from))| LastUse { key_id, at, from }).collect();
        let mut tx = db.begin().await?;
        unscoped::add_calls(tx.on(), &calls).await?;
        unscoped::note_networks(&mut tx, &networks).await?;
        unscoped::note_last_uses(&mut tx, &last).await?;
        unscoped::add_activity(tx.on(), &self.activity).await?;
        Ok(tx.commit().await?)
    }
}

/// Numbers that look random, and are the same on every run.
struct Chance(u64);

impl Chance {
    /// `SplitMix64`.
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    /// A time of day at which a call comes.
    fn time(&mut self, rhythm: Rhythm) -> jiff::civil::Time {
        let hour = match rhythm {
            Rhythm::Nightly(hour) => hour,
            Rhythm::OpeningHours => self.hour(&OPEN),
            Rhythm::Visitors => self.hour(&VISITED),
        };
        let minutes = if matches!(rhythm, Rhythm::Nightly(_)) { 10 } else { 60 };
        let [minute, second] = [minutes, 60].map(|bound| i8::try_from(self.below(bound)).unwrap_or_default());
        jiff::civil::time(hour, minute, second, 0)
    }

    /// An hour, by how often each is called.
    fn hour(&mut self, weights: &[u64; 24]) -> i8 {
        let mut left = self.below(weights.iter().sum());
        let is_it = |weight: &u64| {
            let is_here = left < *weight;
            left = left.saturating_sub(*weight);
            is_here
        };
        weights.iter().position(is_it).and_then(|hour| i8::try_from(hour).ok()).unwrap_or_default()
    }
}
