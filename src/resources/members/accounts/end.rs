//! What ends with a membership, or with its password. Called by whatever ends one.

use super::queries;
use crate::{
    access::member_sessions,
    resources::members::model::MembershipId,
    store::{error::StoreError, studio::StudioTx},
};

/// Ends every session of a membership.
pub async fn sign_out_everywhere(tx: &mut StudioTx, id: MembershipId) -> Result<(), StoreError> {
    member_sessions::queries::end_all_of(tx.on(), id.same()).await
}

/// Forgets a membership's password, and ends its sessions.
pub async fn forget(tx: &mut StudioTx, id: MembershipId) -> Result<(), StoreError> {
    queries::forget_password(tx.on(), id).await?;
    sign_out_everywhere(tx, id).await
}
