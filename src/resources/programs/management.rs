//! What a studio's servers may do with programs.

use axum::extract::State;
use serde::Deserialize;
use utoipa::IntoParams;

use super::{
    embedded::Classes,
    model::{Program, ProgramId, ProgramKind, ProgramStatus},
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
    resources::{classes::Class, instructors::InstructorId, rules, visibility::Visibility},
    store::{
        id::Named,
        row::{self, Row},
    },
    wire::{civil::Date, page::Page, problem::Problem, search::Search},
};

/// The filters of the list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct ProgramFilter {
    /// Only programs of this status.
    #[param(inline)]
    status: Option<ProgramStatus>,
    /// Only programs of this kind.
    #[param(inline)]
    kind: Option<ProgramKind>,
    /// Only programs with this visibility.
    #[param(inline)]
    visibility: Option<Visibility>,
    /// Only programs with this instructor.
    #[param(inline)]
    instructor_id: Option<InstructorId>,
    /// Only programs that start on this day or later.
    #[param(inline)]
    starts_from: Option<Date>,
    /// Only programs that start on this day or earlier.
    #[param(inline)]
    starts_to: Option<Date>,
    /// Matches when every word occurs in the name, without regard to case and accents. At most 8 words of at most 64
    /// characters.
    #[param(inline)]
    q: Option<Search>,
}

/// Lists programs, oldest first.
pub async fn list(
    State(app): State<App>,
    list: ListQuery<Program, ProgramFilter>,
) -> Result<Page<Row<Program>>, Problem> {
    let filter = &list.filter;
    let rows = row::list(app.db.read(), list.studio, list.searched(filter.q.as_ref()), |query| {
        query
            .filter_word("status", filter.status)
            .filter_word("kind", filter.kind)
            .filter_word("visibility", filter.visibility)
            .filter("starts_on >=", filter.starts_from)
            .filter("starts_on <=", filter.starts_to)
            .filter_holding("instructor_ids", filter.instructor_id)
    });
    Ok(list.page(rows.await?))
}

/// Shows a program with its classes.
pub async fn show(
    State(app): State<App>,
    caller: KeyCaller,
    PathIds(id): PathIds<ProgramId>,
    _: NoQuery,
) -> Result<Whole<Row<Program>, Classes<Row<Class>>>, Problem> {
    let found = row::find(app.db.read(), caller.studio(), id).await?;
    let program = found.ok_or_else(|| Problem::not_found(Program::NOUN))?;
    let classes = Classes::of(app.db.read(), caller.studio(), id, false).await?;
    Ok(Whole::versioned(program, classes))
}

/// Changes a program; its classes may be sent back with it, as they were read.
pub async fn change(PathIds(id): PathIds<ProgramId>, write: Write<Change<Program>>) -> Result<Changed<Program>, Stop> {
    let (mut write, mut change) = write.begin_in_turn().await?;
    let current = write.current(id).await?;
    if change.tells_beside() {
        let classes = Classes::<Row<Class>>::of(write.tx.on(), write.studio, id, false).await?;
        change.compare_beside(&classes)?;
    }
    let program = rules::change_row(&mut write.tx, write.studio, &current, &change, write.now).await?;
    write.changed(&program).await
}
