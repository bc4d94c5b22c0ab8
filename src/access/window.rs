//! A sliding window: counts events of the last minutes, and says how long to wait when there were too many. The throttles of
//! key look-ups, of sign-ins and of changes of keys count with it. Promises that a minute is any sixty seconds, and not the
//! clock's.

use std::{collections::VecDeque, time::Duration};

use super::rate::Exhausted;
use crate::store::clock::Uptime;

/// How many events a window allows in which time.
#[derive(Clone, Copy, Debug)]
pub struct WindowLimit {
    /// The events.
    pub events: usize,
    /// The time.
    pub span: Duration,
}

/// When the last events happened, oldest first; at most as many as the limit.
#[derive(Debug, Default)]
pub struct Window(VecDeque<Uptime>);

impl Window {
    /// Whether one more event is allowed.
    ///
    /// # Errors
    /// When it is not: how long to wait.
    pub fn check(&mut self, limit: WindowLimit, now: Uptime) -> Result<(), Exhausted> {
        while self.0.front().is_some_and(|at| at.plus(limit.span) <= now) {
            self.0.pop_front();
        }
        match self.0.front() {
            Some(first) if self.0.len() >= limit.events => {
                Err(Exhausted::for_micros(first.plus(limit.span).micros() - now.micros()))
            }
            _ => Ok(()),
        }
    }

    /// Counts an event.
    pub fn add(&mut self, limit: WindowLimit, now: Uptime) {
        if self.0.len() >= limit.events {
            self.0.pop_front();
        }
        self.0.push_back(now);
    }

    /// Counts an event, if it is allowed.
    ///
    /// # Errors
    /// When it is not: how long to wait.
    pub fn take(&mut self, limit: WindowLimit, now: Uptime) -> Result<(), Exhausted> {
        self.check(limit, now)?;
        self.add(limit, now);
        Ok(())
    }

    /// Takes the latest event back.
    pub fn give_back(&mut self) {
        self.0.pop_back();
    }

    /// Forgets all events.
    pub fn clear(&mut self) {
        self.0.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_minute_is_any_sixty_seconds_and_not_the_clocks() {
        let limit = WindowLimit { events: 20, span: Duration::from_mins(1) };
        let mut window = Window::default();
        let start = Uptime::from_micros(1_764_000_050_000_000);
        let after = |seconds| start.plus(Duration::from_secs(seconds));
        for event in 0..20 {
            assert_eq!(window.take(limit, after(event)), Ok(()));
        }
        assert_eq!(window.take(limit, after(20)), Err(Exhausted { wait: 40 }));
        assert_eq!(window.check(limit, start.plus(Duration::from_millis(58_500))), Err(Exhausted { wait: 2 }));
        assert_eq!(window.take(limit, after(60)), Ok(()), "the first is forgotten, and no other");
        assert_eq!(window.take(limit, after(60)), Err(Exhausted { wait: 1 }));
        assert_eq!(window.take(limit, after(200)), Ok(()));
    }
}
