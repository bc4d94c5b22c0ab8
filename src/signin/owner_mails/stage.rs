//! The warnings before a key expires. Called by [`super::expiry`].

use std::time::Duration;

use crate::store::instant::Instant;

/// A warning, by how long before the end it is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// The last one.
    OneDay,
    /// The one in the middle.
    SevenDays,
    /// The first one.
    FourteenDays,
}

impl Stage {
    /// The latest first.
    pub const ALL: [Self; 3] = [Self::OneDay, Self::SevenDays, Self::FourteenDays];

    /// How many days before the end.
    pub const fn days(self) -> u32 {
        match self {
            Self::OneDay => 1,
            Self::SevenDays => 7,
            Self::FourteenDays => 14,
        }
    }

    /// The same as a time.
    pub fn span(self) -> Duration {
        Duration::from_hours(24 * u64::from(self.days()))
    }

    /// The warning that fits now, if the end is near enough.
    pub(super) fn of(end: Instant, now: Instant) -> Option<Self> {
        Self::ALL.into_iter().find(|stage| end <= now.plus(stage.span()))
    }
}
