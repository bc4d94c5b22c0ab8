//! The clock and randomness, passed as arguments, so that tests can control them.
//!
//! Stored and shown times, such as the expiry of a key, use [`Clock::now`]. Durations inside this process, for rates and
//! caches, use [`Clock::uptime`], which does not move when the clock is set.

use std::{
    sync::{
        Arc, LazyLock,
        atomic::{AtomicI64, Ordering},
    },
    time::{self, Duration},
};

use rand::{TryRng, rngs::SysRng};

use super::instant::Instant;

/// A source of time. Clones share it.
#[derive(Clone, Debug, Default)]
pub enum Clock {
    /// The system clock.
    #[default]
    System,
    /// A clock that tests move.
    Manual(Arc<ManualClock>),
}

/// The state of a test clock, in microseconds.
#[derive(Debug)]
pub struct ManualClock {
    now: AtomicI64,
    uptime: AtomicI64,
}

/// Time since the process started; not affected by setting the clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Uptime(i64);

impl Clock {
    /// A test clock that stands still until it is moved.
    pub fn manual(at: Instant) -> Self {
        Self::Manual(Arc::new(ManualClock { now: AtomicI64::new(at.micros()), uptime: AtomicI64::new(0) }))
    }

    /// The time now.
    #[allow(clippy::disallowed_methods, reason = "the one place that reads the system clock")]
    pub fn now(&self) -> Instant {
        match self {
            Clock::System => jiff::Timestamp::now().into(),
            Clock::Manual(hands) => Instant::from_micros(hands.now.load(Ordering::Relaxed)),
        }
    }

    /// Time since the process started.
    pub fn uptime(&self) -> Uptime {
        static START: LazyLock<time::Instant> = LazyLock::new(time::Instant::now);
        match self {
            Clock::System => Uptime(micros(START.elapsed())),
            Clock::Manual(hands) => Uptime(hands.uptime.load(Ordering::Relaxed)),
        }
    }
}

impl ManualClock {
    /// Moves the clock and the uptime.
    pub fn pass(&self, time: Duration) {
        self.now.fetch_add(micros(time), Ordering::Relaxed);
        self.uptime.fetch_add(micros(time), Ordering::Relaxed);
    }

    /// Sets the clock without moving the uptime.
    pub fn set(&self, to: Instant) {
        self.now.store(to.micros(), Ordering::Relaxed);
    }
}

impl Uptime {
    /// From microseconds.
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// In microseconds.
    pub const fn micros(self) -> i64 {
        self.0
    }

    /// Later by a duration.
    pub fn plus(self, time: Duration) -> Self {
        Self(self.0.saturating_add(micros(time)))
    }
}

/// Detects when the clock was set. Tasks that delete or expire old rows then wait until it has run for a while, so that setting
/// a clock forward and back loses nothing.
#[derive(Debug)]
pub struct ClockSteps {
    clock: Clock,
    /// The difference between the clock and the uptime.
    ahead: i64,
    even_since: Uptime,
    set_at: Option<Uptime>,
}

impl ClockSteps {
    /// Smaller differences are no step: clocks are also adjusted by running faster or slower.
    const LEAST: Duration = Duration::from_secs(30);

    /// Watches a clock from now on.
    pub fn of(clock: &Clock) -> Self {
        let even_since = clock.uptime();
        Self { ahead: clock.now().micros() - even_since.micros(), even_since, set_at: None, clock: clock.clone() }
    }

    /// Whether the clock was set since the last call.
    pub fn has_stepped(&mut self) -> bool {
        let uptime = self.clock.uptime();
        let ahead = self.clock.now().micros() - uptime.micros();
        let has_stepped = (ahead - self.ahead).abs() > micros(Self::LEAST);
        if has_stepped {
            self.even_since = uptime;
            self.set_at = Some(uptime);
        }
        self.ahead = ahead;
        has_stepped
    }

    /// Whether the clock was not set for this long, or not at all since it is watched.
    pub fn was_not_set_for(&mut self, time: Duration) -> bool {
        self.has_stepped();
        self.set_at.is_none_or(|at| at.plus(time) <= self.clock.uptime())
    }

    /// Whether the clock was watched for this long, and not set meanwhile.
    pub fn has_run_evenly_for(&mut self, time: Duration) -> bool {
        !self.has_stepped() && self.even_since.plus(time) <= self.clock.uptime()
    }
}

fn micros(time: Duration) -> i64 {
    i64::try_from(time.as_micros()).unwrap_or(i64::MAX)
}

/// Random bytes from the operating system.
///
/// # Panics
/// When the operating system has none: nothing would be secure then.
pub fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    SysRng.try_fill_bytes(&mut bytes).expect("the operating system gives random bytes");
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_is_set_runs_evenly_again_an_hour_later() {
        let clock = Clock::manual(Instant::from_micros(1_764_000_000_000_000));
        let Clock::Manual(hands) = &clock else { unreachable!() };
        let (mut steps, hour) = (ClockSteps::of(&clock), Duration::from_hours(1));
        assert!(!steps.has_run_evenly_for(hour), "nobody knows what was before");
        hands.pass(hour);
        assert!(steps.has_run_evenly_for(hour));
        for away in [Duration::from_hours(1), Duration::from_hours(48)] {
            let now = clock.now();
            hands.set(now.plus(away));
            assert!(!steps.has_run_evenly_for(hour));
            hands.set(now);
            assert!(steps.has_stepped(), "and back");
            hands.pass(Duration::from_mins(59));
            assert!(!steps.has_run_evenly_for(hour));
            hands.pass(Duration::from_mins(1));
            assert!(steps.has_run_evenly_for(hour));
        }
        assert_eq!(clock.uptime().micros(), 3 * micros(hour));
    }
}
