//! Invitations, and passwords that were forgotten, in a real browser.

use std::time::Duration;

use flow_gateway::mail::outbox::MailKind;

use super::dashboard::{serve, sign_in};
use crate::support::{
    devtools::Page,
    studio::{Studio, within},
};

const PASSWORD: &str = "another lantern orbit 48";

/// Opens a link of a mail at the address of this test. The script takes it out of the address; without a script it is pasted.
pub(super) fn open_link(page: &mut Page, url: &str, (path, link): (&str, &str), scripts: bool) {
    let (_, token) = link.split_once('#').expect("a token");
    if scripts {
        page.go(&format!("{url}{path}#{token}"));
        page.wait_until("document.querySelector('#password') !== null");
    } else {
        page.go(&format!("{url}{path}"));
        page.fill("Link from the e-mail", link);
        page.press("Continue");
    }
    let shown = page.run("location.href + document.referrer");
    assert!(!shown.as_str().expect("an address").contains(token), "{shown}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_invited_joins_and_sets_a_new_password_later_with_scripts_and_without() {
    let studio = Studio::on_sqlite().await;
    let url = serve(&studio).await;
    let runtime = tokio::runtime::Handle::current();
    let mailed = |kind| runtime.block_on(studio.mailed_link(studio.id, kind)).1;
    tokio::task::block_in_place(|| {
        let Some(mut page) = Page::open() else { return };
        for (email, scripts) in [("rui@casa.example", true), ("eva@casa.example", false)] {
            if !scripts {
                page.without_scripts();
            }
            sign_in(&mut page, &url);
            page.go(&format!("{url}/studio/people/new"));
            page.fill("E-mail", email);
            page.fill("Developer", "");
            page.press("Send the invitation");
            page.press("Sign out");
            let invitation = mailed(MailKind::StaffInvitation);
            open_link(&mut page, &url, ("/studio/invitation", &invitation), scripts);
            page.fill("Password", PASSWORD);
            page.press("Join");
            assert_eq!(page.path(), "/studio/api-keys", "{}", page.html());
            assert!(page.html().contains(email));
            page.press("Sign out");
            page.go(&format!("{url}/studio/forgotten-password"));
            page.fill("E-mail", email);
            page.press("Send the link");
            runtime.block_on(within(Duration::from_secs(30), async || {
                !studio.mails(studio.id, MailKind::PasswordReset).await.is_empty()
            }));
            let reset = mailed(MailKind::PasswordReset);
            open_link(&mut page, &url, ("/studio/password-reset", &reset), scripts);
            page.fill("Password", "a third lantern orbit 49");
            page.press("Set the password");
            assert!(page.html().contains("The password is set"), "{}", page.html());
        }
    });
}
