//! The way of a member, over real sockets: from the invitation in their mailbox to a booked class, its calendar file, their private
//! calendar, and the cancellation.

use std::time::Duration;

use flow_gateway::store::clock::Clock;
use jiff::{ToSpan, tz::TimeZone};
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use super::{
    gateway::{Running, call, on_both_engines},
    visitor::Visitor,
};
use crate::{
    members::bookings::mails::{parts, properties},
    support::{
        smtp::{MailServer, Taken},
        studio::within,
    },
};

const SITE: &str = "https://casa.example";
const CLARA: &str = "clara@member.example";
const CHOSEN: &str = "chosen lantern orbit 48";
const SOON: Duration = Duration::from_mins(1);

/// A mailbox: a mail server, and the mails that it has taken.
struct Mailbox {
    runtime: Runtime,
    server: MailServer,
}

impl Mailbox {
    fn open() -> Self {
        let runtime = Runtime::new().expect("a runtime");
        let server = runtime.block_on(MailServer::open());
        Self { runtime, server }
    }

    /// The mail that comes next, which is so many in all.
    fn next(&self, count: usize) -> Taken {
        self.runtime.block_on(within(SOON, async || self.server.taken().len() >= count));
        let taken = self.server.taken();
        assert_eq!(taken.len(), count, "one mail for each thing that happened");
        assert_eq!(taken[count - 1].to, [CLARA]);
        taken[count - 1].clone()
    }
}

/// Calls Management, which must do it.
fn manage(server: &Running, key: &str, path: &str, body: &Value) -> Value {
    let headers = [("content-type", "application/json")];
    let (status, answer) =
        call("POST", &format!("{}{path}", server.at["management"]), key, &headers, Some(&body.to_string()));
    assert_eq!(status, 201, "{path}: {answer}");
    answer
}

/// The studio's page with a member's token.
struct Page<'s> {
    server: &'s Running,
    token: String,
}

impl Page<'_> {
    fn ask(&self, method: &str, path: &str, body: Option<&Value>) -> (u16, Value) {
        let headers = [("origin", SITE), ("content-type", "application/json")];
        let url = format!("{}/v1/me/{path}", self.server.at["members"]);
        call(method, &url, &self.token, &headers, body.map(Value::to_string).as_deref())
    }
}

/// What the page gets for the member who is signed in in this browser.
fn signed_in<'s>(server: &'s Running, member: &mut Visitor<'_>, pk: &str) -> Page<'s> {
    let (id, secret) = ("w".repeat(22), "s".repeat(43));
    let frame = [("pk", pk), ("origin", SITE), ("id", &*id), ("secret", &*secret)];
    assert_eq!(member.send("/widget/request", &frame).status, 201);
    assert_eq!(member.send("/widget/window", &[("request", &id)]).status, 200);
    let json = |text: &str| serde_json::from_str::<Value>(text).unwrap_or_else(|error| panic!("{error}: {text}"));
    let claimed = json(&member.send("/widget/claim", &frame).text);
    let session = claimed["session"].as_str().expect("a session");
    let token = json(&member.send("/widget/token", &[&frame[..2], &[("session", session)]].concat()).text);
    Page { server, token: token["token"].as_str().expect("a token").to_owned() }
}

/// The calendar file of a mail, by lines; the same in both places.
fn calendar_file(mail: &Taken, method: &str) -> Vec<String> {
    let shown = parts(mail, &format!("text/calendar; method={method}; charset=utf-8"));
    assert_eq!((shown.len(), &shown), (1, &parts(mail, "application/ics")), "{}", mail.raw);
    properties(&shown[0])
}

fn value<'l>(lines: &'l [String], name: &str) -> &'l str {
    let found = lines.iter().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
    found.unwrap_or_else(|| panic!("{name} is not in {lines:?}"))
}

/// What a calendar program reads.
fn subscribed(url: &str) -> Vec<String> {
    let (status, file) = call("GET", url, "", &[], None);
    assert_eq!(status, 200, "{file}");
    properties(file.as_str().expect("a file"))
}

#[apply(on_both_engines!)]
fn from_the_invitation_to_a_booked_place_in_the_calendar_and_its_cancellation(home: Home) {
    home.studio("casa");
    let keys = ["locations:write", "instructors:write", "classes:write", "schedule:read", "members:write"].join(",");
    let key = home.secret_key(&keys);
    let key = key["key"].as_str().expect("a key");
    let args = ["keys", "create", "--studio", "casa", "--kind", "publishable", "--name", "Site", "--origins", SITE];
    let pk = home.run(&[&args[..], &["--json"]].concat()).json();
    let pk = pk["key"].as_str().expect("a key");
    let mailbox = Mailbox::open();
    let server = home.serve(&[
        "--smtp-url",
        &mailbox.server.url(),
        "--signing-secret",
        "a signing secret of the journey of a member",
    ]);

    // The studio has a class in two days, and invites somebody.
    let location = manage(&server, key, "/v1/locations", &json!({"name": "Alfama"}));
    let day =
        TimeZone::get("Europe/Lisbon").expect("a zone").to_datetime(Clock::System.now().timestamp()).date() + 2.days();
    let weekday = day.strftime("%A").to_string().to_lowercase();
    let class = json!({"name": "Yin; on a quiet day", "location_id": location["id"], "duration_minutes": 60,
        "recurrence": {"starts_on": day.to_string(), "weekly": [{"weekday": weekday, "start_time": "18:30"}]}});
    let class = manage(&server, key, "/v1/classes", &class);
    let path = format!("{}/v1/schedule?class_id={}", server.at["management"], class["id"].as_str().expect("an id"));
    let occurrence = call("GET", &path, key, &[], None).1["data"][0].clone();
    manage(&server, key, "/v1/members/invites", &json!({"email": CLARA, "first_name": "Clara"}));

    // She accepts in Portuguese, signs out, and signs in on the studio's website.
    let invitation = mailbox.next(1);
    assert_eq!(
        invitation.header("Subject").as_deref(),
        Some("Your invitation to A Studio"),
        "in the studio's language"
    );
    let mut member = Visitor::member(&server);
    member.language = "pt-PT";
    let form = [("token", &*invitation.token()), ("password", CHOSEN), ("repeat", CHOSEN)];
    assert_eq!(member.send("/invitation", &form).status, 303);
    assert_eq!(member.send("/sign-out", &[]).status, 303);
    assert_eq!(member.open("/account").status, 303, "signed out");
    assert_eq!(member.send("/sign-in", &[("email", CLARA), ("password", CHOSEN)]).status, 303);
    let site = signed_in(&server, &mut member, pk);

    // She books: a mail in her language with a file for the calendar, and the class in her private calendar.
    let (status, link) = site.ask("POST", "calendar-feed", None);
    assert_eq!(status, 201, "{link}");
    let link = link["url"].as_str().expect("a URL");
    assert!(!subscribed(link).iter().any(|line| line == "BEGIN:VEVENT"));
    let (status, booking) = site.ask("POST", "bookings", Some(&json!({"occurrence_id": occurrence["id"]})));
    assert_eq!(status, 201, "{booking}");
    let confirmed = mailbox.next(2);
    let said = confirmed.text();
    assert!(
        said.contains("Olá Clara,") && said.contains("Tem um lugar em «Yin; on a quiet day» em A Studio."),
        "{said}"
    );
    assert!(said.contains(&format!("{} de ", day.day())) && said.contains(", 18:30 (Europe/Lisbon)"), "{said}");
    let file = calendar_file(&confirmed, "REQUEST");
    let calendar = subscribed(link);
    for name in ["UID", "SEQUENCE", "DTSTART", "DTEND", "SUMMARY", "LOCATION", "STATUS"] {
        assert_eq!(value(&file, name), value(&calendar, name), "{name}");
    }
    assert_eq!((value(&file, "SEQUENCE"), value(&file, "STATUS")), ("0", "CONFIRMED"));

    // She cancels: the same event, cancelled, with a higher number.
    let id = booking["id"].as_str().expect("an id");
    let (status, cancelled) = site.ask("DELETE", &format!("bookings/{id}"), None);
    assert_eq!((status, &cancelled["status"]), (200, &json!("cancelled")), "{cancelled}");
    let told = mailbox.next(3);
    assert!(told.text().contains("Cancelou a sua reserva de «Yin; on a quiet day» em A Studio."), "{}", told.text());
    let last = calendar_file(&told, "CANCEL");
    let calendar = subscribed(link);
    for lines in [&last, &calendar] {
        assert_eq!((value(lines, "UID"), value(lines, "STATUS")), (value(&file, "UID"), "CANCELLED"));
        assert_eq!(value(lines, "SEQUENCE"), "1");
    }

    // She revokes the link.
    assert_eq!(site.ask("DELETE", "calendar-feed", None).0, 204);
    assert_eq!(call("GET", link, "", &[], None).0, 404);
    assert_eq!(server.stop().0, Some(0));
}
