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

/// Changes an occurrence: its time, place, instructor or capacity; cancels or reinstates it.
pub async fn reschedule(
    PathIds(id): PathIds<OccurrenceId>,
    write: Write<Change<Occurrence>>,
) -> Result<Changed<Occurrence>, Stop> {
    let (mut write, change) = write.begin_in_turn().await?;
    let mut current = write.current(id).await?;
    capacity::work_out(write.tx.on(), slice::from_mut(&mut current)).await?;
    let mut occurrence = rules::reschedule(&mut write.tx, &current, &change).await?;
    capacity::work_out(write.tx.on(), slice::from_mut(&mut occurrence)).await?;
    write.changed(&occurrence).await
}
