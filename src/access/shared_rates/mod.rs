//! Rates that all instances share through Redis (`--redis-url`). Called by what limits keys, members, networks and sign-ins.
//!
//! One round trip decides: a script on the server takes from a bucket as [`super::rate`] does, or counts in windows as
//! [`super::window`] does, by the server's clock. While Redis does not answer there is nothing shared to ask, and each instance
//! bounds by itself, with what it has seen. Promises that nobody waits longer than [`connection::ANSWER_TIMEOUT`] for Redis, and that
//! no key, address or account stands there in the clear: names are MACs under a secret that only the instances of one database
//! have, and expire by themselves.

mod bucket;
pub mod connection;
mod redis_url;
mod windows;

use std::{
    fmt::{self, Write},
    sync::Arc,
};

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use self::connection::Redis;
pub use self::{
    bucket::SharedBucket,
    redis_url::{RedisUrl, RedisUrlError},
    windows::{SharedAttempt, SharedWindow},
};
use crate::store::clock::Clock;

/// Bytes of a name.
const NAME_LENGTH: usize = 16;

/// The rates of all instances; none where each bounds by itself.
#[derive(Clone, Default)]
pub struct SharedRates(Option<Arc<SharedParts>>);

struct SharedParts {
    redis: Redis,
    /// Names are made with it.
    secret: [u8; 32],
    clock: Clock,
}

impl SharedRates {
    /// Rates in Redis, for the instances that have this secret.
    pub fn new(redis: Redis, secret: [u8; 32], clock: Clock) -> Self {
        Self(Some(Arc::new(SharedParts { redis, secret, clock })))
    }

    /// Redis, if there is one.
    pub fn redis(&self) -> Option<&Redis> {
        self.0.as_deref().map(|shared| &shared.redis)
    }

    /// Whether Redis answers.
    pub fn are_in_use(&self) -> bool {
        self.answering().is_some()
    }

    fn answering(&self) -> Option<&SharedParts> {
        self.0.as_deref().filter(|shared| shared.redis.is_connected())
    }
}

impl SharedParts {
    /// The name of what is counted for somebody.
    fn name(&self, what: &str, who: &dyn fmt::Display) -> String {
        struct Update(Hmac<Sha256>);
        impl Write for Update {
            fn write_str(&mut self, text: &str) -> fmt::Result {
                self.0.update(text.as_bytes());
                Ok(())
            }
        }
        let mut mac = Update(Hmac::new_from_slice(&self.secret).expect("HMAC takes a key of any length"));
        write!(mac, "{what}\n{who}").expect("a MAC takes any text");
        format!("flow:{}", hex::encode(&mac.0.finalize().into_bytes()[..NAME_LENGTH]))
    }

    /// The time as scripts take it: the server's own, so that instances need not agree on theirs, unless a test holds it.
    fn time(&self) -> String {
        match &self.clock {
            Clock::System => String::new(),
            Clock::Manual(_) => self.clock.uptime().micros().to_string(),
        }
    }
}
