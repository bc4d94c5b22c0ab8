//! Time and chance, handed in as arguments, so that a test can hold the clock still, or set it.
//!
//! What people see and what is stored, such as the expiry of a key, goes by [`Clock::now`]. How long ago something was
//! in this process, as rates and caches ask, goes by [`Clock::uptime`]: setting the clock does not move it.

use std::{
    sync::{
        Arc, LazyLock,
        atomic::{AtomicI64, Ordering},
    },
    time::{self, Duration},
};

use rand::{TryRng, rngs::SysRng};

use super::instant::Instant;

/// Where the time comes from. Clones of a clock tell the same time.
#[derive(Clone, Debug, Default)]
pub enum Clock {
    /// The system's.
    #[default]
    System,
    /// One that stands still until it is moved.
    Manual(Arc<Hands>),
}

/// A clock that is moved by hand; microseconds.
#[derive(Debug)]
pub struct Hands {
    now: AtomicI64,
    uptime: AtomicI64,
}

/// How long the process has run: no step of the clock moves it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Uptime(i64);

impl Clock {
    /// A clock that stands at an instant until it is moved.
    pub fn manual(at: Instant) -> Self {
        Self::Manual(Arc::new(Hands { now: AtomicI64::new(at.micros()), uptime: AtomicI64::new(0) }))
    }

    /// The time now.
    #[allow(clippy::disallowed_methods, reason = "the one place that asks the system for the time")]
    pub fn now(&self) -> Instant {
        match self {
            Clock::System => jiff::Timestamp::now().into(),
            Clock::Manual(hands) => Instant::from_micros(hands.now.load(Ordering::Relaxed)),
        }
    }

    /// How long the process has run.
    pub fn uptime(&self) -> Uptime {
        static START: LazyLock<time::Instant> = LazyLock::new(time::Instant::now);
        match self {
            Clock::System => Uptime(micros(START.elapsed())),
            Clock::Manual(hands) => Uptime(hands.uptime.load(Ordering::Relaxed)),
        }
    }
}

impl Hands {
    /// Lets time pass.
    pub fn pass(&self, time: Duration) {
        self.now.fetch_add(micros(time), Ordering::Relaxed);
        self.uptime.fetch_add(micros(time), Ordering::Relaxed);
    }

    /// Sets the clock, while no time passes.
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

    /// So much later.
    pub fn plus(self, time: Duration) -> Self {
        Self(self.0.saturating_add(micros(time)))
    }
}

/// Notices when the clock was set, for tasks that remove or end what is old: they wait until it has run for a while, so that
/// a clock which is set forward and back again loses nothing.
#[derive(Debug)]
pub struct Steps {
    clock: Clock,
    /// How far the clock is ahead of the uptime.
    ahead: i64,
    even_since: Uptime,
    set_at: Option<Uptime>,
}

impl Steps {
    /// A difference that is no step: clocks that are steered run a little faster or slower.
    const LEAST: Duration = Duration::from_secs(30);

    /// Watches a clock from now on.
    pub fn of(clock: &Clock) -> Self {
        let even_since = clock.uptime();
        Self { ahead: clock.now().micros() - even_since.micros(), even_since, set_at: None, clock: clock.clone() }
    }

    /// Whether the clock was set since the last look.
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

    /// Whether the clock has not been set for so long, or not at all since this watches it.
    pub fn was_not_set_for(&mut self, time: Duration) -> bool {
        self.has_stepped();
        self.set_at.is_none_or(|at| at.plus(time) <= self.clock.uptime())
    }

    /// Whether it was watched for so long, and not set meanwhile.
    pub fn has_run_evenly_for(&mut self, time: Duration) -> bool {
        !self.has_stepped() && self.even_since.plus(time) <= self.clock.uptime()
    }
}

fn micros(time: Duration) -> i64 {
    i64::try_from(time.as_micros()).unwrap_or(i64::MAX)
}

/// Bytes that nobody can guess, from the operating system.
///
/// # Panics
/// When the operating system has no randomness to give: nothing that follows would be safe.
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
        let (mut steps, hour) = (Steps::of(&clock), Duration::from_hours(1));
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
