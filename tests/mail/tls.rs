//! Mail over TLS, through the real binary: the certificate is checked, and a server beyond this machine has to offer it.

use std::sync::Arc;

use flow_gateway::config::Secret;
use serde_json::{Value, json};
use tokio_rustls::TlsAcceptor;

use crate::{
    cli::gateway::{Home, Running, call},
    support::{
        certificates::Authority,
        smtp::{Encrypted, MailServer},
        studio::within,
    },
};

/// A server's certificate for `localhost`, and the authority that signed it.
fn certificates() -> (TlsAcceptor, String) {
    let authority = Authority::new();
    (authority.sign("localhost").acceptor(), authority.pem())
}

/// A gateway that sends mail to this URL and trusts this authority, with one invitation written.
pub fn inviting(home: &Home, url: &str, trusts: &str) -> Running {
    home.studio("casa");
    let key = home.secret_key("members:write")["key"].clone();
    let authority = home.write("authority.pem", trusts);
    let mut command = home.serving(&["--smtp-url", url, "--smtp-from", "hello@casa.example", "--log-level", "trace"]);
    command.env("SSL_CERT_FILE", authority);
    let server = Running::start(home, command);
    let invites = format!("{}/v1/members/invites", server.at["management"]);
    let body = json!({"email": "rui@member.example"}).to_string();
    let (status, made) =
        call("POST", &invites, key.as_str().expect("a key"), &[("content-type", "application/json")], Some(&body));
    assert_eq!(status, 201, "{made}");
    server
}

fn first(home: &Home) -> Value {
    home.run(&["outbox", "list", "--json"]).json()[0].clone()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn mail_goes_out_over_tls_to_a_server_whose_certificate_is_right() {
    let (acceptor, authority) = certificates();
    let mail = MailServer::with(Encrypted::Wholly(acceptor)).await;
    let url = format!("smtps://user:s3cretword@localhost:{}", mail.address.port());
    let home = Arc::new(Home::on_sqlite());
    let place = Arc::clone(&home);
    let server = tokio::task::spawn_blocking(move || inviting(&place, &url, &authority)).await.expect("a gateway");
    within(super::sending::SOON, async || !mail.taken().is_empty()).await;
    assert_eq!(mail.taken()[0].from, "hello@casa.example");
    assert!(mail.taken()[0].text().contains(&format!("{}/invitation#", server.at["members"])));
    let log = tokio::task::spawn_blocking(|| server.stop().1).await.expect("a log");
    assert!(log.contains("/v1/members/invites"), "{log}");
    let token = mail.taken()[0].token();
    for secret in ["s3cretword", &token, "rui@member.example"] {
        let line = log.lines().find(|line| line.contains(secret));
        assert_eq!(line, None, "{secret}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_certificate_that_nobody_vouches_for_gets_no_mail() {
    let (acceptor, _) = certificates();
    let (_, other_authority) = certificates();
    let mail = MailServer::with(Encrypted::Wholly(acceptor)).await;
    let url = format!("smtps://user:s3cretword@localhost:{}", mail.address.port());
    let home = Arc::new(Home::on_sqlite());
    let place = Arc::clone(&home);
    let server =
        tokio::task::spawn_blocking(move || inviting(&place, &url, &other_authority)).await.expect("a gateway");
    let refused = Arc::clone(&home);
    let told = tokio::task::spawn_blocking(move || {
        loop {
            let mail = first(&refused);
            if mail["last_error"].is_string() {
                return mail["last_error"].to_string();
            }
        }
    });
    let told = tokio::time::timeout(super::sending::SOON, told).await.expect("in time").expect("an answer");
    assert!(told.contains("certificate"), "{told}");
    assert!(mail.taken().is_empty());
    drop(server);
}

#[tokio::test]
async fn a_server_that_offers_no_tls_is_told_nothing_where_tls_is_insisted_on() {
    let mail = MailServer::open().await;
    let url = format!("smtp://user:s3cretword@127.0.0.1:{}?tls=required", mail.address.port());
    let mailer = flow_gateway::mail::mailer::Mailer::new(&Secret::from(url.as_str()), None, super::sending::SOON)
        .expect("a URL");
    let message = lettre::Message::builder()
        .from("a@studio.example".parse().expect("an address"))
        .to("b@member.example".parse().expect("an address"))
        .body("hello".to_owned())
        .expect("a message");
    assert!(mailer.send(&message, &mailer.secrets()).await.is_err());
    assert!(mail.taken().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn mail_goes_out_after_starttls_and_what_was_said_before_it_counts_for_nothing() {
    let (acceptor, authority) = certificates();
    for (injected, is_taken) in [("", true), ("250 said by somebody on the way\r\n", false)] {
        let mail = MailServer::with(Encrypted::StartTls(acceptor.clone(), injected)).await;
        let url = format!("smtp://user:s3cretword@localhost:{}?tls=required", mail.address.port());
        let (home, trusted) = (Arc::new(Home::on_sqlite()), authority.clone());
        let place = Arc::clone(&home);
        let server = tokio::task::spawn_blocking(move || inviting(&place, &url, &trusted)).await.expect("a gateway");
        let has_tried = async || {
            let place = Arc::clone(&home);
            let mail = tokio::task::spawn_blocking(move || first(&place)).await.expect("a mail");
            mail.is_null() || mail["last_error"].is_string()
        };
        within(super::sending::SOON, has_tried).await;
        assert_eq!(mail.taken().len(), usize::from(is_taken), "{injected}");
        drop(server);
    }
}
