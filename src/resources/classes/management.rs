//! What a studio's servers may do with classes.

use axum::extract::State;

use super::{
    model::{Class, ClassId},
    queries::{self, ClassFilter},
    rules,
};
use crate::{
    operation::{
        app::App,
        list::ListQuery,
        path::PathIds,
        write::{Change, Changed, Created, Kept, New, Nothing, Stop, Write},
    },
    resources::schedule::Effects,
    store::row::Row,
    wire::{page::Page, problem::Problem},
};

/// Lists classes, oldest first.
pub async fn list(State(app): State<App>, list: ListQuery<Class, ClassFilter>) -> Result<Page<Row<Class>>, Problem> {
    let rows = queries::list(app.db.of(list.studio), list.searched(list.filter.q.as_ref()), &list.filter).await?;
    Ok(list.page(rows))
}

/// What the document says of creating a class.
pub const CREATING: &str = "Creates the class's occurrences for the next twelve weeks. A class whose own \
occurrences would overlap in one room, or with one instructor, is refused with 422 and a fault at `/recurrence`. If \
another class uses the room or the instructor at that time, the answer is 409 `room_conflict` or \
`instructor_conflict`.";

/// Creates a class, and lays out its occurrences.
pub async fn create(write: Write<New<Class>>) -> Result<Created<Class>, Stop> {
    let (mut write, new) = write.begin_in_turn().await?;
    let draft = new.draft(write.tx.now);
    let (class, effects) = rules::create(&mut write.tx, draft).await?;
    write.telling(effects).created(&class).await
}

/// What the document says of changing a class.
pub const CHANGING: &str = "Future occurrences that nobody edited or booked are changed too; `effects` counts them. \
An occurrence is edited when somebody made it differ from its class; its `overridden` lists the fields. A note, \
`metadata` and `external_id` do not count as edits, and an occurrence that is set back to the class's plan follows \
the class again. An occurrence moves to a start in its own week: on its own day if there is one, else to the \
nearest. It moves to another week only if its own week has no start. An edited or booked occurrence stays as it is \
and takes the place of the start it would have moved to, so that no second one is created beside it. One that \
somebody cancelled takes the place of a start on its own day only; so does one that was held today. \
`effects.kept_ids` lists the occurrences that stay behind. Starts without an occurrence get a new one; occurrences \
without a start are cancelled. A change that does not concern occurrences, such as another name, leaves all of them \
as they are. A class whose own occurrences would overlap in one room, or with one instructor, is refused with 422 \
and a fault at `/recurrence`. If another class uses the room or the instructor at that time, the answer is 409 \
`room_conflict` or `instructor_conflict`.";

/// Changes a class; its occurrences to come that nobody edited or booked follow.
pub async fn change(
    PathIds(id): PathIds<ClassId>,
    write: Write<Change<Class>>,
) -> Result<Changed<Class, Effects>, Stop> {
    let (mut write, change) = write.begin_in_turn().await?;
    let current = write.current(id).await?;
    let (class, effects) = rules::change(&mut write.tx, &current, &change).await?;
    write.showing(effects).changed(&class).await
}

/// What the document says of cancelling a class.
pub const CANCELLING: &str = "Cancels the class and its occurrences to come, also those that somebody edited or booked; `effects` \
counts them. To cancel a single date, change its occurrence.";

/// Cancels a class and its occurrences to come, also those that somebody edited or booked; `effects` counts them.
pub async fn cancel(PathIds(id): PathIds<ClassId>, write: Write<Nothing>) -> Result<Kept<Class, Effects>, Stop> {
    let (mut write, Nothing) = write.begin_in_turn().await?;
    let current = write.current(id).await?;
    let (class, effects) = rules::cancel(&mut write.tx, current).await?;
    write.showing(effects).kept(&class).await
}
