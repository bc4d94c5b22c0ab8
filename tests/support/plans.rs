//! The plans of what a request read.

use flow_gateway::store::explain;

/// The reply to a request, and the plans of what was read for it, the list's own rows first. On a slow machine the key may have
/// to be read again, which is no part of the list.
pub async fn of<T>(request: impl Future<Output = T>) -> (T, Vec<String>) {
    let (reply, mut plans) = explain::of(request).await;
    plans.retain(|plan| !plan.contains(" keys"));
    (reply, plans)
}
