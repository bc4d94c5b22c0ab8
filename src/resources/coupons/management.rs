//! What a studio's servers may do with coupons.

use axum::extract::State;
use serde::Deserialize;
use utoipa::IntoParams;

use super::{
    model::{Coupon, CouponId, CouponKind, CouponStatus, Duration},
    rules, store,
};
use crate::{
    operation::{
        app::App,
        list::ListQuery,
        path::PathIds,
        write::{Created, New, Nothing, Removed, Stop, Write},
    },
    resources::plans::PlanId,
    store::{
        instant::Instant,
        row::{self, Row},
    },
    wire::{page::Page, problem::Problem, search::Search},
};

/// The filters of the list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct CouponFilter {
    /// Only coupons with this status now.
    #[param(inline)]
    status: Option<CouponStatus>,
    /// Only coupons of this kind.
    #[param(inline)]
    kind: Option<CouponKind>,
    /// Only coupons of this duration.
    #[param(inline)]
    duration: Option<Duration>,
    /// Only the coupon with this code, whatever its case.
    code: Option<String>,
    /// Only coupons that list this plan. Coupons for all plans list none.
    #[param(inline)]
    plan_id: Option<PlanId>,
    /// Only coupons that are valid at this instant, no matter how often they were redeemed.
    #[param(inline)]
    valid_at: Option<Instant>,
    /// Matches when every word occurs in the code, without regard to case and accents. At most 8 words of at most 64
    /// characters.
    #[param(inline)]
    q: Option<Search>,
}

/// Lists coupons, oldest first.
pub async fn list(State(app): State<App>, list: ListQuery<Coupon, CouponFilter>) -> Result<Page<Row<Coupon>>, Problem> {
    let (filter, now) = (&list.filter, app.clock.now());
    let rows = row::list(app.db.read(), list.studio, list.searched(filter.q.as_ref()), |query| {
        let query = query
            .filter_word("kind", filter.kind)
            .filter_word("duration", filter.duration)
            .filter_evenly("lower(code) =", filter.code.as_ref().map(|code| code.to_ascii_lowercase()))
            .filter_holding("plan_ids", filter.plan_id);
        let query = store::valid_at(query, filter.valid_at);
        store::in_state(query, filter.status, now)
    });
    Ok(list.page_of(rows.await?, |row| row.seen_at(now)))
}

/// Creates a coupon.
pub async fn create(write: Write<New<Coupon>>) -> Result<Created<Coupon>, Stop> {
    let (mut write, new) = write.begin().await?;
    let coupon = rules::create(&mut write.tx, write.studio, new.draft(write.now), write.now).await?;
    let coupon = coupon.seen_at(write.now.clock);
    write.created(&coupon).await
}

/// Removes a coupon; one that was redeemed is kept, ends now, and its code stays taken.
pub async fn remove(PathIds(id): PathIds<CouponId>, write: Write<Nothing>) -> Result<Removed<Coupon>, Stop> {
    let (mut write, Nothing) = write.begin().await?;
    let coupon = write.current(id).await?;
    let kept = rules::remove(&mut write.tx, write.studio, coupon, write.now).await?;
    let kept = kept.map(|coupon| coupon.seen_at(write.now.clock));
    write.removed(kept.as_ref()).await
}
