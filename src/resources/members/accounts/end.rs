//! What ends with a membership, or with its password. Called by whatever ends one.

use super::queries;
use crate::{
    access::member_sessions,
    resources::members::{calendar::queries as calendar, model::MembershipId},
    store::{error::StoreError, studio::StudioTx},
};

/// Ends what reads a membership's data without its password: every session, and the link to its calendar.
pub async fn end_access(tx: &mut StudioTx, id: MembershipId) -> Result<(), StoreError> {
    calendar::remove(tx.on(), id).await?;
    member_sessions::queries::end_all_of(tx.on(), id.same()).await
}

/// Forgets a membership's password and the language that its holder reads, and ends its sessions and the link to its calendar.
pub async fn forget(tx: &mut StudioTx, id: MembershipId) -> Result<(), StoreError> {
    queries::forget_password(tx.on(), id).await?;
    queries::note_language(tx.on(), id, None).await?;
    end_access(tx, id).await
}
