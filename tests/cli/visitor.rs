//! Somebody in front of the pages of a server that runs, for staff or for members.

use reqwest::{Client, redirect::Policy};
use tokio::runtime::Runtime;

use super::gateway::{PASSWORD, Running};

/// The owner of the studios that tests make.
pub const EMAIL: &str = "owner@studio.example";

/// Somebody, and the cookie that their browser keeps.
pub struct Visitor<'s> {
    runtime: Runtime,
    client: Client,
    server: &'s Running,
    surface: &'static str,
    /// The address that their browser knows the server by, where that is not where it listens.
    url: Option<&'static str>,
    pub cookie: String,
    /// What the browser asks for.
    pub language: &'static str,
}

/// What a page answered.
pub struct Page {
    pub status: u16,
    pub text: String,
}

impl<'s> Visitor<'s> {
    pub fn of(server: &'s Running) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let client = Client::builder().redirect(Policy::none()).build().expect("a client");
        let cookie = String::new();
        Self { runtime, client, server, surface: "studio", url: None, cookie, language: "en" }
    }

    /// Somebody in front of the pages for members.
    pub fn member(server: &'s Running) -> Self {
        Self { surface: "members", ..Self::of(server) }
    }

    /// The same, whose browser asks for this address.
    pub fn at(self, url: &'static str) -> Self {
        Self { url: Some(url), ..self }
    }

    pub fn signed_in(server: &'s Running) -> Self {
        Self::of(server).sign_in()
    }

    pub fn sign_in(mut self) -> Self {
        let page = self.send("/studio/sign-in", &[("email", EMAIL), ("password", PASSWORD)]);
        assert_eq!(page.status, 303, "{}", page.text);
        self
    }

    pub fn open(&mut self, path: &str) -> Page {
        self.ask(path, None)
    }

    pub fn send(&mut self, path: &str, fields: &[(&str, &str)]) -> Page {
        self.ask(path, Some(fields))
    }

    fn ask(&mut self, path: &str, fields: Option<&[(&str, &str)]>) -> Page {
        let base = &self.server.at[self.surface];
        let (url, origin) = (format!("{base}{path}"), self.url.unwrap_or(base));
        let request = match fields {
            Some(fields) => {
                let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
                let request = self.client.post(url).header("origin", origin);
                request.header("content-type", "application/x-www-form-urlencoded").body(body)
            }
            None => self.client.get(url),
        };
        let request = request.header("accept", "text/html").header("accept-language", self.language);
        let host = origin.split_once("://").expect("an address").1;
        let request = request.header("cookie", &self.cookie).header("host", host);
        self.runtime.block_on(async {
            let answer = request.send().await.expect("an answer");
            let status = answer.status().as_u16();
            if let Some(cookie) = answer.headers().get("set-cookie") {
                let cookie = cookie.to_str().expect("text").split(';').next().unwrap_or_default();
                cookie.clone_into(&mut self.cookie);
            }
            Page { status, text: answer.text().await.expect("a body") }
        })
    }
}

impl Page {
    pub fn between(&self, before: &str, after: &str) -> String {
        let rest = self.text.split_once(before).unwrap_or_else(|| panic!("no {before} in {}", self.text)).1;
        rest.split_once(after).expect("its end").0.to_owned()
    }
}
