//! The sixty members of the demo studio: names from `casa-prana.json`, in every membership status, whatever day the demo runs.

use std::time::Duration;

use jiff::{ToSpan, civil};
use serde::Deserialize;
use serde_json::json;

use crate::{
    cli::Failure,
    resources::{
        members::{self, Membership, MembershipStatus},
        plans::PlanId,
    },
    store::{instant::Instant, row::Row, turns::TimetableTx},
    wire::{civil::Date, input::Input},
};

/// How many members.
const ALL: usize = 60;

/// What the members are made from.
#[derive(Deserialize)]
pub struct People {
    first: Vec<String>,
    last: Vec<String>,
    tags: Vec<String>,
    notes: Vec<String>,
    reasons: Vec<String>,
}

impl People {
    /// Writes all members. `plans` are in the order in which they are offered.
    pub async fn join(&self, tx: &mut TimetableTx, plans: &[PlanId], today: civil::Date) -> Result<(), Failure> {
        let now = tx.now;
        for (number, of) in (0..ALL).zip(0..) {
            let member = self.member(number, plans, today, now.clock)?;
            members::insert(tx, &Row::new(now.of_row(of), member)).await?;
        }
        Ok(())
    }

    fn member(&self, number: usize, plans: &[PlanId], today: civil::Date, now: Instant) -> Result<Membership, Failure> {
        let (first, last) = (pick(&self.first, number), pick(&self.last, number * 7));
        let plain = |name: &str| deunicode::deunicode(name).to_lowercase().replace(' ', "");
        let sent = json!({
            "external_id": format!("crm-{:03}", number + 1),
            "email": format!("{}.{}@member.example", plain(first), plain(last)),
            "first_name": first,
            "last_name": last,
            "phone": (!number.is_multiple_of(3)).then(|| format!("+351 91 555 {:04}", 1000 + number * 17)),
            "birth_date": format!("{}-{:02}-{:02}", 1952 + number * 13 % 52, 1 + number % 12, 1 + number * 5 % 28),
            "tags": (number % 4 == 1).then(|| [pick(&self.tags, number)]),
            "notes": (number % 9 == 2).then(|| pick(&self.notes, number)),
            "marketing_consent": number % 5 < 2,
        });
        let mut member: Membership = Membership::input().create(sent)?;
        let day = |days: i64| Date::of(today.saturating_add(days.days()));
        let joined = 20 + i64::try_from(number * 23 % 700).unwrap_or_default();
        member.plan_id = (!plans.is_empty()).then(|| plans[[0, 0, 1, 0, 2, 0, 4][number % 7] % plans.len()]);
        member.status = status_of(number);
        if member.status == MembershipStatus::Invited {
            return Ok(member);
        }
        member.starts_on = day(-joined);
        member.last_signed_in_at = Some(now.minus(Duration::from_hours(5 + number as u64 * 11 % 400)));
        match member.status {
            MembershipStatus::Cancelled => {
                let ago = 3 + i64::try_from(number % 15).unwrap_or_default();
                member.cancel_on = day(-ago);
                member.cancelled_at = Some(now.minus(Duration::from_hours(24 * ago.unsigned_abs())));
                member.cancel_reason = Some(pick(&self.reasons, number).to_owned());
            }
            MembershipStatus::Expired => member.ends_on = day(-joined / 3 - 1),
            // Two that have cancelled at the end of their period.
            MembershipStatus::Active if number % 29 == 3 => {
                member.cancel_on = day(12);
                member.cancel_reason = Some(pick(&self.reasons, number).to_owned());
            }
            _ => {}
        }
        Ok(member)
    }
}

/// Most are active; each other status has a few.
fn status_of(number: usize) -> MembershipStatus {
    match number % 12 {
        5 => MembershipStatus::Invited,
        8 => MembershipStatus::Paused,
        10 => MembershipStatus::Cancelled,
        11 => MembershipStatus::Expired,
        _ => MembershipStatus::Active,
    }
}

fn pick(texts: &[String], at: usize) -> &str {
    texts.get(at % texts.len().max(1)).map_or("", String::as_str)
}
