//! The period that a member has paid for, by the studio's calendar.

use jiff::{Span, ToSpan, civil::Date};

use super::model::Membership;
use crate::{
    resources::{
        plans::{BillingInterval, Plan},
        studios,
    },
    store::{error::StoreError, instant::Instant, row, studio::StudioTx},
    wire::{problem::Problem, text::TimeZone},
};

/// The date by a studio's clocks.
///
/// # Errors
/// When the studio is gone, or this binary does not know its time zone.
pub async fn today(tx: &mut StudioTx) -> Result<Date, Problem> {
    let studio = studios::find(tx.on()).await?.ok_or_else(|| Problem::not_found("studio"))?;
    Ok(date_in(&studio.fields.time_zone, tx.now.clock)?)
}

/// The date in a time zone.
///
/// # Errors
/// When this binary does not know the zone.
pub fn date_in(zone: &TimeZone, now: Instant) -> Result<Date, StoreError> {
    Ok(zone.rules()?.to_datetime(now.timestamp()).date())
}

/// The last day of the period that `today` lies in, which may lie beyond our calendar; `None` without a period.
pub async fn end(tx: &mut StudioTx, member: &Membership, today: Date) -> Result<Option<Date>, StoreError> {
    if let Some(last) = member.ends_on {
        return Ok(Some(last.civil()));
    }
    let (Some(plan), Some(starts_on)) = (member.plan_id, member.starts_on) else { return Ok(None) };
    let plan = row::find::<Plan>(tx.on(), plan).await?;
    Ok(plan.and_then(|plan| last_day(&plan.fields, starts_on.civil(), today)))
}

fn last_day(plan: &Plan, starts_on: Date, today: Date) -> Option<Date> {
    // At the longest; an interval that is counted back from there is begun a little early, so that few steps are left.
    let longest = match plan.billing_interval {
        BillingInterval::Week => 7,
        BillingInterval::Month => 31,
        BillingInterval::Year => 366,
        BillingInterval::Once => return None,
    };
    let first_billing = starts_on.saturating_add(plan.trial_days.unwrap_or_default().days());
    let billing = |number: i64| first_billing.saturating_add(span(plan, number));
    let mut number = 0;
    if first_billing <= today || first_billing == starts_on {
        let days = today.duration_since(first_billing).as_hours() / 24;
        number = (days / (longest * plan.billing_interval_count)).max(1);
        while billing(number) <= today {
            number += 1;
        }
    }
    Some(billing(number).saturating_sub(1.day()))
}

/// So many intervals, counted from the first billing: a month from the 31st is the month's last day, and two are the
/// 31st again.
fn span(plan: &Plan, number: i64) -> Span {
    let units = number.saturating_mul(plan.billing_interval_count);
    // No calendar has a day so far ahead that this is more than a span may have.
    let longest = 19_998.years();
    match plan.billing_interval {
        BillingInterval::Week => Span::new().try_weeks(units).unwrap_or(longest),
        BillingInterval::Month => Span::new().try_months(units).unwrap_or(longest),
        BillingInterval::Year => Span::new().try_years(units).unwrap_or(longest),
        BillingInterval::Once => Span::new(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::wire::input::Input;

    fn end(plan: (&str, i64, Option<i64>), starts_on: &str, today: &str) -> Option<String> {
        let (interval, count, trial) = plan;
        let sent = json!({"name": "A", "price": {"amount": 1, "currency": "EUR"}, "billing_interval": interval,
            "billing_interval_count": count, "trial_days": trial});
        let plan: Plan = Plan::input().create(sent).unwrap();
        let found = last_day(&plan, starts_on.parse().unwrap(), today.parse().unwrap());
        found.map(|day| day.to_string())
    }

    #[test]
    fn a_period_ends_on_the_day_before_the_next_billing() {
        let month = ("month", 1, None);
        for (plan, starts_on, today, last) in [
            (month, "2026-01-15", "2026-01-15", "2026-02-14"),
            (month, "2026-01-15", "2026-02-14", "2026-02-14"),
            (month, "2026-01-15", "2026-02-15", "2026-03-14"),
            (month, "2026-01-31", "2026-02-01", "2026-02-27"),
            (month, "2026-01-31", "2026-02-28", "2026-03-30"),
            (month, "2026-03-01", "2026-01-10", "2026-03-31"),
            (month, "1999-12-31", "2026-11-24", "2026-11-29"),
            (("month", 3, None), "2025-11-30", "2026-02-27", "2026-02-27"),
            (("month", 3, None), "2025-11-30", "2026-02-28", "2026-05-29"),
            (("week", 2, None), "2026-01-01", "2026-01-14", "2026-01-14"),
            (("week", 2, None), "2026-01-01", "2026-01-15", "2026-01-28"),
            (("year", 1, None), "2024-02-29", "2026-01-01", "2026-02-27"),
            (("month", 1, Some(14)), "2026-01-01", "2026-01-05", "2026-01-14"),
            (("month", 1, Some(14)), "2026-01-01", "2026-01-15", "2026-02-14"),
        ] {
            assert_eq!(end(plan, starts_on, today).as_deref(), Some(last), "{plan:?} {starts_on} {today}");
        }
        assert_eq!(end(("once", 1, None), "2026-01-15", "2026-01-20"), None);
    }

    #[test]
    fn a_period_that_ends_beyond_the_calendar_has_an_end_all_the_same() {
        for (plan, starts_on, last) in [
            (("month", 1, None), "2199-12-15", "2200-01-14"),
            (("month", 1, Some(30)), "2199-12-15", "2200-01-13"),
            (("year", 120, None), "2190-01-01", "2309-12-31"),
            (("week", 120, Some(730)), "2199-12-31", "2201-12-30"),
        ] {
            assert_eq!(end(plan, starts_on, "2026-01-20").as_deref(), Some(last), "{plan:?} {starts_on}");
        }
    }
}
