//! The queries over second factors and sign-ins that wait for a code: they belong to a person, and are asked for before anybody
//! knows the studio.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{
    access::sessions::stored::StaffId,
    signin::staff::IS_ACTIVE,
    store::{
        db::{Db, On},
        error::StoreError,
        instant::Instant,
        record::Record,
        run::insert_unscoped,
        token::Token,
    },
};

/// How long a code may be typed after the password.
pub const CODE_WITHIN: Duration = Duration::from_mins(10);
/// Sign-ins of one address that wait for a code; beyond it the oldest are ended.
const MOST_PENDING: i64 = 20;

/// A row of the table `second_factors`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SecondFactor {
    /// The key of the person's address.
    pub email_key: String,
    /// The secret of the codes, encrypted.
    pub sealed_secret: String,
    /// The id of the key that encrypted it.
    pub sealed_with: String,
    /// The time step of the last code that was used.
    pub last_step: i64,
    /// When it was turned on.
    pub turned_on_at: Instant,
}

impl Record for SecondFactor {}

/// A recovery code that was not used yet.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct StoredCode {
    email_key: String,
    code_hash: String,
}

impl Record for StoredCode {}

/// A sign-in that waits for a code: a row of the table `pending_sign_ins`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct PendingSignIn {
    /// The SHA-256 of the token that the page with the code holds.
    pub token_hash: String,
    /// The key of the person's address.
    pub email_key: String,
    /// The accounts that the password opened, the one to begin with first.
    pub accounts: Vec<StaffId>,
    /// Until when the code may be typed.
    pub expires_at: Instant,
}

impl Record for PendingSignIn {
    const JSON: &'static [&'static str] = &["accounts"];
}

/// The second factor of a person.
pub async fn find(on: On<'_>, email_key: &str) -> Result<Option<SecondFactor>, StoreError> {
    on.query("select {row} from second_factors where email_key = $1").bind(email_key.to_owned()).optional().await
}

/// Turns a second factor on.
///
/// # Errors
/// [`StoreError::Taken`] when the person has one.
pub async fn insert(on: On<'_>, factor: &SecondFactor) -> Result<(), StoreError> {
    insert_unscoped(on, "second_factors", std::slice::from_ref(factor), "").await
}

/// Turns it off, with its recovery codes; whether it was on.
pub async fn remove(on: On<'_>, email_key: &str) -> Result<bool, StoreError> {
    let text = "delete from second_factors where email_key = $1";
    Ok(on.query(text).bind(email_key.to_owned()).execute().await? > 0)
}

/// Forgets the second factor of an address that signs in nowhere any more.
pub async fn forget_without_account(on: On<'_>, email_key: &str) -> Result<(), StoreError> {
    let text = format!(
        "delete from second_factors where email_key = $1 and not exists (select 1 from staff where email_key = $1 and {IS_ACTIVE})"
    );
    on.query(text).bind(email_key.to_owned()).execute().await.map(drop)
}

/// Notes that the code of a time step is used; whether no code of this step or a later one was used before. Of two who use one
/// code at once, one does.
pub async fn use_step(on: On<'_>, email_key: &str, step: i64) -> Result<bool, StoreError> {
    let text = "update second_factors set last_step = $2 where email_key = $1 and last_step < $2";
    Ok(on.query(text).bind(email_key.to_owned()).bind(step).execute().await? > 0)
}

/// Makes these the recovery codes of a person, and those before invalid.
pub async fn replace_recovery_codes(mut on: On<'_>, email_key: &str, hashes: Vec<String>) -> Result<(), StoreError> {
    let text = "delete from recovery_codes where email_key = $1";
    on.again().query(text).bind(email_key.to_owned()).execute().await?;
    let code = |code_hash| StoredCode { email_key: email_key.to_owned(), code_hash };
    let codes: Vec<_> = hashes.into_iter().map(code).collect();
    insert_unscoped(on, "recovery_codes", &codes, "").await
}

/// Uses a recovery code up; whether it was good. Of two who use one at once, one does.
pub async fn use_recovery_code(on: On<'_>, email_key: &str, code_hash: String) -> Result<bool, StoreError> {
    let text = "delete from recovery_codes where email_key = $1 and code_hash = $2";
    Ok(on.query(text).bind(email_key.to_owned()).bind(code_hash).execute().await? > 0)
}

/// How many recovery codes a person has left.
pub async fn count_recovery_codes(on: On<'_>, email_key: &str) -> Result<i64, StoreError> {
    let text = "select count(*) from recovery_codes where email_key = $1";
    Ok(on.query(text).bind(email_key.to_owned()).scalar().await?.unwrap_or_default())
}

/// How many second factors are encrypted with another key than this.
pub async fn count_sealed_otherwise(on: On<'_>, key_id: &str) -> Result<i64, StoreError> {
    let text = "select count(*) from second_factors where sealed_with <> $1";
    Ok(on.query(text).bind(key_id.to_owned()).scalar().await?.unwrap_or_default())
}

/// Has a sign-in wait for its code.
pub async fn begin_pending(mut on: On<'_>, pending: &PendingSignIn) -> Result<(), StoreError> {
    insert_unscoped(on.again(), "pending_sign_ins", std::slice::from_ref(pending), "").await?;
    let oldest = "delete from pending_sign_ins where email_key = $1 and token_hash <> $2 and token_hash not in \
        (select token_hash from pending_sign_ins where email_key = $1 and token_hash <> $2 order by expires_at desc limit $3)";
    let statement = on.query(oldest).bind(pending.email_key.clone()).bind(pending.token_hash.clone());
    statement.bind(MOST_PENDING - 1).execute().await.map(drop)
}

/// The sign-in that a token belongs to, while its code may be typed.
pub async fn find_pending(on: On<'_>, token: &str, now: Instant) -> Result<Option<PendingSignIn>, StoreError> {
    let text = "select {row} from pending_sign_ins where token_hash = $1 and expires_at > $2";
    on.query(text).bind(Token::hash_of(token)).bind(now).optional().await
}

/// Uses a sign-in up; whether it still waited. Of two who send its form at once, one continues.
pub async fn end_pending(on: On<'_>, pending: &PendingSignIn) -> Result<bool, StoreError> {
    let text = "delete from pending_sign_ins where token_hash = $1";
    Ok(on.query(text).bind(pending.token_hash.clone()).execute().await? > 0)
}

/// Ends every sign-in of a person that waits for a code: their password or their second factor has changed.
pub async fn end_all_pending(on: On<'_>, email_key: &str) -> Result<(), StoreError> {
    let text = "delete from pending_sign_ins where email_key = $1";
    on.query(text).bind(email_key.to_owned()).execute().await.map(drop)
}

/// Removes sign-ins whose code was not typed in time, and second factors whose last accounts were ended at the same moment.
pub async fn sweep(db: &Db, now: Instant) -> Result<(), StoreError> {
    let mut tx = db.begin().await?;
    let text = format!(
        "delete from second_factors where not exists \
        (select 1 from staff where staff.email_key = second_factors.email_key and {IS_ACTIVE})"
    );
    tx.on().query(&text).execute().await?;
    tx.on().query("delete from pending_sign_ins where expires_at <= $1").bind(now).execute().await?;
    tx.commit().await
}
