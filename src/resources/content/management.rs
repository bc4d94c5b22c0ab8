//! What a studio's servers may do with content.

use axum::extract::State;

use super::{
    model::{Content, ContentId},
    queries::{self, ContentFilter},
};
use crate::{
    operation::{
        app::App,
        list::ListQuery,
        path::PathIds,
        write::{Gone, Nothing, Stop, Write},
    },
    store::row::{self, Row},
    wire::{page::Page, problem::Problem},
};

/// Lists content, oldest first.
pub async fn list(
    State(app): State<App>,
    list: ListQuery<Content, ContentFilter>,
) -> Result<Page<Row<Content>>, Problem> {
    let rows = queries::list(app.db.of(list.studio), list.searched(list.filter.q.as_ref()), &list.filter).await?;
    Ok(list.page(rows))
}

/// Removes a piece of content for good. To take it off the websites and keep it, change its status to `archived`.
pub async fn remove(PathIds(id): PathIds<ContentId>, write: Write<Nothing>) -> Result<Gone, Stop> {
    let (mut write, Nothing) = write.begin().await?;
    let content = write.current::<Content>(id).await?;
    row::delete(write.tx.on(), content.id).await?;
    write.gone::<Content>().await
}
