//! Authorization in a running gateway: with its key cache, rates and clock. A key that is not cached is loaded, and the call
//! is decided again; so it is when its rate is shared, once Redis has answered. Otherwise nothing is waited for.

use tracing::Instrument;

use super::{
    Access,
    admit::admit,
    call::{AccessState, CachedKey, Call, Decision, Refusal, Step},
    key::Claim,
    keyring::NotLookedUp,
    listener::Listener,
    network::Network,
    outcome::{Outcome, outcome},
    rate::{Exhausted, Quota},
    stored::LiveKey,
};
use crate::{
    store::instant::Instant,
    wire::problem::{Code, Problem},
};

/// Authorizes a call. Log lines of the key's look-up carry the request id.
pub(super) async fn authorize(
    access: &Access,
    listener: &Listener,
    call: &Call<'_>,
    request_id: Option<&str>,
) -> Outcome {
    let network = Network::of(call.client);
    let mut state = RunningState { access, looked_up: None, taken: None };
    let mut outcome = outcome(listener, call, &state);
    if let Outcome::Decided(Decision::NeedsLookup(claim)) = outcome {
        let span = tracing::error_span!(target: "flow_gateway::request", "request", request_id);
        let found = access.keyring.look_up(&claim, network).instrument(span).await;
        outcome = Outcome::Decided(match found {
            Ok(found) => {
                state.looked_up = Some(found.map_or(CachedKey::Absent, CachedKey::Found));
                admit(call, listener, &state)
            }
            Err(cause) => Decision::Refused(Box::new(not_looked_up(cause))),
        });
    }
    if let Outcome::Decided(Decision::NeedsRate(key, cost)) = outcome {
        state.taken = Some(access.limits.spend_shared(&key, network, cost, access.clock.uptime()).await);
        state.looked_up = Some(CachedKey::Found(key));
        outcome = Outcome::Decided(admit(call, listener, &state));
    }
    outcome
}

fn not_looked_up(cause: NotLookedUp) -> Refusal {
    let (problem, quota) = match cause {
        NotLookedUp::Failed(problem) => (problem, None),
        NotLookedUp::Flood(Exhausted { wait }) => {
            let detail = "Too many unknown keys came from this network. Keys in use keep working.";
            let problem = Problem::new(Code::RateLimited, detail).with_retry_after(wait);
            (problem, Some(Quota { remaining: 0, reset: i64::from(wait) }))
        }
    };
    Refusal { step: Step::Stored, problem, key: None, quota }
}

/// The state of a running gateway; the key that was just loaded, and what was just taken from a shared rate, if anything was.
struct RunningState<'a> {
    access: &'a Access,
    looked_up: Option<CachedKey>,
    taken: Option<Result<Option<Quota>, Exhausted>>,
}

impl AccessState for RunningState<'_> {
    fn cached(&self, claim: &Claim) -> CachedKey {
        let Access(parts) = self.access;
        self.looked_up.clone().unwrap_or_else(|| parts.keyring.cached(claim, parts.clock.uptime()))
    }

    fn spend(&self, key: &LiveKey, network: Network, cost: u32) -> Result<Option<Quota>, Exhausted> {
        self.taken.unwrap_or_else(|| self.access.limits.spend(key, network, cost, self.access.clock.uptime()))
    }

    fn shares_rates(&self) -> bool {
        self.taken.is_none() && self.access.limits.are_shared()
    }

    fn left(&self, key: &LiveKey, network: Network) -> Option<Quota> {
        self.access.limits.left(key, network, self.access.clock.uptime())
    }

    fn now(&self) -> Instant {
        self.access.clock.now()
    }
}
