//! The throttle of passwords and codes: of sign-ins, and of those who are signed in and type theirs again.
//!
//! An attempt counts when it begins, so that many at once do not slip through, and one that succeeds is given back. A sign-in
//! counts by network, so that one does not try an address after the other; by account and network, so that who guesses locks
//! out nobody else; and by account, so that many networks together do not guess on. That last count does not stop a network
//! from which somebody signed in to the account before: who guesses from many networks does not lock its owner out. Whether an
//! account exists makes no difference. A confirmation of the password counts by session only. Links to a new password count
//! by network, apart from sign-ins. Codes of a second factor count as passwords do, apart from them: by account
//! for a day, since codes are short.
//!
//! Instances count together through Redis, where there is one. Each counts what it admits beside that, and goes on from there
//! while Redis does not answer.
//!
//! Decision: without Redis networks are remembered in this process only. After a restart the counts of guesses begin anew as well.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use quick_cache::unsync::Cache;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

pub use super::attempt::Attempt;
use super::attempt::{CountedBy, SUCCESSES};
use crate::{
    access::{
        rate::Exhausted,
        shared_rates::{SharedAttempt, SharedRates, SharedWindow},
        window::{Window, WindowLimit},
    },
    store::{clock::Uptime, error::StoreError},
};

/// Accounts and networks whose attempts are counted.
const COUNTED: usize = 50_000;
/// Accounts with a network that signed in to them.
const KNOWN: usize = 20_000;

/// Attempts that are served at once: as many hashes are compared within a few seconds. More are refused before anything is looked
/// up, so that a storm of sign-ins fills no queue of the database.
const ATTEMPTS_AT_ONCE: usize = 64;
/// Requests for a link to a new password that are served at once.
const RESETS_AT_ONCE: usize = 64;

/// Who may try a password. The staff and the members have one each, so that a storm on one sign-in does not close the other.
pub struct PasswordThrottle {
    is_on: bool,
    /// Whose attempts these are.
    of: &'static str,
    shared: SharedRates,
    counts: Mutex<PasswordCounts>,
    attempt_slots: Arc<Semaphore>,
    reset_slots: Arc<Semaphore>,
}

struct PasswordCounts {
    attempts: Cache<CountedBy, Window>,
    /// Attempts that succeeded. An entry outlives its window: it is the memory of who signed in from where.
    successes: Cache<CountedBy, Window>,
}

impl PasswordThrottle {
    /// A throttle of staff or members that is on, or lets everything pass; shared or not.
    pub fn new(of: &'static str, is_on: bool, shared: SharedRates) -> Self {
        let counts = PasswordCounts { attempts: Cache::new(COUNTED), successes: Cache::new(KNOWN) };
        let slots = |at_once| Arc::new(Semaphore::new(at_once));
        let (attempt_slots, reset_slots) = (slots(ATTEMPTS_AT_ONCE), slots(RESETS_AT_ONCE));
        Self { is_on, of, shared, counts: Mutex::new(counts), attempt_slots, reset_slots }
    }

    /// A slot for an attempt, held while an account is looked up and its hash is compared.
    ///
    /// # Errors
    /// When too many are being served.
    pub fn attempt_slot(&self) -> Result<OwnedSemaphorePermit, StoreError> {
        Arc::clone(&self.attempt_slots).try_acquire_owned().map_err(|_| StoreError::Overloaded)
    }

    /// A slot for somebody who asks for a link to a new password.
    ///
    /// # Errors
    /// When too many are being served.
    pub fn reset_slot(&self) -> Result<OwnedSemaphorePermit, StoreError> {
        Arc::clone(&self.reset_slots).try_acquire_owned().map_err(|_| StoreError::Overloaded)
    }

    /// How many who asked for a link are being served.
    pub fn resets_under_way(&self) -> usize {
        RESETS_AT_ONCE - self.reset_slots.available_permits()
    }

    /// Counts an attempt. One that is refused counts nowhere, so that who is refused makes no entries.
    ///
    /// # Errors
    /// When there were too many: how long to wait.
    pub async fn begin(&self, attempt: Attempt, now: Uptime) -> Result<(), Exhausted> {
        if !self.is_on {
            return Ok(());
        }
        let shared = match self.shared_attempt(attempt) {
            Some(shared) => shared.begin().await,
            None => None,
        };
        let mut counts = self.lock();
        match shared {
            Some(answer) => answer?,
            None => counts.check(attempt, now)?,
        }
        counts.add(attempt, now);
        Ok(())
    }

    /// An attempt was right: it counts no more as one, and neither do slips of the same person before it.
    pub async fn succeeded(&self, attempt: Attempt, now: Uptime) {
        if !self.is_on {
            return;
        }
        self.lock().succeeded(attempt, now);
        if let Some(shared) = self.shared_attempt(attempt) {
            shared.succeeded().await;
        }
    }

    fn shared_attempt(&self, attempt: Attempt) -> Option<SharedAttempt<'_>> {
        let window = |by: CountedBy| self.window(self.of, by, by.limit());
        Some(SharedAttempt {
            successes: self.window(&format!("{} who succeeded", self.of), attempt.who, SUCCESSES)?,
            network: attempt.network.and_then(window),
            who: window(attempt.who)?,
            account: attempt.account.and_then(window),
        })
    }

    fn window(&self, what: &str, by: CountedBy, limit: WindowLimit) -> Option<SharedWindow<'_>> {
        self.shared.window(what, &by.name(), limit)
    }

    fn lock(&self) -> MutexGuard<'_, PasswordCounts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl PasswordCounts {
    fn check(&mut self, attempt: Attempt, now: Uptime) -> Result<(), Exhausted> {
        if let Some(mut successes) = self.successes.get_mut(&attempt.who) {
            successes.check(SUCCESSES, now)?;
        }
        for (by, limit) in self.limits_of(attempt).into_iter().flatten() {
            if let Some(mut window) = self.attempts.get_mut(&by) {
                window.check(limit, now)?;
            }
        }
        Ok(())
    }

    fn add(&mut self, attempt: Attempt, now: Uptime) {
        for (by, limit) in self.limits_of(attempt).into_iter().flatten() {
            change_window(&mut self.attempts, by, |window| window.add(limit, now));
        }
    }

    fn succeeded(&mut self, attempt: Attempt, now: Uptime) {
        for (by, _) in self.limits_of(attempt).into_iter().flatten() {
            if let Some(mut window) = self.attempts.get_mut(&by) {
                if by == attempt.who { window.clear() } else { window.give_back() }
            }
        }
        change_window(&mut self.successes, attempt.who, |window| window.add(SUCCESSES, now));
    }

    /// By what an attempt counts, the widest first.
    fn limits_of(&self, attempt: Attempt) -> [Option<(CountedBy, WindowLimit)>; 3] {
        let is_known = self.successes.contains_key(&attempt.who);
        let counted = [attempt.network, Some(attempt.who), attempt.account.filter(|_| !is_known)];
        counted.map(|by| by.map(|by| (by, by.limit())))
    }
}

fn change_window(windows: &mut Cache<CountedBy, Window>, by: CountedBy, change: impl FnOnce(&mut Window)) {
    let fresh = || Ok::<_, std::convert::Infallible>(Window::default());
    if let Ok(Some(mut window)) = windows.get_mut_or_insert_with(&by, fresh) {
        change(&mut window);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use futures_util::FutureExt;

    use super::*;
    use crate::access::network::Network;

    const ANNA: &str = "anna@casa.example";
    const QUARTER: Duration = Duration::from_mins(15);

    fn network(number: u16) -> Network {
        let [high, low] = number.to_be_bytes();
        Network::of(std::net::Ipv4Addr::new(198, 18, high, low).into())
    }

    fn start() -> Uptime {
        Uptime::from_micros(0)
    }

    fn throttle() -> PasswordThrottle {
        PasswordThrottle::new("staff", true, SharedRates::default())
    }

    fn begin(throttle: &PasswordThrottle, attempt: Attempt, now: Uptime) -> Result<(), Exhausted> {
        throttle.begin(attempt, now).now_or_never().expect("without Redis nothing is waited for")
    }

    fn wrong(throttle: &PasswordThrottle, email: &str, from: u16) -> bool {
        begin(throttle, Attempt::sign_in(email, network(from)), start()).is_ok()
    }

    fn right(throttle: &PasswordThrottle, attempt: Attempt, now: Uptime) -> bool {
        let begun = begin(throttle, attempt, now).is_ok();
        if begun {
            throttle.succeeded(attempt, now).now_or_never().expect("nor then");
        }
        begun
    }

    #[test]
    fn who_guesses_waits_and_locks_out_nobody_else() {
        let throttle = throttle();
        assert!((0..10).all(|_| wrong(&throttle, "Anna@casa.example", 1)));
        let again = Attempt::sign_in(ANNA, network(1));
        assert_eq!(begin(&throttle, again, start()), Err(Exhausted { wait: 900 }));
        assert!(wrong(&throttle, ANNA, 2));
        assert!(begin(&throttle, again, start().plus(QUARTER)).is_ok());
    }

    #[test]
    fn many_networks_together_and_one_with_many_addresses_are_bounded() {
        let throttle = throttle();
        assert_eq!((0..300).filter(|from| wrong(&throttle, ANNA, *from)).count(), 100);
        let addresses = (0..200).map(|number| format!("m{number}@casa.example"));
        assert_eq!(addresses.filter(|email| wrong(&throttle, email, 999)).count(), 50);
    }

    #[test]
    fn guesses_from_many_networks_stop_neither_a_network_that_signed_in_before_nor_a_session() {
        let throttle = throttle();
        let home = Attempt::sign_in(ANNA, network(1000));
        assert!(right(&throttle, home, start()));
        assert_eq!((0..300).filter(|from| wrong(&throttle, ANNA, *from)).count(), 100);
        assert!(!wrong(&throttle, ANNA, 301));
        assert!(right(&throttle, home, start()));
        assert!(right(&throttle, Attempt::confirm("a session"), start()));
        assert!((0..10).all(|_| wrong(&throttle, ANNA, 1000)));
        assert!(!wrong(&throttle, ANNA, 1000), "who guesses from there waits all the same");
        let session = Attempt::confirm("a session");
        assert!((0..10).all(|_| begin(&throttle, session, start()).is_ok()));
        assert!(begin(&throttle, session, start()).is_err());
    }

    #[test]
    fn an_attempt_that_is_refused_is_counted_nowhere() {
        let throttle = throttle();
        assert!((0..50).all(|number| wrong(&throttle, &format!("m{number}@casa.example"), 1)));
        let entries = throttle.lock().attempts.len();
        assert!((50..500).all(|number| !wrong(&throttle, &format!("m{number}@casa.example"), 1)));
        assert_eq!(throttle.lock().attempts.len(), entries);
        for from in 2..200 {
            wrong(&throttle, ANNA, from);
        }
        assert!(!wrong(&throttle, ANNA, 500));
        assert!(wrong(&throttle, "rui@casa.example", 500), "a refusal by account leaves its network alone");
    }

    #[test]
    fn who_signs_in_again_and_again_is_not_taken_for_a_guesser_and_waits_in_the_end() {
        let throttle = throttle();
        for attempt in [Attempt::sign_in(ANNA, network(1)), Attempt::confirm("a session")] {
            assert_eq!((0..200).filter(|_| right(&throttle, attempt, start())).count(), 60);
            assert!(right(&throttle, attempt, start().plus(QUARTER)));
        }
    }

    #[test]
    fn who_guesses_codes_from_many_networks_waits_for_a_day_and_the_owner_at_home_does_not() {
        let throttle = throttle();
        let home = Attempt::code(ANNA, network(1000));
        assert!(right(&throttle, home, start()));
        let guess = |from| begin(&throttle, Attempt::code(ANNA, network(from)), start()).is_ok();
        assert_eq!((0..20).filter(|_| guess(1)).count(), 10, "as passwords are, by account and network");
        assert_eq!((2..200).filter(|from| guess(*from)).count(), 40);
        let later = start().plus(23 * Duration::from_hours(1));
        assert!(begin(&throttle, Attempt::code(ANNA, network(300)), later).is_err(), "also after a quarter of an hour");
        assert!(right(&throttle, home, start()));
        assert!(begin(&throttle, Attempt::sign_in(ANNA, network(300)), start()).is_ok(), "a password is another count");
    }
}
