//! A mail server that means harm: what it says costs no more memory and time than it may, and leaves no secret behind.

use std::time::Duration;

use flow_gateway::{
    config::Secret,
    mail::{
        mailer::{Mailer, Unsendable},
        outbox::MailStatus,
        words::Secrets,
    },
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
    sync::mpsc,
};

use super::{
    sending::{SOON, mailer},
    tls::inviting,
};
use crate::{
    cli::gateway::Home,
    resources::members::{PEOPLE, invite, outbox},
    support::{
        smtp::{MailServer, Mood},
        studio::{on_both_engines, within},
    },
};

/// Bytes that a server may get rid of: what the sockets of both sides hold is written, too.
const MOST: usize = 16 << 20;

/// What a server repeats for as long as somebody listens.
#[derive(Clone, Copy)]
enum Endless {
    /// A line without an end.
    Line,
    /// A reply that goes on with every line.
    Reply,
    /// A byte now and then, and never the end of a line.
    Trickle,
}

/// How many bytes a server could say on its one connection before it was cut off.
async fn told(
    endless: Endless,
    before: &'static [&'static str],
    url: impl Fn(u16) -> String,
    timeout: Duration,
) -> (usize, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("its address").port();
    let (counted, mut count) = mpsc::unbounded_channel();
    let server = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.expect("a visit");
        for reply in before {
            stream.write_all(reply.as_bytes()).await.expect("written");
            let mut command = [0; 512];
            assert!(stream.read(&mut command).await.expect("a command") > 0);
        }
        let piece = match endless {
            Endless::Line => vec![b'x'; 16 * 1024],
            Endless::Reply => format!("250-{}\r\n", "x".repeat(500)).repeat(20).into_bytes(),
            Endless::Trickle => b"2".to_vec(),
        };
        let mut written = 0;
        while stream.write_all(&piece).await.is_ok() {
            written += piece.len();
            if matches!(endless, Endless::Trickle) {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
        counted.send(written).ok();
    });
    let mailer = Mailer::new(&Secret::from(url(port).as_str()), None, timeout).expect("a URL");
    let sent = mailer.send(&message(), &Secrets::default()).await;
    let Err(Unsendable::ForNow(why)) = sent else { panic!("{sent:?}") };
    let written = tokio::time::timeout(SOON, count.recv()).await.expect("cut off").expect("a count");
    server.await.expect("its end");
    (written, why)
}

fn message() -> lettre::Message {
    lettre::Message::builder()
        .from("a@studio.example".parse().expect("an address"))
        .to("b@member.example".parse().expect("an address"))
        .body("hello".to_owned())
        .expect("a message")
}

#[tokio::test]
async fn a_server_that_does_not_stop_talking_is_cut_off() {
    let plain = |port| format!("smtp://127.0.0.1:{port}");
    let encrypted = |port| format!("smtp://127.0.0.1:{port}?tls=required");
    let from_the_start = |port| format!("smtps://127.0.0.1:{port}");
    for endless in [Endless::Line, Endless::Reply] {
        for before in [&[][..], &["220 hello\r\n"]] {
            for url in [&plain as &dyn Fn(u16) -> String, &encrypted] {
                let (written, why) = told(endless, before, url, SOON).await;
                assert!(written < MOST, "{written}: {why}");
                assert!(why != "the mail server did not answer in time", "it is cut off, not waited for");
            }
        }
        let (written, why) = told(endless, &[], from_the_start, SOON).await;
        assert!(written < MOST, "{written}: {why}");
    }
}

#[tokio::test]
async fn a_server_that_trickles_for_ever_is_left_in_time() {
    for scheme in ["smtp://127.0.0.1", "smtps://127.0.0.1"] {
        let (_, why) = told(Endless::Trickle, &[], |port| format!("{scheme}:{port}"), Duration::from_secs(1)).await;
        assert!(!why.is_empty());
    }
    let url = |port| format!("smtp://127.0.0.1:{port}?tls=required");
    assert_eq!(
        told(Endless::Trickle, &[], url, Duration::from_secs(1)).await.1,
        "the mail server did not answer in time"
    );
}

#[apply(on_both_engines!)]
async fn a_server_that_quotes_the_link_leaves_none_behind(studio: Studio) {
    let mail = MailServer::open().await;
    mail.set(Mood::Quotes);
    let sending = studio.instance_with(mailer(&mail)).await;
    invite(&sending.server(PEOPLE).await, "rui@member.example").await;
    within(SOON, async || outbox(&studio).await[0].last_error.is_some()).await;
    let kept = outbox(&studio).await.remove(0).last_error.expect("why");
    let token = mail.quoted().remove(0).token();
    assert!(kept.contains("(554)") && kept.contains("5.7.1") && kept.contains("blocked"), "{kept}");
    assert!(!kept.contains(&token[..8]) && !kept.contains("://") && !kept.contains('@'), "{kept}");
}

#[apply(on_both_engines!)]
async fn a_server_that_echoes_the_login_leaves_no_password_behind(studio: Studio) {
    let mail = MailServer::open().await;
    mail.set(Mood::EchoesLogin);
    let url = mail.url().replace("smtp://", "smtp://hello%40casa.example:s3cretword@");
    let mailer = Mailer::new(&Secret::from(url.as_str()), None, SOON).expect("a URL");
    let sending = studio.instance_with(mailer).await;
    invite(&sending.server(PEOPLE).await, "rui@member.example").await;
    within(SOON, async || outbox(&studio).await[0].last_error.is_some()).await;
    let mail = outbox(&studio).await.remove(0);
    let kept = mail.last_error.expect("why");
    assert!(kept.contains("(535)") && kept.contains("5.7.8"), "{kept}");
    assert!(!kept.contains("s3cret") && !kept.contains("AGhlbGxv") && !kept.contains("czNjcmV0"), "{kept}");
    assert_eq!(mail.status, MailStatus::Waiting, "a login is for the operator to mend");
}

#[test]
fn the_log_says_why_a_mail_was_not_sent_and_no_secret() {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime");
    let mail = runtime.block_on(MailServer::open());
    mail.set(Mood::Quotes);
    let home = Home::on_sqlite();
    let gateway = inviting(&home, &mail.url(), "");
    gateway.has_logged("an e-mail was not sent yet");
    let first = &home.run(&["outbox", "list", "--json"]).json()[0];
    let (_, log) = gateway.stop();
    let line = log.lines().find(|line| line.contains("an e-mail was not sent yet")).expect("a line");
    for word in [first["id"].as_str(), first["studio_id"].as_str(), Some("5.7.1"), Some("blocked")] {
        assert!(line.contains(word.expect("a word")), "{line}");
    }
    let token = mail.quoted().remove(0).token();
    assert!(!log.contains(&token[..8]) && !log.contains("rui@"), "{log}");
}
