//! Every page of the dashboard on one line: method, path, who reaches it, handler.

use axum::{
    Extension,
    handler::Handler,
    routing::{MethodFilter, MethodRouter, on},
};

use super::{
    account,
    activity::{self, ActivityLog},
    api_tables::ApiTables,
    audit::{self, AuditLog},
    confirm, content, keyboard, keys, links,
    log_download::download,
    members, people, second_factor, settings, sign_in, timetable, vendors,
};
use crate::{
    access::{
        listener::Operations,
        sessions::{
            caller::StaffCaller,
            pages::{
                CONFIRM, FORGOTTEN, INVITATION, NEW_SECOND_FACTOR, PASSWORD_RESET, Reach, SETTINGS, SIGN_IN,
                SIGN_IN_CODE, SIGN_OUT, SWITCH, TIMETABLE,
            },
            stored::Role::{Developer, Owner, Viewer},
        },
        table::Rule,
    },
    operation::{app::App, endpoint::serve},
};

const CANCELLATION: &str = "/studio/timetable/{occurrenceId}/bookings/{bookingId}/cancellation";
const ATTENDANCE: &str = "/studio/timetable/{occurrenceId}/bookings/{bookingId}/attendance";

/// A row: what the judge knows of a page, and the page.
type PageRow = (Rule<Reach>, MethodRouter<App>);

fn rows() -> Vec<PageRow> {
    use Reach::{Anyone, Fresh, Staff};
    vec![
        get(SIGN_IN, Anyone, "studioSignInPage", sign_in::show),
        post(SIGN_IN, Anyone, "studioSignIn", sign_in::submit),
        post(SIGN_IN_CODE, Anyone, "studioSignInCode", sign_in::submit_code),
        post(SIGN_OUT, Staff(Viewer), "studioSignOut", sign_in::sign_out),
        get(CONFIRM, Staff(Viewer), "studioConfirmPage", confirm::show),
        post(CONFIRM, Staff(Viewer), "studioConfirm", confirm::submit),
        post(SWITCH, Staff(Viewer), "studioSwitch", sign_in::switch),
        get(INVITATION, Anyone, "studioInvitationPage", links::invitation),
        post(INVITATION, Anyone, "studioJoin", links::join),
        get(FORGOTTEN, Anyone, "studioForgottenPage", links::forgotten),
        post(FORGOTTEN, Anyone, "studioForgotten", links::ask),
        get(PASSWORD_RESET, Anyone, "studioResetPage", links::password_reset),
        post(PASSWORD_RESET, Anyone, "studioReset", links::reset),
        get("/studio/sessions", Staff(Viewer), "studioSessions", account::list),
        post("/studio/language", Staff(Viewer), "studioChooseLanguage", account::choose_language),
        post("/studio/sessions/end", Staff(Viewer), "studioSignOutEverywhere", account::end_all),
        post("/studio/sessions/{sessionId}/end", Staff(Viewer), "studioEndSession", account::end),
        get("/studio/second-factor", Staff(Viewer), "studioSecondFactor", second_factor::show),
        get(NEW_SECOND_FACTOR, Fresh(Viewer), "studioNewSecondFactor", second_factor::new),
        post(NEW_SECOND_FACTOR, Fresh(Viewer), "studioTurnOnSecondFactor", second_factor::turn_on),
        get("/studio/second-factor/codes", Fresh(Viewer), "studioNewRecoveryCodes", second_factor::new_codes),
        post("/studio/second-factor/codes", Fresh(Viewer), "studioMakeRecoveryCodes", second_factor::make_codes),
        get("/studio/second-factor/off", Fresh(Viewer), "studioSecondFactorOff", second_factor::off),
        post("/studio/second-factor/off", Fresh(Viewer), "studioTurnOffSecondFactor", second_factor::turn_off),
        get("/", Staff(Viewer), "studioHome", keys::home),
        get("/studio", Staff(Viewer), "studioStart", keys::home),
        get("/studio/api-keys", Staff(Viewer), "studioListKeys", keys::list),
        get("/studio/api-keys/new", Fresh(Developer), "studioNewKey", keys::new),
        post("/studio/api-keys/new", Fresh(Developer), "studioFillInKey", keys::fill_in),
        get("/studio/api-keys/new/summary", Fresh(Developer), "studioSummaryForm", keys::new),
        post("/studio/api-keys/new/summary", Fresh(Developer), "studioKeySummary", keys::summary),
        post("/studio/api-keys", Fresh(Developer), "studioCreateKey", keys::create),
        get("/studio/api-keys/{keyId}", Staff(Viewer), "studioShowKey", keys::show),
        get("/studio/api-keys/{keyId}/revocation", Fresh(Developer), "studioRevocation", keys::revocation),
        post("/studio/api-keys/{keyId}/revocation", Fresh(Developer), "studioRevokeKey", keys::revoke),
        get("/studio/api-keys/{keyId}/name", Staff(Developer), "studioRenaming", keys::renaming),
        post("/studio/api-keys/{keyId}/name", Staff(Developer), "studioRenameKey", keys::rename),
        get("/studio/api-keys/{keyId}/narrowing", Fresh(Developer), "studioNarrowing", keys::narrowing),
        post("/studio/api-keys/{keyId}/narrowing", Fresh(Developer), "studioNarrowKey", keys::narrow),
        post("/studio/api-keys/{keyId}/findings", Staff(Developer), "studioPutAsideFinding", keys::put_aside),
        post("/studio/api-keys/{keyId}/findings/return", Staff(Developer), "studioTakeBackFinding", keys::take_back),
        get("/studio/api-keys/{keyId}/rotation", Staff(Developer), "studioRotation", keys::rotation),
        get("/studio/api-keys/{keyId}/rotation/live", Staff(Developer), "studioRotationTail", keys::live),
        post("/studio/api-keys/{keyId}/rotation", Fresh(Developer), "studioRotateKey", keys::rotate),
        get("/studio/api-keys/{keyId}/rotation/end", Staff(Developer), "studioRotationEndPage", keys::rotation),
        post("/studio/api-keys/{keyId}/rotation/end", Fresh(Developer), "studioRotationEnd", keys::choose_end),
        get("/studio/people", Staff(Owner), "studioPeople", people::list),
        get("/studio/people/new", Fresh(Owner), "studioNewInvitation", people::new_invitation),
        post("/studio/people", Fresh(Owner), "studioInvite", people::invite),
        get("/studio/people/second-factor", Fresh(Owner), "studioRequirement", people::requirement),
        post("/studio/people/second-factor", Fresh(Owner), "studioChangeRequirement", people::change_requirement),
        get("/studio/people/{staffId}", Staff(Owner), "studioPerson", people::show),
        get("/studio/people/{staffId}/invitation", Fresh(Owner), "studioInvitation", people::invitation),
        post("/studio/people/{staffId}/invitation", Fresh(Owner), "studioInviteAgain", people::invite_again),
        get("/studio/people/{staffId}/role", Fresh(Owner), "studioRole", people::role),
        post("/studio/people/{staffId}/role", Fresh(Owner), "studioChangeRole", people::change_role),
        get("/studio/people/{staffId}/end", Fresh(Owner), "studioEnding", people::ending),
        post("/studio/people/{staffId}/end", Fresh(Owner), "studioEndAccount", people::end),
        get(TIMETABLE, Staff(Viewer), "studioTimetable", timetable::show),
        get("/studio/timetable/{occurrenceId}", Staff(Viewer), "studioOccurrence", timetable::show_occurrence),
        post("/studio/timetable/{occurrenceId}/bookings", Staff(Developer), "studioBook", timetable::book),
        get(CANCELLATION, Staff(Developer), "studioCancellation", timetable::cancellation),
        post(CANCELLATION, Staff(Developer), "studioCancelBooking", timetable::cancel),
        post(ATTENDANCE, Staff(Developer), "studioMarkAttendance", timetable::mark),
        get("/studio/members", Staff(Viewer), "studioMembers", members::list),
        get("/studio/members/{membershipId}", Staff(Viewer), "studioMember", members::show),
        get("/studio/content", Staff(Viewer), "studioContent", content::list),
        post("/studio/content", Staff(Developer), "studioCreateContent", content::create),
        get("/studio/content/new", Staff(Developer), "studioNewContent", content::new),
        get("/studio/content/{contentId}", Staff(Viewer), "studioShowContent", content::show),
        post("/studio/content/{contentId}", Staff(Developer), "studioChangeContent", content::change),
        get("/studio/content/{contentId}/edit", Staff(Developer), "studioEditContent", content::edit),
        post("/studio/content/{contentId}/status", Staff(Developer), "studioContentStatus", content::set_status),
        get(SETTINGS, Staff(Owner), "studioSettings", settings::show),
        post(SETTINGS, Staff(Owner), "studioChangeSettings", settings::change),
        get("/studio/vendors/end", Fresh(Owner), "studioVendorEnding", vendors::ending),
        post("/studio/vendors/end", Fresh(Owner), "studioEndVendor", vendors::end),
        get("/studio/keyboard", Staff(Viewer), "studioKeyboard", keyboard::show),
        get("/studio/activity", Staff(Viewer), "studioActivity", activity::list),
        get("/studio/activity/live", Staff(Viewer), "studioActivityTail", activity::live),
        get("/studio/activity/download", Staff(Viewer), "studioDownloadActivity", download::<ActivityLog>),
        get("/studio/activity/{callId}", Staff(Viewer), "studioExplainCall", activity::explain),
        get("/studio/audit", Staff(Viewer), "studioAudit", audit::list),
        get("/studio/audit/download", Staff(Viewer), "studioDownloadAudit", download::<AuditLog>),
    ]
}

fn get<M: 'static>(path: &'static str, needs: Reach, id: &'static str, page: impl Handler<M, App>) -> PageRow {
    (Rule::new("GET", path, needs, id), on(MethodFilter::GET, page))
}

fn post<M: 'static>(path: &'static str, needs: Reach, id: &'static str, page: impl Handler<M, App>) -> PageRow {
    (Rule::new("POST", path, needs, id), on(MethodFilter::POST, page))
}

/// The pages, as the Studio surface serves them.
pub fn pages(tables: ApiTables) -> Operations<StaffCaller, App> {
    let Operations { table, router } = serve::<StaffCaller, App>(rows());
    Operations { table, router: router.layer(Extension(tables)) }
}

/// What the judge knows of each page.
pub fn rules() -> Vec<Rule<Reach>> {
    rows().into_iter().map(|(rule, _)| rule).collect()
}
