//! Uses of keys that were refused before anybody looked the key up: a secret key in a browser, a key of the wrong kind.
//! Called by the guard. A key in memory is counted at once; any other is looked up off the request's path, and counted if
//! all of it is right. The queue is bounded: what does not fit in is not counted.

use std::{sync::Arc, time::Duration};

use tokio::{
    sync::mpsc::{Receiver, Sender, channel},
    time::sleep,
};

use super::{
    activity::queue::AnsweredCall,
    call::CachedKey,
    key::Claim,
    keyring::{Keyring, NotLookedUp},
    network::Network,
    stored::LiveKey,
    usage::{KeyUse, Usage},
};
use crate::store::instant::Instant;

/// Uses that wait for the look-up of their key.
const QUEUE: usize = 256;
/// How often the database is asked for a key.
const ATTEMPTS: u32 = 3;
/// Between two attempts.
const PAUSE: Duration = Duration::from_millis(500);

/// Counts uses of keys that were not looked up. Cheap to clone.
#[derive(Clone)]
pub struct DeferredUses {
    queue: Sender<DeferredUse>,
    keyring: Arc<Keyring>,
    usage: Usage,
}

struct DeferredUse {
    claim: Claim,
    used: KeyUse,
    call: Option<AnsweredCall>,
}

impl DeferredUses {
    /// A counter, and the task that looks keys up until the last counter is gone.
    pub fn new(keyring: Arc<Keyring>, usage: Usage) -> (Self, impl Future<Output = ()> + Send) {
        let (queue, waiting) = channel(QUEUE);
        let task = look_up_all(waiting, Arc::clone(&keyring), usage.clone());
        (Self { queue, keyring, usage }, task)
    }

    /// Counts a use and records its call, if there is such a key.
    pub fn count(&self, claim: Claim, used: KeyUse, call: Option<AnsweredCall>) {
        let clock = self.keyring.clock();
        match self.keyring.cached(&claim, clock.uptime()) {
            CachedKey::Found(key) => count(&self.usage, &key, used, call, clock.now()),
            CachedKey::Absent => {}
            CachedKey::NotLoaded => {
                self.queue.try_send(DeferredUse { claim, used, call }).ok();
            }
        }
    }
}

fn count(usage: &Usage, key: &Arc<LiveKey>, used: KeyUse, call: Option<AnsweredCall>, now: Instant) {
    usage.count(key.stored.id, used, now);
    if let Some(call) = call {
        usage.activity.record(key, call);
    }
}

async fn look_up_all(mut waiting: Receiver<DeferredUse>, keyring: Arc<Keyring>, usage: Usage) {
    while let Some(DeferredUse { claim, used, call }) = waiting.recv().await {
        if let Some(key) = look_up(&keyring, &claim, used.network).await {
            count(&usage, &key, used, call, keyring.clock().now());
        }
    }
}

/// The key, if all of the claim is right. A busy database is asked again; while it stays away, the use of a real key cannot be
/// distinguished from that of a made-up one.
async fn look_up(keyring: &Keyring, claim: &Claim, network: Network) -> Option<Arc<LiveKey>> {
    for _ in 1..ATTEMPTS {
        match keyring.look_up(claim, network).await {
            Ok(key) => return key,
            Err(NotLookedUp::Flood(_)) => return None,
            Err(NotLookedUp::Failed(_)) => sleep(PAUSE).await,
        }
    }
    keyring.look_up(claim, network).await.ok().flatten()
}
