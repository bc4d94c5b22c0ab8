//! What a membership is.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    access::member_sessions::stored::MemberRow,
    resources::plans::PlanId,
    store::{
        bind::bind_as_word,
        id::{Id, Named, SameRows},
        instant::Instant,
        mailbox,
        record::truth,
        row::Resource,
    },
    wire::{
        civil::Date,
        fields::{ExternalId, Metadata, Tag},
        input::input,
        text::{Email, Phone},
    },
};

/// The id of a membership.
pub type MembershipId = Id<Membership>;

/// The domain of the addresses that stand where a person was erased; no mail ever reaches it (RFC 2606).
const ERASED: &str = "@erased.invalid";

/// A person's membership in the studio.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "email": "clara@member.example", "first_name": "Clara", "last_name": "Nunes", "phone": "+351 21 000 0000",
    "birth_date": "1990-05-17", "tags": ["Mornings"], "marketing_consent": true,
}))]
pub struct Membership {
    /// Your own id of this row, unique among the studio's members.
    pub external_id: Option<ExternalId>,
    /// Up to 50 pairs of short texts for your own use. Never public.
    #[serde(default)]
    pub metadata: Metadata,
    /// The member's e-mail address, to which the invitation is sent. Unique among the studio's members, regardless of
    /// case and of the form of its domain (Unicode or ASCII). If it changes before the invitation is accepted, the link
    /// that was sent expires, and a new one is sent to the new address.
    pub email: Email,
    /// The first name.
    #[schema(max_length = 120, example = "Clara")]
    pub first_name: Option<String>,
    /// The last name.
    #[schema(max_length = 120, example = "Nunes")]
    pub last_name: Option<String>,
    /// The phone number.
    pub phone: Option<Phone>,
    /// The day of birth.
    pub birth_date: Option<Date>,
    /// The member's plan. A member keeps a plan that was archived, but an archived plan cannot be chosen.
    pub plan_id: Option<PlanId>,
    /// The status of the membership; at first `invited`. A PATCH can make an invited or paused membership `active`, an
    /// active one `paused`, and a cancelled or expired one `active` again, which clears the cancellation. For every
    /// other change use the cancel operation, the invite operation or `ends_on`.
    #[serde(default)]
    pub status: MembershipStatus,
    /// The first day. A membership that becomes active without one starts today, in the studio's time zone. Billing
    /// periods count from here.
    pub starts_on: Option<Date>,
    /// The last day. When it has passed in the studio's time zone, the membership is `expired`.
    pub ends_on: Option<Date>,
    /// The last day of a cancelled membership. When it has passed in the studio's time zone, the membership is
    /// `cancelled`. The cancel operation sets it. Until then, a PATCH to `null` withdraws the cancellation and its
    /// reason; any other day is refused.
    #[schema(read_only)]
    pub cancel_on: Option<Date>,
    /// When the membership became `cancelled`.
    #[schema(read_only)]
    pub cancelled_at: Option<Instant>,
    /// Why it was cancelled.
    #[schema(read_only, max_length = 500, example = "Moves to Porto")]
    pub cancel_reason: Option<String>,
    /// Words by which to find the member.
    #[serde(default)]
    #[schema(max_items = 50)]
    pub tags: Vec<Tag>,
    /// For the studio only. The member never sees it.
    #[schema(max_length = 10000)]
    pub notes: Option<String>,
    /// Whether the member agreed to receive offers.
    #[serde(default, deserialize_with = "truth")]
    pub marketing_consent: bool,
    /// When the member last signed in.
    #[schema(read_only)]
    pub last_signed_in_at: Option<Instant>,
}

/// The status of the membership.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum MembershipStatus {
    /// Was sent an invitation, and has not accepted it.
    #[default]
    Invited,
    /// Is a member.
    Active,
    /// Is a member who takes a break.
    Paused,
    /// Is none any more, having cancelled.
    Cancelled,
    /// Is none any more, the last day having passed.
    Expired,
}

impl MembershipStatus {
    /// Whether somebody of this status is a member now.
    pub fn is_current(self) -> bool {
        matches!(self, Self::Active | Self::Paused)
    }

    /// Whether the membership is over.
    pub fn is_over(self) -> bool {
        matches!(self, Self::Cancelled | Self::Expired)
    }
}

impl Named for Membership {
    const PREFIX: &'static str = "mbr";
    const NOUN: &'static str = "membership";
}

impl SameRows<MemberRow> for Membership {}
impl SameRows<Membership> for MemberRow {}

impl Resource for Membership {
    const TABLE: &'static str = "members";
    const JSON: &'static [&'static str] = &["metadata", "tags"];
}

input!(Membership, clears "cancel_on");
bind_as_word!(MembershipStatus);

impl Membership {
    /// The address that replaces that of an erased person.
    pub(super) fn erased_email(id: MembershipId) -> Option<Email> {
        format!("{id}{ERASED}").parse().ok()
    }

    /// Whether the person was erased.
    pub fn is_erased(&self) -> bool {
        is_erased(&self.email)
    }
}

/// Whether an address replaces that of an erased person.
pub fn is_erased(email: &Email) -> bool {
    key_of(email).ends_with(ERASED)
}

/// What two spellings of one e-mail address have in common.
pub fn key_of(email: &Email) -> String {
    mailbox::key(email.as_str())
}
