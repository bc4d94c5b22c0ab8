//! Single-use links in mails. A link holds a token of 256 random bits behind `#`, which browsers send to no server, so
//! that it reaches no log. We keep its SHA-256 alone: a stolen database opens no link.

use serde::{Deserialize, Serialize};

use super::recipient::Recipient;
use crate::store::{bind::bind_as_word, error::StoreError, instant::Instant, studio::StudioOn, token::Token};

/// What a link is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// Becoming a member.
    Invitation,
    /// Joining the staff.
    StaffInvitation,
    /// Setting a new password.
    PasswordReset,
    /// Confirming a new address.
    EmailChange,
}

bind_as_word!(Purpose);

/// The link to a page, for the one place that writes it into a mail.
pub fn url(page: &str, token: &Token) -> String {
    format!("{page}#{}", token.reveal())
}

/// The token in what somebody pasted: the whole link, or the token alone.
pub fn token_in(pasted: &str) -> &str {
    let pasted = pasted.trim();
    pasted.rsplit_once('#').map_or(pasted, |(_, token)| token)
}

/// Makes a link of a token: from now on, and until it expires, it opens what it is for. `address` is what it confirms.
pub(super) async fn keep(
    on: StudioOn<'_>,
    holder: &Recipient,
    token: &Token,
    (purpose, expires_at): (Purpose, Instant),
    address: Option<&str>,
) -> Result<(), StoreError> {
    let (membership, staff) = holder.columns();
    let text = "insert into mail_links (studio_id, token_hash, membership_id, staff_id, purpose, expires_at, address) \
        values ($1, $2, $3, $4, $5, $6, $7)";
    let statement = on.query(text).bind(token.hash()).bind(membership).bind(staff);
    statement.bind(purpose).bind(expires_at).bind(address.map(str::to_owned)).execute().await.map(drop)
}

/// Whether somebody has a link that works until a time at the least.
pub(super) async fn is_good_until(
    on: StudioOn<'_>,
    holder: &Recipient,
    purpose: Purpose,
    until: Instant,
) -> Result<bool, StoreError> {
    let (column, id) = holder.column();
    let text = format!(
        "select count(*) from mail_links where studio_id = $1 and {column} = $2 and purpose = $3 and expires_at >= $4"
    );
    let links = on.query(text).bind(id).bind(purpose).bind(until).scalar::<i64>().await?;
    Ok(links > Some(0))
}

/// Ends somebody's links: all, or those for one purpose; how many there were.
pub(super) async fn void(on: StudioOn<'_>, holder: &Recipient, purpose: Option<Purpose>) -> Result<u64, StoreError> {
    let (column, id) = holder.column();
    let text = format!("delete from mail_links where studio_id = $1 and {column} = $2");
    on.query(text).bind(id).filter_literal("purpose", purpose).execute().await
}
