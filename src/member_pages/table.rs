//! Every page for members on one line: method, path, who reaches it, handler.

use axum::{
    handler::Handler,
    routing::{MethodFilter, MethodRouter, on},
};

use super::{
    account, calendar, change, links, sign_in,
    widget::{frame, show, window},
};
use crate::{
    access::{
        listener::Operations,
        member_sessions::{
            pages::{
                ACCOUNT, CALENDAR, CHANGE_EMAIL, CHANGE_PASSWORD, EMAIL_CHANGE, FORGOTTEN, INVITATION,
                MemberReach::{self, Anyone, SignedIn},
                PASSWORD_RESET, SIGN_IN, WIDGET, WINDOW,
            },
            visitor::SignedInMember,
        },
        table::Rule,
    },
    operation::{app::App, endpoint::serve},
};

/// A row: what the judge knows of a page, and the page.
type MemberPageRow = (Rule<MemberReach>, MethodRouter<App>);

fn rows() -> Vec<MemberPageRow> {
    vec![
        get(SIGN_IN, Anyone, "memberSignInPage", sign_in::show),
        post(SIGN_IN, Anyone, "memberSignIn", sign_in::submit),
        post("/sign-out", SignedIn, "memberSignOut", sign_in::sign_out),
        post("/sign-out-everywhere", SignedIn, "memberSignOutEverywhere", sign_in::sign_out_everywhere),
        get(INVITATION, Anyone, "memberInvitationPage", links::invitation),
        post(INVITATION, Anyone, "memberAccept", links::accept),
        get(FORGOTTEN, Anyone, "memberForgottenPage", links::forgotten),
        post(FORGOTTEN, Anyone, "memberForgotten", links::ask),
        get(PASSWORD_RESET, Anyone, "memberResetPage", links::password_reset),
        post(PASSWORD_RESET, Anyone, "memberReset", links::reset),
        get(WIDGET, Anyone, "memberWidget", show::show),
        post("/widget/sign-in", Anyone, "memberFrameSignIn", frame::submit),
        post("/widget/sign-out", Anyone, "memberFrameSignOut", frame::sign_out),
        post("/widget/state", Anyone, "memberState", frame::state),
        post("/widget/token", Anyone, "memberToken", frame::issue),
        post("/widget/request", Anyone, "memberWindowRequest", frame::ask_for_window),
        post("/widget/claim", Anyone, "memberWindowClaim", frame::claim),
        get(WINDOW, Anyone, "memberWindow", window::show),
        post(WINDOW, Anyone, "memberWindowSignIn", window::submit),
        get(ACCOUNT, SignedIn, "memberAccount", account::show),
        get(CHANGE_PASSWORD, SignedIn, "memberPasswordPage", change::password),
        post(CHANGE_PASSWORD, SignedIn, "memberChangePassword", change::change_password),
        get(CHANGE_EMAIL, SignedIn, "memberEmailPage", change::email),
        post(CHANGE_EMAIL, SignedIn, "memberAskForEmail", change::change_email),
        get(CALENDAR, SignedIn, "memberCalendarPage", calendar::show),
        post(CALENDAR, SignedIn, "memberChangeCalendar", calendar::change),
        get(EMAIL_CHANGE, Anyone, "memberEmailChangePage", change::confirmation),
        post(EMAIL_CHANGE, Anyone, "memberConfirmEmail", change::confirm),
    ]
}

fn get<M: 'static>(
    path: &'static str,
    needs: MemberReach,
    id: &'static str,
    page: impl Handler<M, App>,
) -> MemberPageRow {
    (Rule::new("GET", path, needs, id), on(MethodFilter::GET, page))
}

fn post<M: 'static>(
    path: &'static str,
    needs: MemberReach,
    id: &'static str,
    page: impl Handler<M, App>,
) -> MemberPageRow {
    (Rule::new("POST", path, needs, id), on(MethodFilter::POST, page))
}

/// The pages, as the Members surface serves them.
pub fn pages() -> Operations<SignedInMember, App> {
    serve::<SignedInMember, App>(rows())
}

/// What the judge knows of each page.
pub fn rules() -> Vec<Rule<MemberReach>> {
    rows().into_iter().map(|(rule, _)| rule).collect()
}
