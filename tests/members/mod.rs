//! The Members surface: its pages, as a browser without a script gets them, tokens, and the API.

pub mod bookings;
pub mod calendar;
mod calendar_page;
mod change;
mod every_operation;
mod every_page;
mod flow_js;
mod links;
mod me;
mod own_changes;
mod sign_in;
pub mod tokens;
mod widget;
mod widget_use;

use std::time::Duration;

use flow_gateway::{
    access::scope::Scope,
    mail::outbox::MailKind,
    store::{id::StudioId, token::Token},
};
use serde_json::{Value, json};

use crate::support::{
    dashboard::{Browser, PASSWORD},
    studio::{Client, Studio, within},
};

pub const RUI: &str = "rui@member.example";
pub const NEW: &str = "another lantern orbit 48";
pub const INVITATION: &str = "/invitation";
pub const RESET: &str = "/password-reset";
pub const ACCOUNT: &str = "/account";
const SOON: Duration = Duration::from_secs(20);

/// A back-office server of a studio.
pub async fn back_office(studio: &Studio, of: StudioId) -> Client {
    studio.server_of(of, Scope::ALL).await
}

/// Invites somebody to a studio, as its back office does: the membership.
pub async fn invite(studio: &Studio, of: StudioId, email: &str) -> Value {
    back_office(studio, of).await.post("/v1/members/invites", json!({"email": email})).await.expect(201)
}

/// The form of a link with a new password, typed twice.
pub fn typed<'f>(token: &'f Token, password: &'f str) -> [(&'f str, &'f str); 3] {
    [("token", token.reveal()), ("password", password), ("repeat", password)]
}

/// Invites somebody, who accepts with this password: their browser, which is signed in, and the membership.
pub async fn join(studio: &Studio, of: StudioId, email: &str, password: &str) -> (Browser, Value) {
    let member = invite(studio, of, email).await;
    let (token, _) = studio.mailed_link(of, MailKind::Invitation).await;
    let browser = studio.member_browser();
    let reply = browser.send(INVITATION, &typed(&token, password)).await;
    assert_eq!(reply.leads_to(), "/account?signed_in=1");
    (browser.keeping(&reply), member)
}

/// A member of the studio, who is signed in.
pub async fn joined(studio: &Studio) -> (Browser, Value) {
    join(studio, studio.id, RUI, PASSWORD).await
}

/// Asks for a link to a new password, and waits until it is to be sent.
pub async fn forgotten(studio: &Studio, email: &str) -> (Token, String) {
    let ids = async || {
        let mails = studio.mails(studio.id, MailKind::PasswordReset).await;
        mails.into_iter().map(|mail| mail.id).collect::<Vec<_>>()
    };
    let before = ids().await;
    let reply = studio.member_browser().send("/forgotten-password", &[("email", email)]).await;
    assert_eq!(reply.status, 200, "{reply:?}");
    within(SOON, async || ids().await.iter().any(|id| !before.contains(id))).await;
    studio.mailed_link(studio.id, MailKind::PasswordReset).await
}

/// Whether a browser is signed in.
pub async fn is_in(browser: &Browser) -> bool {
    let reply = browser.open(ACCOUNT).await;
    assert!(reply.status == 200 || reply.leads_to() == "/sign-in", "{reply:?}");
    reply.status == 200
}

/// Where a membership is changed.
pub fn path(member: &Value) -> String {
    format!("/v1/members/{}", member["id"].as_str().expect("an id"))
}

/// The membership as it is now.
pub async fn now(studio: &Studio, of: StudioId, member: &Value) -> Value {
    let id = member["id"].as_str().expect("an id");
    back_office(studio, of).await.get(&format!("/v1/members?id={id}")).await.rows()[0].clone()
}
