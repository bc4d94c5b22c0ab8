//! `Idempotency-Key`: a write that is sent again is answered as it was the first time. The record commits in the
//! write's own transaction, so that a crash between the two cannot apply a retry twice. It belongs to the studio and
//! to who retries: for a key its lineage, so that a rotation does not break a retry.

use std::{borrow::Cow, time::Duration};

use axum::{
    body::Bytes,
    http::{HeaderValue, StatusCode, request::Parts},
};
use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::{Stop, answer};
use crate::{
    access::caller::RetryScope,
    store::{
        commits,
        db::Db,
        error::StoreError,
        instant::Instant,
        record::Record,
        row::{Resource, Row},
        studio::StudioOn,
    },
    wire::{
        mask::mask_keys,
        problem::{Code, Problem},
    },
};

/// A request that may be a retry. Of its key, which may name a person, we keep the SHA-256 alone.
pub struct Retry {
    key_hash: String,
    fingerprint: String,
}

/// A key that this transaction holds until it ends.
pub struct HeldRetryKey {
    retry_scope: RetryScope,
    key_hash: String,
}

/// The answer that a key was given.
#[derive(Debug, Deserialize)]
struct Answered {
    fingerprint: String,
    status: u16,
    etag: Option<String>,
    body: String,
}

impl Record for Answered {}

impl Retry {
    /// Reads the header, and takes the request's fingerprint: method, path, query and raw body.
    ///
    /// # Errors
    /// `malformed_request` when the key is not 1 to 255 visible ASCII characters, when it holds a Flow key, or there are two.
    pub fn read(parts: &Parts, body: &Bytes) -> Result<Option<Self>, Problem> {
        let mut sent = parts.headers.get_all("idempotency-key").iter();
        let Some(key) = sent.next() else { return Ok(None) };
        let key = key.to_str().unwrap_or_default();
        if sent.next().is_some()
            || key.is_empty()
            || key.len() > 255
            || !key.bytes().all(|byte| byte.is_ascii_graphic())
        {
            return Err(Problem::malformed("`Idempotency-Key` is one value of 1 to 255 visible ASCII characters."));
        }
        // A key that is sent about as a value of no secrecy is as good as lost.
        if matches!(mask_keys(key), Cow::Owned(_)) {
            return Err(Problem::malformed(
                "`Idempotency-Key` holds a Flow key. Choose a random value, such as a UUID.",
            ));
        }
        let mut hash = Sha256::new();
        for part in [parts.method.as_str(), parts.uri.path(), parts.uri.query().unwrap_or_default()] {
            hash.update(part.len().to_le_bytes());
            hash.update(part);
        }
        hash.update(body);
        let fingerprint = hex::encode(hash.finalize());
        Ok(Some(Self { key_hash: hex::encode(Sha256::digest(key)), fingerprint }))
    }

    /// Ends the request with the earlier answer, if there is one.
    ///
    /// # Errors
    /// The replay, or `idempotency_key_reused` when the earlier request was another.
    pub async fn replay_if_known(&self, on: StudioOn<'_>, retry_scope: RetryScope) -> Result<(), Stop> {
        match self.find(on, retry_scope).await? {
            Some(answered) => Err(self.replay(answered)),
            None => Ok(()),
        }
    }

    /// Claims the key for this transaction. Another one that holds it is waited for, for a moment.
    ///
    /// # Errors
    /// The replay; `idempotency_key_reused`; `idempotency_in_progress` when the wait was in vain.
    pub async fn claim(
        self,
        mut on: StudioOn<'_>,
        retry_scope: RetryScope,
        now: Instant,
    ) -> Result<HeldRetryKey, Stop> {
        let text = "insert into idempotency (studio_id, scope, key_hash, fingerprint, status, body, created_at) \
            values ($1, $2, $3, $4, 0, '', $5) on conflict (studio_id, scope, key_hash) do nothing";
        let statement = on.again().query(text).bind(retry_scope).bind(self.key_hash.clone());
        let claimed = match statement.bind(self.fingerprint.clone()).bind(now).execute().await {
            Err(StoreError::Locked) => return Err(in_progress().into()),
            other => other?,
        };
        if claimed == 1 {
            return Ok(HeldRetryKey { retry_scope, key_hash: self.key_hash });
        }
        let answered = self.find(on, retry_scope).await?;
        Err(answered.map_or_else(|| in_progress().into(), |answered| self.replay(answered)))
    }

    async fn find(&self, on: StudioOn<'_>, retry_scope: RetryScope) -> Result<Option<Answered>, StoreError> {
        on.query("select {row} from idempotency where studio_id = $1 and scope = $2 and key_hash = $3")
            .bind(retry_scope)
            .bind(self.key_hash.clone())
            .optional()
            .await
    }

    fn replay(&self, answered: Answered) -> Stop {
        if answered.fingerprint != self.fingerprint {
            let detail = "This Idempotency-Key was used with another request. Use a new key for each new request.";
            return Problem::new(Code::IdempotencyKeyReused, detail).into();
        }
        // The caller of the first answer may have gone away before its commit was counted.
        commits::note();
        let status = StatusCode::from_u16(answered.status).unwrap_or(StatusCode::OK);
        let version = answered.etag.and_then(|version| version.parse().ok());
        let mut response = answer(status, answered.body, version);
        response.headers_mut().insert("idempotency-replayed", HeaderValue::from_static("true"));
        Stop::Replay(response)
    }
}

impl HeldRetryKey {
    /// Records the answer, in the transaction that makes it true.
    pub async fn record(
        self,
        on: StudioOn<'_>,
        status: u16,
        version: Option<i64>,
        body: &str,
    ) -> Result<(), StoreError> {
        let text = "update idempotency set status = $4, etag = $5, body = $6 where studio_id = $1 and scope = $2 and key_hash = $3";
        let statement = on.query(text).bind(self.retry_scope).bind(self.key_hash);
        let statement = statement.bind(i32::from(status));
        statement.bind(version.map(|version| version.to_string())).bind(body.to_owned()).execute().await.map(drop)
    }
}

/// Replaces every stored answer that contains a row, so that a retry of a request about a person who was erased is still not a
/// new request, and reveals nothing.
pub async fn forget<T: Resource>(on: StudioOn<'_>, row: &Row<T>) -> Result<(), StoreError> {
    let body = serde_json::to_string(row).map_err(|error| StoreError::Broken(error.to_string()))?;
    // Every answer with a row begins with the row's id.
    let begins = format!("{{\"id\":\"{}\"", row.id);
    let length = i64::try_from(begins.len()).unwrap_or_default();
    let text = "update idempotency set body = $4, etag = $5 where studio_id = $1 and substr(body, 1, cast($2 as integer)) = $3";
    let statement = on.query(text).bind(length).bind(begins).bind(body);
    statement.bind(row.version.to_string()).execute().await.map(drop)
}

fn in_progress() -> Problem {
    Problem::new(
        Code::IdempotencyInProgress,
        "The first request with this Idempotency-Key is still running. Send it again in a moment.",
    )
    .with_retry_after(1)
}

/// How long an answer is kept: promised are 24 hours, and the sweep comes every hour.
const KEPT: Duration = Duration::from_hours(25);

/// Removes old records. Many instances may do so at once.
pub async fn sweep(db: &Db, now: Instant) -> Result<(), StoreError> {
    let mut tx = db.begin().await?;
    tx.on().query("delete from idempotency where created_at < $1").bind(now.minus(KEPT)).execute().await?;
    tx.commit().await
}
