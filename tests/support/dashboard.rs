//! Somebody of a studio's staff in front of the dashboard, or a member in front of the pages for members: a browser that keeps
//! its cookie and says which page a form is of.

use axum::{body::Body, http::Method};
use flow_gateway::{
    access::sessions::stored::{Role, StaffId},
    mail::{
        email::Email,
        outbox::{self, MailKind, Unsent},
    },
    signin::{password::Password, staff},
    store::{id::StudioId, token::Token},
};

use super::studio::{Client, Reply, Studio};

/// A password that nobody refuses.
pub const PASSWORD: &str = "unlikely lantern orbit 47";
const FORM: &str = "application/x-www-form-urlencoded";

/// A browser.
#[derive(Clone)]
pub struct Browser {
    client: Client,
    sign_in_page: &'static str,
}

impl Studio {
    /// A browser without a session.
    pub fn browser(&self) -> Browser {
        Browser::of(self.dashboard_client(), "/studio/sign-in")
    }

    /// A browser of a member, without a session.
    pub fn member_browser(&self) -> Browser {
        Browser::of(self.members_client(), "/sign-in")
    }

    /// Adds somebody to the staff of a studio, with the password of all of them.
    pub async fn add_staff(&self, studio: StudioId, email: &str, role: Role) -> StaffId {
        let hash = Password::typed(PASSWORD.to_owned()).hash().await.expect("a hash");
        let mut tx = self.app.db.begin().await.expect("a transaction");
        let address = email.parse().expect("an address");
        let member = staff::create(tx.on().of(studio), address, role, hash, self.clock.now()).await.expect("made");
        tx.commit().await.expect("committed");
        member.id
    }

    /// The mails of one kind that are to be sent.
    pub async fn mails(&self, of: StudioId, kind: MailKind) -> Vec<Unsent> {
        let mut all = outbox::list(self.app.db.of(of)).await.expect("the outbox");
        all.retain(|mail| mail.kind == kind);
        all
    }

    /// The link in the last mail of one kind that is to be sent.
    pub async fn mailed_link(&self, of: StudioId, kind: MailKind) -> (Token, String) {
        let mail = self.mails(of, kind).await.pop().expect("a mail");
        let mut tx = self.app.db.begin().await.expect("a transaction");
        let (mail, token) = outbox::open(tx.on().of(of), mail.id).await.expect("opened").expect("the mail");
        tx.commit().await.expect("committed");
        let token = token.expect("a link");
        let written = Email::write(&mail, Some(&token)).expect("written");
        (token, written.link.expect("a link"))
    }

    /// Somebody of this role who is signed in.
    pub async fn signed_in(&self, role: Role) -> Browser {
        let email = format!("{role}@casa.example");
        self.add_staff(self.id, &email, role).await;
        self.browser().sign_in(&email, PASSWORD).await.1
    }
}

impl Browser {
    fn of(client: Client, sign_in_page: &'static str) -> Self {
        Self { client: client.with("sec-fetch-site", "same-origin").with("accept", "text/html"), sign_in_page }
    }

    /// Signs in; the answer, and the browser with the cookie that it brought.
    pub async fn sign_in(&self, email: &str, password: &str) -> (Reply, Self) {
        let reply = self.send(self.sign_in_page, &[("email", email), ("password", password)]).await;
        let browser = self.keeping(&reply);
        (reply, browser)
    }

    /// The browser with the cookie that an answer brought.
    pub fn keeping(&self, reply: &Reply) -> Self {
        let cookie = reply.header("set-cookie").split(';').next().unwrap_or_default().to_owned();
        if cookie.is_empty() { self.clone() } else { self.with("cookie", &cookie) }
    }

    /// The same browser with another header.
    pub fn with(&self, name: &str, value: &str) -> Self {
        Self { client: self.client.clone().with(name, value), ..*self }
    }

    /// The same browser at another address.
    pub fn from(&self, address: &str) -> Self {
        Self { client: self.client.clone().from(address), ..*self }
    }

    /// The cookie that it keeps.
    pub fn cookie(&self) -> String {
        self.client.header("cookie").to_owned()
    }

    /// Opens a page.
    pub async fn open(&self, path: &str) -> Reply {
        self.client.get(path).await
    }

    /// Begins a download: its body, which is still to be read.
    pub async fn download(&self, path: &str) -> Body {
        let response = self.client.begin(Method::GET, path, Body::empty(), None).await;
        assert_eq!(response.status(), 200);
        response.into_body()
    }

    /// A call of any method, with an empty form where methods have a body.
    pub async fn call(&self, method: &str, path: &str) -> Reply {
        if method == "POST" { self.send(path, &[]).await } else { self.client.call(method, path).await }
    }

    /// Sends a form.
    pub async fn send(&self, path: &str, fields: &[(&str, &str)]) -> Reply {
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        self.send_body(path, Body::from(body)).await
    }

    /// Sends a form as it stands in this body.
    pub async fn send_body(&self, path: &str, body: Body) -> Reply {
        self.client.send(Method::POST, path, body, Some(FORM)).await
    }
}

impl Reply {
    /// The page's HTML.
    pub fn html(&self) -> String {
        assert_eq!(self.header("content-type"), "text/html; charset=utf-8", "{self:?}");
        String::from_utf8(self.body.to_vec()).expect("text")
    }

    /// What stands between two texts of the page.
    pub fn between(&self, before: &str, after: &str) -> String {
        let html = self.html();
        let (_, rest) = html.split_once(before).unwrap_or_else(|| panic!("no {before} in {html}"));
        rest.split_once(after).unwrap_or_else(|| panic!("no {after} behind {before} in {html}")).0.to_owned()
    }

    /// Where it has the browser send the same form to.
    pub fn sends_on_to(&self) -> &str {
        assert_eq!(self.status, 307, "{self:?}");
        self.header("location")
    }

    /// The hidden fields of the page, each with its text.
    pub fn hidden_fields(&self) -> Vec<(String, String)> {
        let html = self.html();
        let plain = |text: &str| {
            [("&#60;", "<"), ("&#62;", ">"), ("&#34;", "\""), ("&#39;", "'"), ("&#38;", "&")]
                .iter()
                .fold(text.to_owned(), |text, (escaped, plain)| text.replace(escaped, plain))
        };
        let field = |input: &str| {
            let (name, rest) = input.split_once("\" value=\"").expect("a value");
            (plain(name), plain(rest.split_once('"').expect("its end").0))
        };
        html.split("<input type=\"hidden\" name=\"").skip(1).map(field).collect()
    }

    /// Where it leads to.
    pub fn leads_to(&self) -> &str {
        assert_eq!(self.status, 303, "{self:?}");
        self.header("location")
    }
}
