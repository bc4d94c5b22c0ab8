//! How members sign in: a membership has a password of its own, which its holder sets with a link that is mailed to its address.
//! Called by the pages of the Members surface, and by what ends a membership.
//!
//! Decision: a person with memberships in several studios has a password in each, which may be the same. A sign-in opens every
//! membership of the address whose password it is; a link, a new password and the end of a membership concern one studio alone. So
//! nothing that a studio does, such as changing a member's address, reaches into another.

pub mod change;
pub mod end;
pub mod links;
mod queries;
pub mod sign_in;
mod unscoped;
pub mod window;

use super::{
    model::{Membership, MembershipId},
    period, rules,
};
use crate::{
    signin::password::PasswordHash,
    store::{
        error::StoreError,
        row::{self, Row},
        studio::StudioTx,
    },
    wire::problem::Problem,
};

/// A membership as the studio's calendar has it today, kept from changing until the transaction ends.
async fn lock(tx: &mut StudioTx, id: MembershipId) -> Result<Option<Row<Membership>>, Problem> {
    let Some(mut member) = row::lock::<Membership>(tx.on(), id).await? else { return Ok(None) };
    let today = period::today(tx).await?;
    rules::pass(&mut member.fields, (tx.now, today));
    Ok(Some(member))
}

/// The same, unless the membership is not current.
pub(super) async fn lock_current(tx: &mut StudioTx, id: MembershipId) -> Result<Option<Row<Membership>>, Problem> {
    Ok(lock(tx, id).await?.filter(|member| member.fields.status.is_current()))
}

/// Gives a membership a password, in place of the one that it had. Called by the demo, whose members have no mailbox.
pub async fn give_password(tx: &mut StudioTx, id: MembershipId, hash: PasswordHash) -> Result<(), StoreError> {
    let now = tx.now.clock;
    queries::set_password(tx.on(), id, hash, now).await
}
