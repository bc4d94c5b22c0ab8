//! The people of a studio: who may sign in, what they may do, and the keys that they made.

mod change;
mod requirement;

use askama::Template;
use axum::{
    body::Body,
    extract::{Path, State},
    http::Response,
};

pub(super) use self::change::{change_role, end, ending, invitation, invite, invite_again, new_invitation, role};
pub(super) use self::requirement::{change_requirement, requirement};
use super::{
    frame::Frame,
    page::page,
    texts::TEXTS,
    time::{local_day, local_time},
};
use crate::{
    access::{
        caller::Caller,
        keys,
        sessions::{
            caller::StaffCaller,
            stored::{Role, StaffId},
        },
        stored::{KeyId, StoredKey},
    },
    operation::app::App,
    signin::staff::{self, StaffMember, StaffState},
    store::instant::Instant,
    wire::problem::{Code, Problem},
};

#[derive(Template)]
#[template(path = "people.html")]
struct PeoplePage {
    frame: Frame,
    /// Whether the studio requires a second factor.
    is_required: bool,
    people: Vec<PersonView>,
    /// Those who were ended last.
    ended: Vec<PersonView>,
    /// Whether there are more of those.
    has_more_ended: bool,
}

/// People whose account was ended, as many as the list shows.
const MOST_ENDED: usize = 100;

#[derive(Template)]
#[template(path = "person.html")]
struct PersonPage {
    frame: Frame,
    person: PersonView,
    keys: Vec<MadeKey>,
}

/// Somebody of the staff, as a page shows them.
struct PersonView {
    id: StaffId,
    email: String,
    role: &'static str,
    state: &'static str,
    tone: &'static str,
    is_invited: bool,
    has_ended: bool,
    is_self: bool,
    /// Whether they have a second factor; nothing where they cannot sign in.
    second_factor: &'static str,
    since: String,
    last_sign_in: String,
}

/// A key that somebody made, or was shown when they replaced another.
struct MadeKey {
    id: KeyId,
    name: String,
    masked: String,
}

/// The list.
pub(super) async fn list(State(app): State<App>, caller: StaffCaller) -> Result<Response<Body>, Problem> {
    let mut all = staff::list(app.db.of(caller.studio())).await?;
    // Those who left last come first; everybody else stays in order.
    all.sort_by_key(|member| std::cmp::Reverse(member.ended_at));
    let with_factor = staff::with_second_factor(app.db.of(caller.studio())).await?;
    let views = all.iter().map(|member| PersonView::of(&caller, member, with_factor.contains(&member.id)));
    let (mut ended, people): (Vec<_>, _) = views.partition(|person| person.has_ended);
    let has_more_ended = ended.len() > MOST_ENDED;
    ended.truncate(MOST_ENDED);
    let is_required = caller.session().second_factor_required_since.is_some();
    page(&PeoplePage { frame: Frame::of(&app, &caller).await?, is_required, people, ended, has_more_ended })
}

/// Somebody, with the keys that they made.
pub(super) async fn show(
    State(app): State<App>,
    caller: StaffCaller,
    Path(id): Path<String>,
) -> Result<Response<Body>, Problem> {
    let member = find(&app, &caller, &id).await?;
    let keys = MadeKey::all_of(&app, &caller, &member).await?;
    let with_factor = staff::with_second_factor(app.db.of(caller.studio())).await?;
    let person = PersonView::of(&caller, &member, with_factor.contains(&member.id));
    page(&PersonPage { frame: Frame::of(&app, &caller).await?, person, keys })
}

/// Who made a key, as its row says: the id of somebody of the staff comes first.
pub(super) fn maker_of(created_by: &str) -> Option<StaffId> {
    created_by.split(' ').next().and_then(|id| id.parse().ok())
}

async fn find(app: &App, caller: &StaffCaller, id: &str) -> Result<StaffMember, Problem> {
    let no_such = || Problem::new(Code::NotFound, TEXTS.no_such_person);
    let id = id.parse::<StaffId>().map_err(|_| no_such())?;
    staff::find(app.db.of(caller.studio()), id).await?.ok_or_else(no_such)
}

impl MadeKey {
    /// The keys that somebody made or was shown, and that still work.
    async fn all_of(app: &App, caller: &StaffCaller, member: &StaffMember) -> Result<Vec<Self>, Problem> {
        let working = keys::list_working(app.db.of(caller.studio()), app.clock.now()).await?;
        Ok(working.iter().filter(|key| maker_of(&key.created_by) == Some(member.id)).map(Self::of).collect())
    }

    fn of(key: &StoredKey) -> Self {
        Self { id: key.id, name: key.name.clone(), masked: key.masked() }
    }
}

impl PersonView {
    fn of(caller: &StaffCaller, member: &StaffMember, has_second_factor: bool) -> Self {
        let t = &TEXTS;
        let (standing, zone) = (member.state(), &caller.session().time_zone);
        let (state, tone) = match standing {
            StaffState::Invited => (t.state_invited, "warn"),
            StaffState::Active => (t.state_active, "good"),
            StaffState::Ended => (t.state_ended, ""),
        };
        let day = |at: Instant| local_day(at, zone);
        let since = member.ended_at.or(member.joined_at).unwrap_or(member.created_at);
        let last_sign_in = match (member.signed_in_at, standing) {
            (Some(at), _) => local_time(at, zone),
            (None, StaffState::Invited) => t.never_used.to_owned(),
            (None, _) => t.use_not_known.to_owned(),
        };
        Self {
            id: member.id,
            email: member.email.to_string(),
            role: t.role(member.role),
            state,
            tone,
            is_invited: standing == StaffState::Invited,
            has_ended: standing == StaffState::Ended,
            second_factor: match (standing, has_second_factor) {
                (StaffState::Active, true) => t.second_factor_on,
                (StaffState::Active, false) => t.second_factor_off,
                (StaffState::Invited | StaffState::Ended, _) => "",
            },
            is_self: member.id == caller.session().staff_id,
            since: day(since),
            last_sign_in,
        }
    }
}

/// A role that a form offers.
struct RoleChoice {
    value: Role,
    name: &'static str,
    hint: &'static str,
    is_chosen: bool,
}

impl RoleChoice {
    fn all(chosen: Option<Role>) -> Vec<Self> {
        let t = &TEXTS;
        let roles = [(Role::Viewer, t.viewer_hint), (Role::Developer, t.developer_hint), (Role::Owner, t.owner_hint)];
        let choice = |(value, hint)| Self { value, name: t.role(value), hint, is_chosen: chosen == Some(value) };
        roles.into_iter().map(choice).collect()
    }
}
