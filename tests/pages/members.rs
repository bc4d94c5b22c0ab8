//! A member's way from the invitation to a new password, in a real browser.

use std::time::Duration;

use flow_gateway::{access::surface::Surface, mail::outbox::MailKind};

use super::{dashboard::serve_surface, people::open_link};
use crate::{
    members::invite,
    support::{
        devtools::Page,
        studio::{Studio, within},
    },
};

const PASSWORD: &str = "another lantern orbit 48";
const NEW: &str = "a third lantern orbit 49";

fn choose_password(page: &mut Page, password: &str, button: &str) {
    page.fill("Password", password);
    page.fill("Repeat the password", password);
    page.press(button);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_invited_becomes_a_member_signs_out_and_sets_a_new_password_with_scripts_and_without() {
    let studio = Studio::on_sqlite().await;
    let url = serve_surface(&studio, Surface::Members);
    let runtime = tokio::runtime::Handle::current();
    let mailed = |kind| runtime.block_on(studio.mailed_link(studio.id, kind)).1;
    tokio::task::block_in_place(|| {
        let Some(mut page) = Page::open() else { return };
        for (email, scripts) in [("rui@member.example", true), ("eva@member.example", false)] {
            if !scripts {
                page.without_scripts();
            }
            runtime.block_on(invite(&studio, studio.id, email));
            open_link(&mut page, &url, ("/invitation", &mailed(MailKind::Invitation)), scripts);
            choose_password(&mut page, PASSWORD, "Accept the invitation");
            assert_eq!(page.path(), "/account", "{}", page.html());
            assert!(page.html().contains("Test Studio") && page.html().contains(email));
            page.press("Sign out");
            assert_eq!(page.path(), "/sign-in");
            page.go(&format!("{url}/forgotten-password"));
            page.fill("E-mail", email);
            page.press("Send the link");
            let count = 1;
            runtime.block_on(within(Duration::from_secs(30), async || {
                studio.mails(studio.id, MailKind::PasswordReset).await.len() == count
            }));
            open_link(&mut page, &url, ("/password-reset", &mailed(MailKind::PasswordReset)), scripts);
            choose_password(&mut page, NEW, "Set the password");
            assert!(page.html().contains("The password is set"), "{}", page.html());
            page.go(&format!("{url}/sign-in"));
            page.fill("E-mail", email);
            page.fill("Password", NEW);
            page.press("Sign in");
            assert_eq!(page.path(), "/account", "{}", page.html());
            page.press("Sign out");
        }
    });
}
