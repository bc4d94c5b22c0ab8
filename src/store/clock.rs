//! Time and chance, handed in as arguments, so that a test can hold the clock still.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use rand::{TryRng, rngs::SysRng};

use super::instant::Instant;

/// Where the time comes from. Clones of a clock tell the same time.
#[derive(Clone, Debug, Default)]
pub enum Clock {
    /// The system's.
    #[default]
    System,
    /// One that stands still until it is moved; microseconds since 1970.
    Manual(Arc<AtomicI64>),
}

impl Clock {
    /// The time now.
    #[must_use]
    #[allow(clippy::disallowed_methods, reason = "the one place that asks the system for the time")]
    pub fn now(&self) -> Instant {
        match self {
            Clock::System => jiff::Timestamp::now().into(),
            Clock::Manual(micros) => Instant::from_micros(micros.load(Ordering::Relaxed)),
        }
    }
}

/// Bytes that nobody can guess, from the operating system.
///
/// # Panics
/// When the operating system has no randomness to give: nothing that follows would be safe.
#[must_use]
pub fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    SysRng.try_fill_bytes(&mut bytes).expect("the operating system gives random bytes");
    bytes
}
