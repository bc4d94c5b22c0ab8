//! Members who come in with an import, many at once: written as they are, in whatever status, and sent no mail.

use std::collections::HashSet;

use super::{
    model::{Membership, key_of},
    period, rules, store,
};
use crate::{
    resources::{
        plans::Plan,
        studios::{self, Studio},
    },
    store::{
        db::Tx,
        id::{Named, StudioId},
        instant::Instant,
        row::{self, Row},
    },
    wire::{
        problem::{Fault, Problem},
        write::Change,
    },
};

/// Writes new memberships; what is wrong with which of them, and then none is to be kept. The studio is locked.
///
/// # Errors
/// When the database fails.
pub async fn carry_in(
    tx: &mut Tx,
    studio: StudioId,
    rows: &[Row<Membership>],
    now: Instant,
) -> Result<Vec<(usize, Problem)>, Problem> {
    let today = period::today(&home(tx, studio).await?.fields, now);
    let plans: HashSet<_> = rows.iter().filter_map(|row| row.fields.plan_id).collect();
    let plans: HashSet<_> =
        row::known::<Plan>(tx.on(), studio, &plans.into_iter().collect::<Vec<_>>()).await?.into_iter().collect();
    let keys: Vec<_> = rows.iter().map(|row| key_of(&row.fields.email)).collect();
    let taken = store::taken(tx.on(), studio, &keys).await?;
    let mut wrong = Vec::new();
    for (at, (row, key)) in rows.iter().zip(&keys).enumerate() {
        let fields = &row.fields;
        let mut faults = rules::dates(fields, today);
        if fields.plan_id.is_some_and(|plan| !plans.contains(&plan)) {
            faults.push(Fault::at("/plan_id", format!("names no {} of this studio", Plan::NOUN)));
        }
        if taken.contains(key) {
            faults.push(Fault::at("/email", "is that of another member"));
        }
        // Somebody who was erased stays so; nobody else has such an address.
        if fields.is_erased() && Membership::erased_email(row.id).as_ref() != Some(&fields.email) {
            faults.push(Fault::at("/email", "must be an address that mail can be sent to"));
        }
        if !faults.is_empty() {
            wrong.push((at, Problem::invalid(faults)));
        }
    }
    if wrong.is_empty() {
        store::insert_all(tx, studio, rows).await?;
    }
    Ok(wrong)
}

/// Writes a membership's next version, and sends nobody anything: where an invited one has another address now, the link
/// that was sent ends. The studio is locked.
///
/// # Errors
/// As [`rules::edit`].
pub async fn follow(
    tx: &mut Tx,
    studio: StudioId,
    current: &Row<Membership>,
    change: &Change<Membership>,
    now: Instant,
) -> Result<(), Problem> {
    let home = home(tx, studio).await?;
    let today = period::today(&home.fields, now);
    rules::edit(tx, studio, current, change, (now, today)).await.map(drop)
}

async fn home(tx: &mut Tx, studio: StudioId) -> Result<Row<Studio>, Problem> {
    studios::find(tx.on(), studio).await?.ok_or_else(|| Problem::not_found(Studio::NOUN))
}
