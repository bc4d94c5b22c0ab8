//! The throttle of sign-ins. An attempt counts when it begins, so that many at once do not slip through, and one that succeeds
//! is given back. It counts by account and network, so that who guesses locks out nobody else; by account, so that many
//! networks together do not guess on; and by network, so that one does not try an address after the other. Whether an account
//! exists makes no difference.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use quick_cache::sync::Cache;
use sha2::{Digest, Sha256};

use crate::{
    access::{network::Network, rate::Exhausted},
    store::{clock::Uptime, mailbox},
};

/// The time in which attempts are counted.
const WINDOW: Duration = Duration::from_mins(15);
/// Attempts on one account from one network in that time.
const MOST_OF_BOTH: usize = 10;
/// Attempts on one account.
const MOST_OF_ACCOUNT: usize = 100;
/// Attempts from one network.
const MOST_OF_NETWORK: usize = 50;
/// Accounts and networks that are counted.
const COUNTED: usize = 50_000;

/// What attempts are counted by.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum By {
    Both([u8; 32], Network),
    Account([u8; 32]),
    Network(Network),
}

type Attempts = Arc<Mutex<VecDeque<Uptime>>>;

/// Who may try to sign in.
pub struct SignInThrottle {
    is_on: bool,
    counted: Cache<By, Attempts>,
}

impl SignInThrottle {
    /// A throttle that is on, or lets everything pass.
    pub fn new(is_on: bool) -> Self {
        Self { is_on, counted: Cache::new(COUNTED) }
    }

    /// Counts an attempt with this e-mail address, of whatever spelling.
    ///
    /// # Errors
    /// When there were too many: how long to wait.
    pub fn attempt(&self, email: &str, network: Network, now: Uptime) -> Result<(), Exhausted> {
        if !self.is_on {
            return Ok(());
        }
        for (by, most) in kinds(email, network) {
            let attempts = self.of(by);
            let mut attempts = attempts.lock().unwrap_or_else(PoisonError::into_inner);
            while attempts.front().is_some_and(|at| at.plus(WINDOW) <= now) {
                attempts.pop_front();
            }
            if attempts.len() >= most
                && let Some(first) = attempts.front()
            {
                let seconds = (first.plus(WINDOW).micros() - now.micros()).div_euclid(1_000_000) + 1;
                return Err(Exhausted { wait: u32::try_from(seconds).unwrap_or(1) });
            }
            attempts.push_back(now);
        }
        Ok(())
    }

    /// An attempt was right: it counts no more, and neither do slips of the same person before it.
    pub fn succeeded(&self, email: &str, network: Network) {
        for (by, _) in kinds(email, network) {
            let attempts = self.of(by);
            let mut attempts = attempts.lock().unwrap_or_else(PoisonError::into_inner);
            if let By::Both(..) = by {
                attempts.clear();
            }
            attempts.pop_back();
        }
    }

    fn of(&self, by: By) -> Attempts {
        let fresh = || Ok::<_, std::convert::Infallible>(Attempts::default());
        self.counted.get_or_insert_with(&by, fresh).unwrap_or_default()
    }
}

/// By what an attempt counts, and how many may be.
fn kinds(email: &str, network: Network) -> [(By, usize); 3] {
    let account: [u8; 32] = Sha256::digest(mailbox::key(email)).into();
    [
        (By::Both(account, network), MOST_OF_BOTH),
        (By::Account(account), MOST_OF_ACCOUNT),
        (By::Network(network), MOST_OF_NETWORK),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn network(last: u8) -> Network {
        Network::of(std::net::Ipv4Addr::new(192, 0, 2, last).into())
    }

    #[test]
    fn who_guesses_waits_and_locks_out_nobody_else() {
        let throttle = SignInThrottle::new(true);
        let now = Uptime::from_micros(0);
        for _ in 0..MOST_OF_BOTH {
            assert!(throttle.attempt("Anna@casa.example", network(1), now).is_ok());
        }
        let refused = throttle.attempt("anna@casa.example", network(1), now).unwrap_err();
        assert_eq!(refused, Exhausted { wait: 901 });
        assert!(throttle.attempt("anna@casa.example", network(2), now).is_ok());
        assert!(throttle.attempt("anna@casa.example", network(1), now.plus(WINDOW)).is_ok());
    }

    #[test]
    fn many_networks_together_and_one_with_many_addresses_are_bounded() {
        let throttle = SignInThrottle::new(true);
        let now = Uptime::from_micros(0);
        let tried = (0..=u8::MAX).filter(|last| throttle.attempt("a@b.example", network(*last), now).is_ok()).count();
        assert_eq!(tried, MOST_OF_ACCOUNT);
        let addresses = (0..200).map(|number| format!("m{number}@b.example"));
        let other = Network::of(std::net::Ipv4Addr::new(198, 51, 100, 1).into());
        assert_eq!(addresses.filter(|email| throttle.attempt(email, other, now).is_ok()).count(), MOST_OF_NETWORK);
    }

    #[test]
    fn who_signs_in_is_not_counted() {
        let throttle = SignInThrottle::new(true);
        let now = Uptime::from_micros(0);
        for _ in 0..1000 {
            throttle.attempt("a@b.example", network(1), now).unwrap();
            throttle.succeeded("a@b.example", network(1));
        }
    }
}
