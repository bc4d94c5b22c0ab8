//! What a studio's servers may do with the schedule.

use std::slice;

use axum::extract::State;

use super::{
    capacity,
    model::{Occurrence, OccurrenceId},
    queries::{self, ScheduleFilter},
    rules,
};
use crate::{
    operation::{
        app::App,
        list::ListQuery,
        path::PathIds,
        write::{Change, Changed, Stop, Write},
    },
    store::row::Row,
    wire::{page::Page, problem::Problem},
};

/// Lists occurrences by their start, the next one first.
pub async fn list(
    State(app): State<App>,
    list: ListQuery<Occurrence, ScheduleFilter>,
) -> Result<Page<Row<Occurrence>>, Problem> {
    let now = app.clock.now();
    let listed = queries::list(app.db.of(list.studio), list.slice(), &list.filter, now).await?;
    let validity = queries::validity(&list.filter, &listed, now);
    Ok(list.page(listed).true_for(validity))
}

/// What the document says of changing an occurrence.
pub const RESCHEDULING: &str = "Changes one date of a class. To cancel it, send \
`{\"status\": \"cancelled\", \"cancel_reason\": \"Public holiday\"}`; `scheduled` reinstates it. To move it, send `starts_at`.

An occurrence that is cancelled takes its bookings and its waiting list with it; one that is moved to \
another day, those of members whose membership does not cover that day. They do not come back when it is reinstated. With `dry_run`, \
`effects.bookings_cancelled` tells how many.";

/// Changes an occurrence: its time, place, instructor or capacity; cancels or reinstates it.
pub async fn reschedule(
    PathIds(id): PathIds<OccurrenceId>,
    write: Write<Change<Occurrence>>,
) -> Result<Changed<Occurrence>, Stop> {
    let (mut write, change) = write.begin_in_turn().await?;
    let mut current = write.current(id).await?;
    capacity::work_out(write.tx.on(), slice::from_mut(&mut current)).await?;
    let (mut occurrence, effects) = rules::reschedule(&mut write.tx, &current, &change).await?;
    capacity::work_out(write.tx.on(), slice::from_mut(&mut occurrence)).await?;
    write.telling(effects).changed(&occurrence).await
}
