//! What a studio's servers may do with programs.

use axum::extract::State;

use super::{
    embedded::Classes,
    model::{Program, ProgramId},
    queries::{self, ProgramFilter},
};
use crate::{
    access::caller::{Caller, KeyCaller},
    operation::{
        app::App,
        list::ListQuery,
        path::PathIds,
        shown::NoQuery,
        whole::Whole,
        write::{Change, Changed, Stop, Write},
    },
    resources::{classes::Class, rules},
    store::{
        id::Named,
        row::{self, Row},
    },
    wire::{page::Page, problem::Problem},
};

/// Lists programs, oldest first.
pub async fn list(
    State(app): State<App>,
    list: ListQuery<Program, ProgramFilter>,
) -> Result<Page<Row<Program>>, Problem> {
    let rows = queries::list(app.db.of(list.studio), list.searched(list.filter.q.as_ref()), &list.filter).await?;
    Ok(list.page(rows))
}

/// Shows a program with its classes.
pub async fn show(
    State(app): State<App>,
    caller: KeyCaller,
    PathIds(id): PathIds<ProgramId>,
    _: NoQuery,
) -> Result<Whole<Row<Program>, Classes<Row<Class>>>, Problem> {
    let found = row::find(app.db.of(caller.studio()), id).await?;
    let program = found.ok_or_else(|| Problem::not_found(Program::NOUN))?;
    let classes = Classes::of(app.db.of(caller.studio()), id, false).await?;
    Ok(Whole::versioned(program, classes))
}

/// Changes a program; its classes may be sent back with it, as they were read.
pub async fn change(PathIds(id): PathIds<ProgramId>, write: Write<Change<Program>>) -> Result<Changed<Program>, Stop> {
    let (mut write, mut change) = write.begin_in_turn().await?;
    let current = write.current(id).await?;
    if change.names_extras() {
        let classes = Classes::<Row<Class>>::of(write.tx.on(), id, false).await?;
        change.compare_beside(&classes)?;
    }
    let program = rules::change_row(&mut write.tx, &current, &change).await?;
    write.changed(&program).await
}
