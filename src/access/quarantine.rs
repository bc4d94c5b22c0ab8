//! Quarantine of secret keys that somebody found and reports: from then on they are refused as revoked. Called by
//! `POST /v1/exposed-keys`. Who has the whole key could use it anyway, so it costs its studio nothing more that they can
//! revoke it. Promises that only a whole secret key is revoked, and that the reports of one network are limited.

use super::{
    Access,
    key::{KeyKind, PresentedKey},
    keyring::NotLookedUp,
    keys::{self, ExposureReport, KeyError},
    network::Network,
    rate::Exhausted,
    rates::Rate,
};
use crate::wire::problem::{Code, Problem};

/// The reports of one network.
pub const REPORTS: Rate = Rate { of: "report", calls_per_second: 5 };

/// Quarantines the key that a text is, if it is all of a secret key, with or without white space around it. Nothing tells
/// whether it was.
///
/// # Errors
/// When the network has reported too much, or the database does not answer.
pub async fn report(access: &Access, text: &str, network: Network) -> Result<(), Problem> {
    access.reports.spend(network, access.clock.uptime()).await.map_err(too_many)?;
    let Some(key) = PresentedKey::parse(text.trim()).ok().filter(|key| key.kind() == KeyKind::Secret) else {
        return Ok(());
    };
    let found = match access.keyring.look_up(&key.claim(), network).await {
        Ok(found) => found,
        Err(NotLookedUp::Flood(exhausted)) => return Err(too_many(exhausted)),
        Err(NotLookedUp::Failed(problem)) => return Err(problem),
    };
    let Some(key) = found else { return Ok(()) };
    let (studio, id, now) = (key.stored.studio_id, key.stored.id, access.clock.now());
    let report = ExposureReport::from_network(network.masked());
    match keys::quarantine(&*access.keyring, studio, id, report, now).await {
        Ok(()) => {
            tracing::warn!(
                key = %key.masked,
                studio = %key.studio,
                network = %network.masked(),
                "a secret key was reported as exposed, and is revoked"
            );
            Ok(())
        }
        Err(KeyError::Store(error)) => Err(error.into()),
        Err(other) => Err(Problem::internal(other)),
    }
}

fn too_many(Exhausted { wait }: Exhausted) -> Problem {
    Problem::new(Code::RateLimited, "Too many reports came from this network. Wait as long as `Retry-After` says.")
        .with_retry_after(wait)
}
