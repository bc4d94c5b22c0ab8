//! What a studio's servers may do with plans.

use axum::extract::State;
use serde::Deserialize;
use utoipa::IntoParams;

use super::{
    model::{BillingInterval, Plan, PlanId, PlanKind, PlanStatus},
    rules,
};
use crate::{
    operation::{
        app::App,
        list::ListQuery,
        path::PathIds,
        write::{Kept, Nothing, Stop, Write},
    },
    resources::{programs::ProgramId, visibility::Visibility},
    store::row::{self, Row},
    wire::{page::Page, problem::Problem, search::Search},
};

/// The filters of the list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct PlanFilter {
    /// Only plans of this status.
    #[param(inline)]
    status: Option<PlanStatus>,
    /// Only plans of this kind.
    #[param(inline)]
    kind: Option<PlanKind>,
    /// Only plans with this billing interval.
    #[param(inline)]
    billing_interval: Option<BillingInterval>,
    /// Only plans with this visibility.
    #[param(inline)]
    visibility: Option<Visibility>,
    /// Only plans that include this program.
    #[param(inline)]
    program_id: Option<ProgramId>,
    /// Matches when every word occurs in the name, without regard to case and accents. At most 8 words of at most 64
    /// characters.
    #[param(inline)]
    q: Option<Search>,
}

/// Lists plans, oldest first.
pub async fn list(State(app): State<App>, list: ListQuery<Plan, PlanFilter>) -> Result<Page<Row<Plan>>, Problem> {
    let filter = &list.filter;
    let rows = row::list(app.db.read(), list.studio, list.searched(filter.q.as_ref()), |query| {
        query
            .filter_word("status", filter.status)
            .filter_word("kind", filter.kind)
            .filter_word("billing_interval", filter.billing_interval)
            .filter_word("visibility", filter.visibility)
            .filter_holding("program_ids", filter.program_id)
    });
    Ok(list.page(rows.await?))
}

/// Archives a plan: it is not for sale any more, and members who have it keep it.
pub async fn archive(PathIds(id): PathIds<PlanId>, write: Write<Nothing>) -> Result<Kept<Plan>, Stop> {
    let (mut write, Nothing) = write.begin().await?;
    let current = write.current(id).await?;
    let plan = rules::archive(&mut write.tx, write.studio, current, write.now).await?;
    write.kept(&plan).await
}
