//! Somebody's authenticator app, and the pages that it is for.

use std::sync::atomic::{AtomicI64, Ordering};

use flow_gateway::store::{clock::Clock, instant::Instant};
use totp_rs::{Builder, Secret, Totp};

use super::{
    dashboard::{Browser, PASSWORD},
    studio::{Reply, Studio},
};

/// An app that has scanned a code, and the recovery codes that came with it.
pub struct Authenticator {
    totp: Totp,
    clock: Clock,
    /// The step of the last code that was typed.
    last_step: AtomicI64,
    /// The secret, as it was shown.
    pub secret: String,
    /// The recovery codes, as they were shown.
    pub recovery_codes: Vec<String>,
}

impl Authenticator {
    /// An app with the secret that a page shows.
    pub fn with_secret(shown: &str, clock: &Clock) -> Self {
        let plain = shown.replace(' ', "");
        let secret = Secret::try_from_base32(&plain).expect("Base32");
        let totp = Builder::new().with_secret(secret).build().expect("a secret");
        Self {
            totp,
            clock: clock.clone(),
            last_step: AtomicI64::new(0),
            secret: shown.to_owned(),
            recovery_codes: vec![],
        }
    }

    /// The code of a moment.
    pub fn code_at(&self, at: Instant) -> String {
        self.totp.generate(u64::try_from(at.micros() / 1_000_000).expect("a time")).to_string()
    }

    /// The code of this moment.
    pub fn code(&self) -> String {
        self.code_at(self.clock.now())
    }

    /// A code that counts, also where one of this moment was typed already, and also where it arrives half a minute later: phones
    /// may be that much off. Two in half a minute.
    pub fn unused_code(&self) -> String {
        let now = self.clock.now().micros() / 30_000_000;
        let step = (self.last_step.load(Ordering::Relaxed) + 1).max(now);
        assert!(step <= now + 1, "no code is left at this moment");
        self.last_step.store(step, Ordering::Relaxed);
        self.code_at(Instant::from_micros(step * 30_000_000))
    }

    /// A code that is not one of this moment.
    pub fn wrong_code(&self) -> String {
        let now = self.clock.now().micros() / 30_000_000;
        let near: Vec<_> =
            (now - 2..=now + 2).map(|step| self.code_at(Instant::from_micros(step * 30_000_000))).collect();
        (0..9_u32).map(|code| format!("{code:06}")).find(|code| !near.contains(code)).expect("one of nine")
    }
}

/// The recovery codes that a page shows.
pub fn shown_codes(reply: &Reply) -> Vec<String> {
    assert_eq!((reply.status.as_u16(), reply.header("cache-control")), (200, "no-store"), "{reply:?}");
    let shown = reply.between("<pre class=\"key codes\"", "</pre>");
    shown.split_once('>').expect("a tag").1.lines().map(str::to_owned).collect()
}

impl Browser {
    /// Turns on the second factor of who is signed in.
    pub async fn turn_on_second_factor(&self, studio: &Studio) -> Authenticator {
        let (offer, app) = self.offered_secret(studio).await;
        let fields = [("form", offer.as_str()), ("code", &app.code())];
        let recovery_codes = shown_codes(&self.send("/studio/second-factor/new", &fields).await);
        assert_eq!(recovery_codes.len(), 10);
        Authenticator { recovery_codes, ..app }
    }

    /// The form that turns it on, and an app with the secret that it offers.
    pub async fn offered_secret(&self, studio: &Studio) -> (String, Authenticator) {
        let page = self.open("/studio/second-factor/new").await;
        assert_eq!((page.status.as_u16(), page.header("cache-control")), (200, "no-store"), "{page:?}");
        let offer = page.between("name=\"form\" value=\"", "\"");
        (offer, Authenticator::with_secret(&page.between("<code class=\"secret\">", "</code>"), &studio.clock))
    }

    /// Types the right password where a second factor is on: the token of the sign-in that waits for a code.
    pub async fn type_password(&self, email: &str) -> String {
        let (reply, _) = self.sign_in(email, PASSWORD).await;
        assert_eq!((reply.status.as_u16(), reply.header("set-cookie")), (200, ""), "{reply:?}");
        reply.between("name=\"pending\" value=\"", "\"")
    }

    /// Types a code; the answer, and the browser with the cookie that it brought.
    pub async fn type_code(&self, pending: &str, field: &str, code: &str) -> (Reply, Self) {
        let reply = self.send("/studio/sign-in/code", &[("pending", pending), (field, code)]).await;
        let browser = self.keeping(&reply);
        (reply, browser)
    }
}
