//! What a studio's servers may do with coupons.

use axum::extract::State;

use super::{
    model::{Coupon, CouponId},
    queries::{self, CouponFilter},
    rules,
};
use crate::{
    operation::{
        app::App,
        list::ListQuery,
        path::PathIds,
        write::{Created, New, Nothing, Removed, Stop, Write},
    },
    store::row::Row,
    wire::{page::Page, problem::Problem},
};

/// Lists coupons, oldest first.
pub async fn list(State(app): State<App>, list: ListQuery<Coupon, CouponFilter>) -> Result<Page<Row<Coupon>>, Problem> {
    let (filter, now) = (&list.filter, app.clock.now());
    let rows = queries::list(app.db.of(list.studio), list.searched(filter.q.as_ref()), filter, now).await?;
    Ok(list.page_of(rows, |row| row.seen_at(now)))
}

/// Creates a coupon.
pub async fn create(write: Write<New<Coupon>>) -> Result<Created<Coupon>, Stop> {
    let (mut write, new) = write.begin().await?;
    let draft = new.draft(write.tx.now);
    let coupon = rules::create(&mut write.tx, draft).await?;
    let coupon = coupon.seen_at(write.tx.now.clock);
    write.created(&coupon).await
}

/// Removes a coupon; one that was redeemed is kept, ends now, and its code stays taken.
pub async fn remove(PathIds(id): PathIds<CouponId>, write: Write<Nothing>) -> Result<Removed<Coupon>, Stop> {
    let (mut write, Nothing) = write.begin().await?;
    let coupon = write.current(id).await?;
    let kept = rules::remove(&mut write.tx, coupon).await?;
    let kept = kept.map(|coupon| coupon.seen_at(write.tx.now.clock));
    write.removed(kept.as_ref()).await
}
