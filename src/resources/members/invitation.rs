//! The mail of an invitation. Called when somebody is invited, and when the address of an invited membership changes.

use super::model::Membership;
use crate::{
    mail::{
        outbox::{self, MailKind, NewMail, Recipient},
        quota::MailQuota,
    },
    store::{row::Row, studio::StudioTx},
    wire::problem::{Code, Problem},
};

/// How an invitation goes out.
pub struct Sending {
    /// The page that its link leads to.
    pub page: String,
    /// How many may.
    pub mail_quota: MailQuota,
}

/// Puts the invitation into the outbox, in place of any that was sent before.
///
/// # Errors
/// `rate_limited` when the studio has sent too many mails within the hour, to this address or in all.
pub(super) async fn send(
    tx: &mut StudioTx,
    member: &Row<Membership>,
    Sending { page, mail_quota }: &Sending,
) -> Result<(), Problem> {
    let now = tx.now;
    if let Some(wait) = mail_quota.spend(tx.on(), member.fields.email.as_str(), now.clock).await? {
        let detail =
            "This studio sent too many e-mails in the last hour, to this address or in total. Try again later.";
        let seconds = u32::try_from(wait.as_secs()).unwrap_or(u32::MAX).saturating_add(1);
        return Err(Problem::new(Code::RateLimited, detail).with_retry_after(seconds));
    }
    let (to, subject_id) = (Recipient::member(member.id), member.id.to_string());
    let mail = NewMail { kind: MailKind::Invitation, to, subject_id, page };
    Ok(outbox::put(tx.on(), mail, now.clock).await?)
}
