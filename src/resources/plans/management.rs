//! What a studio's servers may do with plans.

use axum::extract::State;

use super::{
    model::{Plan, PlanId},
    queries::{self, PlanFilter},
    rules,
};
use crate::{
    operation::{
        app::App,
        list::ListQuery,
        path::PathIds,
        write::{Kept, Nothing, Stop, Write},
    },
    store::row::Row,
    wire::{page::Page, problem::Problem},
};

/// Lists plans, oldest first.
pub async fn list(State(app): State<App>, list: ListQuery<Plan, PlanFilter>) -> Result<Page<Row<Plan>>, Problem> {
    let rows = queries::list(app.db.of(list.studio), list.searched(list.filter.q.as_ref()), &list.filter).await?;
    Ok(list.page(rows))
}

/// Archives a plan: it is not for sale any more, and members who have it keep it.
pub async fn archive(PathIds(id): PathIds<PlanId>, write: Write<Nothing>) -> Result<Kept<Plan>, Stop> {
    let (mut write, Nothing) = write.begin().await?;
    let current = write.current(id).await?;
    let plan = rules::archive(&mut write.tx, current).await?;
    write.kept(&plan).await
}
