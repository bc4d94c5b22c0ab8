//! GitHub's secret-scanning partner protocol: GitHub finds our secret keys in public places, and posts them. Called by
//! `POST /v1/github-secret-scanning`, where that is switched on.
//!
//! Promises that nothing happens unless the body was signed by one of GitHub's current keys; that each whole secret key in it is
//! revoked, as [`super::quarantine`] does with other reports; that publishable keys are never touched; and that a key's last use
//! stays what it was.

mod fetch;
mod public_keys;

use std::sync::Arc;

use axum::http::HeaderMap;
use serde::{Deserialize, Serialize};
use tokio::sync::Semaphore;
use url::Url;

use self::{fetch::Source, public_keys::PublicKeys};
pub use self::{fetch::SourceError, public_keys::Signer};
use super::{
    Access,
    history::Exposure,
    key::{KeyKind, PresentedKey},
    keys::{ExposureReport, KeyError, quarantine},
    network::Network,
};
use crate::{
    store::clock::Clock,
    wire::{
        mask::mask_keys,
        problem::{Code, Problem},
    },
};

/// The header with the id of the key that signed the body.
const KEY_ID: &str = "github-public-key-identifier";
/// The header with the signature, in base64.
const SIGNATURE: &str = "github-public-key-signature";

/// Bodies that are read at once.
const MOST_READ_AT_ONCE: usize = 64;
/// Who revoked a key that GitHub found.
const GITHUB: &str = "GitHub secret scanning";

/// Takes GitHub's reports. Cheap to clone.
#[derive(Clone)]
pub struct GitHub {
    keys: Arc<PublicKeys>,
    places: Arc<Semaphore>,
}

/// A secret that GitHub found. Without `Debug`, because it holds a whole key.
#[derive(Deserialize)]
struct FoundToken {
    token: String,
    #[serde(rename = "type")]
    kind: String,
    url: Option<String>,
}

/// What became of one of them, for GitHub's statistics. Without `Debug`, because it holds what may be a key.
#[derive(Serialize)]
pub struct Feedback {
    token_raw: String,
    token_type: String,
    label: Label,
}

/// Whether it was a secret key of ours.
#[derive(Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Label {
    TruePositive,
    FalsePositive,
}

impl GitHub {
    /// Reports that are signed by the keys that stand at this address.
    ///
    /// # Errors
    /// When the address is not encrypted, or TLS cannot be set up.
    pub fn new(keys_at: &Url, clock: Clock) -> Result<Self, SourceError> {
        let keys = Arc::new(PublicKeys::new(Source::new(keys_at)?, clock));
        Ok(Self { keys, places: Arc::new(Semaphore::new(MOST_READ_AT_ONCE)) })
    }

    /// Who says that they signed the body of a request, with a place among those whose bodies are being read.
    ///
    /// # Errors
    /// When the headers are missing, GitHub has no such key, its keys are not known, or too many bodies are being read.
    pub async fn signer(&self, headers: &HeaderMap) -> Result<Signer, Problem> {
        let header = |name| headers.get(name).and_then(|value| value.to_str().ok());
        let (Some(id), Some(signature)) = (header(KEY_ID), header(SIGNATURE)) else {
            return Err(Problem::malformed("The headers of GitHub's signature are missing."));
        };
        let place = Arc::clone(&self.places).try_acquire_owned().map_err(|_| {
            Problem::new(Code::Overloaded, "Too many reports are being read. Send this one again.").with_retry_after(10)
        })?;
        self.keys.signer(id, signature, place).await
    }

    /// Revokes the secret keys in a body, if it is signed; what each text in it was. One that fails does not keep the others.
    ///
    /// # Errors
    /// When the signature is wrong, the body cannot be read, or the database does not answer: then it can be sent again.
    pub async fn report(
        &self,
        access: &Access,
        signer: &Signer,
        body: &[u8],
        network: Network,
    ) -> Result<Vec<Feedback>, Problem> {
        signer.verify(body)?;
        let found: Vec<FoundToken> = serde_json::from_slice(body)
            .map_err(|_| Problem::malformed("The body is no list of secrets, as GitHub sends it."))?;
        let (mut feedback, mut failed) = (Vec::new(), None);
        for FoundToken { token, kind, url } in found {
            match revoke(access, &token, url.as_deref(), network).await {
                Ok(is_ours) => {
                    let label = if is_ours { Label::TruePositive } else { Label::FalsePositive };
                    feedback.push(Feedback { token_raw: token, token_type: kind, label });
                }
                Err(problem) => failed = Some(problem),
            }
        }
        failed.map_or(Ok(feedback), Err)
    }
}

/// Revokes the key that a text is, if it is all of a secret key; whether it was one.
async fn revoke(access: &Access, text: &str, url: Option<&str>, network: Network) -> Result<bool, Problem> {
    let Some(key) = PresentedKey::parse(text.trim()).ok().filter(|key| key.kind() == KeyKind::Secret) else {
        return Ok(false);
    };
    let Some(key) = access.keyring.look_up_trusted(&key.claim(), network).await? else { return Ok(false) };
    let report = ExposureReport {
        origin: Exposure::found_by_github(&mask_keys(url.unwrap_or_default())),
        by: GITHUB,
        reason: "found by GitHub secret scanning",
        from: network.masked(),
    };
    let (studio, id) = (key.stored.studio_id, key.stored.id);
    match quarantine(&*access.keyring, studio, id, report, access.clock.now()).await {
        Ok(()) => {
            tracing::warn!(key = %key.masked, studio = %key.studio, "GitHub found a secret key in public: it is revoked");
            Ok(true)
        }
        Err(KeyError::Store(error)) => Err(error.into()),
        Err(other) => Err(Problem::internal(other)),
    }
}
