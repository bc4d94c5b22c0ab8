//! The pages that change the staff, for owners who typed their password a moment ago.

use askama::Template;
use axum::{
    body::Body,
    extract::{Path, State},
    http::{Response, StatusCode},
};

use super::{MadeKey, PersonView, RoleChoice, find};
use crate::{
    access::{
        caller::Caller,
        change_limits::StudioChange,
        sessions::{
            caller::StaffCaller,
            stored::{Role, StaffId},
        },
    },
    dashboard::{
        api_texts::translate,
        form::Sent,
        frame::Frame,
        page::{lead_to, with_status},
        texts::TEXTS,
    },
    operation::app::App,
    signin::{
        people::{self, MOST_EVER, MOST_PEOPLE, PeopleError},
        staff::StaffMember,
    },
    wire::{
        form::Fields,
        problem::{Code, Problem},
        text::Email,
    },
};

#[derive(Template)]
#[template(path = "invite.html")]
struct InvitePage<'p> {
    frame: Frame,
    /// Whom the page invites again; nobody where an address is asked for.
    person: Option<PersonView>,
    email: &'p str,
    roles: Vec<RoleChoice>,
    fault: Option<String>,
}

#[derive(Template)]
#[template(path = "person_role.html")]
struct RolePage {
    frame: Frame,
    person: PersonView,
    roles: Vec<RoleChoice>,
    fault: Option<String>,
}

#[derive(Template)]
#[template(path = "person_end.html")]
struct EndPage {
    frame: Frame,
    person: PersonView,
    /// The keys that work on without them.
    keys: Vec<MadeKey>,
    fault: Option<String>,
}

/// The form that invites somebody.
pub(in crate::dashboard) async fn new_invitation(
    State(app): State<App>,
    caller: StaffCaller,
) -> Result<Response<Body>, Problem> {
    invite_page(&app, &caller, None, ("", None), None).await
}

/// Invites somebody.
pub(in crate::dashboard) async fn invite(
    State(app): State<App>,
    caller: StaffCaller,
    Sent(form): Sent,
) -> Result<Response<Body>, Problem> {
    let (typed, role) = (form.text("email").unwrap_or_default().trim(), role_in(&form));
    let fault = match (typed.to_lowercase().parse::<Email>(), role) {
        (Ok(email), Some(role)) => match limited_invite(&app, &caller, email, role).await? {
            Ok(member) => return Ok(lead_to(&path_of(member.id))),
            Err(refused) => fault_of(refused)?,
        },
        (Err(fault), _) => format!("{} {}.", TEXTS.email, translate(&fault)),
        (Ok(_), None) => TEXTS.choose_role.to_owned(),
    };
    invite_page(&app, &caller, None, (typed, role), Some(fault)).await
}

/// The form that invites somebody again.
pub(in crate::dashboard) async fn invitation(
    State(app): State<App>,
    caller: StaffCaller,
    Path(id): Path<String>,
) -> Result<Response<Body>, Problem> {
    let member = find(&app, &caller, &id).await?;
    invite_page(&app, &caller, Some(&member), (member.email.as_str(), Some(member.role)), None).await
}

/// Invites somebody again.
pub(in crate::dashboard) async fn invite_again(
    State(app): State<App>,
    caller: StaffCaller,
    Path(id): Path<String>,
    Sent(form): Sent,
) -> Result<Response<Body>, Problem> {
    let member = find(&app, &caller, &id).await?;
    let role = role_in(&form).unwrap_or(member.role);
    let fault = match limited_invite(&app, &caller, member.email.clone(), role).await? {
        Ok(member) => return Ok(lead_to(&path_of(member.id))),
        Err(refused) => fault_of(refused)?,
    };
    invite_page(&app, &caller, Some(&member), (member.email.as_str(), Some(role)), Some(fault)).await
}

/// The form that changes somebody's role.
pub(in crate::dashboard) async fn role(
    State(app): State<App>,
    caller: StaffCaller,
    Path(id): Path<String>,
) -> Result<Response<Body>, Problem> {
    let member = find(&app, &caller, &id).await?;
    role_page(&app, &caller, &member, Some(member.role), None).await
}

/// Changes somebody's role.
pub(in crate::dashboard) async fn change_role(
    State(app): State<App>,
    caller: StaffCaller,
    Path(id): Path<String>,
    Sent(form): Sent,
) -> Result<Response<Body>, Problem> {
    let member = find(&app, &caller, &id).await?;
    let wanted = role_in(&form);
    app.access.change_limits.take(caller.studio(), StudioChange::Person, app.clock.uptime())?;
    let fault = match wanted {
        Some(role) => match people::change_role(&app, &caller, member.id, role).await {
            Ok(()) => return Ok(lead_to(&path_of(member.id))),
            Err(refused) => fault_of(refused)?,
        },
        None => TEXTS.choose_role.to_owned(),
    };
    role_page(&app, &caller, &member, wanted, Some(fault)).await
}

/// The page that asks before it ends an account.
pub(in crate::dashboard) async fn ending(
    State(app): State<App>,
    caller: StaffCaller,
    Path(id): Path<String>,
) -> Result<Response<Body>, Problem> {
    let member = find(&app, &caller, &id).await?;
    end_page(&app, &caller, &member, None).await
}

/// Ends an account.
pub(in crate::dashboard) async fn end(
    State(app): State<App>,
    caller: StaffCaller,
    Path(id): Path<String>,
    Sent(_): Sent,
) -> Result<Response<Body>, Problem> {
    let member = find(&app, &caller, &id).await?;
    app.access.change_limits.take(caller.studio(), StudioChange::PersonEnded, app.clock.uptime())?;
    let fault = match people::end(&app, &caller, member.id).await {
        Ok(()) => return Ok(lead_to(&path_of(member.id))),
        Err(refused) => fault_of(refused)?,
    };
    end_page(&app, &caller, &member, Some(fault)).await
}

/// Counts an invitation, and sends it.
async fn limited_invite(
    app: &App,
    caller: &StaffCaller,
    email: Email,
    role: Role,
) -> Result<Result<StaffMember, PeopleError>, Problem> {
    app.access.change_limits.take(caller.studio(), StudioChange::Person, app.clock.uptime())?;
    Ok(people::invite(app, caller, email, role).await)
}

async fn invite_page(
    app: &App,
    caller: &StaffCaller,
    again: Option<&StaffMember>,
    (email, role): (&str, Option<Role>),
    fault: Option<String>,
) -> Result<Response<Body>, Problem> {
    let (frame, person) = (Frame::of(app, caller).await?, again.map(|member| PersonView::of(caller, member, false)));
    with_status(status(fault.as_ref()), &InvitePage { frame, person, email, roles: RoleChoice::all(role), fault })
}

async fn role_page(
    app: &App,
    caller: &StaffCaller,
    member: &StaffMember,
    role: Option<Role>,
    fault: Option<String>,
) -> Result<Response<Body>, Problem> {
    let (frame, person) = (Frame::of(app, caller).await?, PersonView::of(caller, member, false));
    with_status(status(fault.as_ref()), &RolePage { frame, person, roles: RoleChoice::all(role), fault })
}

async fn end_page(
    app: &App,
    caller: &StaffCaller,
    member: &StaffMember,
    fault: Option<String>,
) -> Result<Response<Body>, Problem> {
    let (frame, person) = (Frame::of(app, caller).await?, PersonView::of(caller, member, false));
    let keys = MadeKey::all_of(app, caller, member).await?;
    with_status(status(fault.as_ref()), &EndPage { frame, person, keys, fault })
}

/// The status of a form: what was sent could not be done where it names a fault.
pub(super) fn status(fault: Option<&String>) -> StatusCode {
    if fault.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK }
}

fn path_of(id: StaffId) -> String {
    format!("/studio/people/{id}")
}

fn role_in(form: &Fields) -> Option<Role> {
    let sent = form.text("role")?;
    [Role::Viewer, Role::Developer, Role::Owner].into_iter().find(|role| role.to_string() == sent)
}

/// What a form says when it is shown again.
pub(super) fn fault_of(refused: PeopleError) -> Result<String, Problem> {
    let t = &TEXTS;
    match refused {
        PeopleError::NoSuchPerson => Err(Problem::new(Code::NotFound, t.no_such_person)),
        PeopleError::NotOwner => Err(Problem::new(Code::InsufficientRole, t.not_owner)),
        PeopleError::Store(error) => Err(error.into()),
        PeopleError::Active => Ok(t.is_active.to_owned()),
        PeopleError::Ended => Ok(t.has_left.to_owned()),
        PeopleError::NoSecondFactor => Ok(t.own_second_factor_first.to_owned()),
        PeopleError::LastOwner => Ok(t.last_owner.to_owned()),
        PeopleError::TooManyEver => Ok(t.too_many_people_ever.replace("{most}", &MOST_EVER.to_string())),
        PeopleError::TooMany => Ok(t.too_many_people.replace("{most}", &MOST_PEOPLE.to_string())),
        PeopleError::TooManyMails(seconds) => {
            Ok(t.too_many_mails.replace("{minutes}", &seconds.div_ceil(60).to_string()))
        }
    }
}
