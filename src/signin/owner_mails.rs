//! Mails to a studio's owners about its keys. Background tasks of every instance write them to the outbox: whichever takes a
//! key first does the work, and the others find it done.

pub mod expiry;
pub mod exposure;
pub mod stage;
pub mod unscoped;

use super::staff;
use crate::{
    access::{sessions::pages::KEYS, stored::KeyId},
    mail::outbox::{self, MailKind, NewMail, Recipient},
    operation::app::App,
    store::{error::StoreError, studio::StudioTx},
};

/// Writes a mail to each owner who can sign in; its link leads to the page of the key. The owners are locked, so that nobody gets
/// one whose account is ended meanwhile.
async fn put_to_owners(
    app: &App,
    tx: &mut StudioTx,
    kind: MailKind,
    key: KeyId,
    subject_id: &str,
) -> Result<(), StoreError> {
    let (now, page) = (tx.now.clock, format!("{}{KEYS}/{key}", app.urls.studio));
    for owner in staff::lock_owners(tx.on()).await? {
        let mail = NewMail { kind, to: Recipient::staff(owner.id), subject_id: subject_id.to_owned(), page: &page };
        outbox::put(tx.on(), mail, now).await?;
    }
    Ok(())
}
