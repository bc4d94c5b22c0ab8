//! What a studio's servers may do with instructors.

use axum::extract::State;

use super::{
    model::{Instructor, InstructorId},
    queries::{self, InstructorFilter},
};
use crate::{
    operation::{
        app::App,
        list::ListQuery,
        path::PathIds,
        write::{Change, Changed, Created, New, Stop, Write},
    },
    resources::rules,
    store::{
        audit::{Action, Subject},
        row::Row,
    },
    wire::{page::Page, problem::Problem},
};

/// The fields that the audit log shows with their values; of all others it says only that they changed.
const IMPERSONAL: &[&str] = &["status", "position"];

/// Lists instructors, oldest first.
pub async fn list(
    State(app): State<App>,
    list: ListQuery<Instructor, InstructorFilter>,
) -> Result<Page<Row<Instructor>>, Problem> {
    let rows = queries::list(app.db.of(list.studio), list.searched(list.filter.q.as_ref()), &list.filter).await?;
    Ok(list.page(rows))
}

/// Creates an instructor.
pub async fn create(write: Write<New<Instructor>>) -> Result<Created<Instructor>, Stop> {
    let (mut write, new) = write.begin_in_turn().await?;
    let draft = new.draft(write.tx.now);
    let instructor = rules::create_row(&mut write.tx, draft).await?;
    let created = Action::by(&write.by, "instructors.create", Subject::of(instructor.id));
    write.tx.note(created.of_person(None, &instructor.fields, IMPERSONAL)).await?;
    write.created(&instructor).await
}

/// Changes an instructor.
pub async fn change(
    PathIds(id): PathIds<InstructorId>,
    write: Write<Change<Instructor>>,
) -> Result<Changed<Instructor>, Stop> {
    let (mut write, change) = write.begin_in_turn().await?;
    let current = write.current(id).await?;
    let instructor = rules::change_row(&mut write.tx, &current, &change).await?;
    let changed = Action::by(&write.by, "instructors.change", Subject::of(id));
    write.tx.note(changed.of_person(Some(&current.fields), &instructor.fields, IMPERSONAL)).await?;
    write.changed(&instructor).await
}
