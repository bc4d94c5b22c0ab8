//! What members cost: the check of a token beside a bare verification of its signature, and booking a place beside the same
//! transaction written by hand. `cargo bench --bench members`. Both are done in turn, so that what else the machine does falls on
//! both; each figure is the median.

#[path = "../tests/support/mod.rs"]
#[allow(dead_code, unused_imports, unused_macros, reason = "the tests use more of it")]
mod support;

use std::{
    hint::black_box,
    time::{Duration, Instant},
};

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use clap::Parser;
use flow_gateway::{
    access::{
        call::Credential,
        keys::NewKey,
        member_sessions::{
            queries,
            stored::{ABSOLUTE_END, LiveMemberSession, MemberSession},
        },
        member_tokens::{
            self,
            judge::{TokenCall, verify},
        },
        network::Network,
        scope::Scope,
    },
    resources::{
        bookings::{self, Booker, Booking, NewBooking},
        members::{self, Membership, MembershipStatus},
    },
    store::{
        db::Db,
        id::Id,
        row::Row,
        token::Token,
        turns::{TimetableTx, WriteTx},
    },
    wire::input::Input,
};
use ring::signature::{ED25519, UnparsedPublicKey};
use serde_json::json;
use sqlx::{PgPool, SqlitePool};
use support::studio::{Client, Studio, publishable};

const PAGE: &str = "https://casa.example";

/// What may be asked of a run.
#[derive(Debug, Parser)]
struct Asked {
    /// How many places are booked in each way.
    #[arg(long, default_value_t = 400)]
    bookings: u32,
    /// How often a token is checked.
    #[arg(long, default_value_t = 20_000)]
    tokens: usize,
    /// Cargo says so; it means nothing here.
    #[arg(long, hide = true)]
    bench: bool,
}

/// A member, and the studio's page with a token of theirs.
struct Guest {
    id: String,
    page: Client,
    token: String,
}

fn main() {
    let asked = Asked::parse();
    tokio::runtime::Runtime::new().expect("a runtime").block_on(async {
        let studio = Studio::on_sqlite().await;
        check_tokens(&studio, asked.tokens).await;
        book("SQLite", studio, asked.bookings).await;
        if let Some(studio) = Studio::on_postgres().await {
            book("PostgreSQL", studio, asked.bookings).await;
        }
    });
}

fn median(mut spent: Vec<Duration>) -> f64 {
    spent.sort_unstable();
    spent[spent.len() / 2].as_secs_f64() * 1e6
}

/// So many members, who are signed in.
async fn guests(studio: &Studio, count: u32) -> Vec<Guest> {
    let now = studio.clock.now();
    let key = studio.key(NewKey { origins: vec![PAGE.parse().expect("an origin")], ..publishable() }).await.stored.id;
    let mut tx: TimetableTx =
        studio.app.turns.begin(&studio.app.db, &studio.clock, studio.id, count).await.expect("a transaction");
    let mut sessions = Vec::new();
    for number in 0..count {
        let email = format!("{}@member.example", Token::mint().hash());
        let mut fields: Membership = Membership::input().create(json!({"email": &email[40..]})).expect("a membership");
        fields.status = MembershipStatus::Active;
        let member = Row::new(tx.now.of_row(number.into()), fields);
        members::insert(&mut tx, &member).await.expect("a member");
        let (id, membership_id) = (Id::new(now), member.id.same());
        let (created_at, seen_at, expires_at) = (now, now, now.plus(ABSOLUTE_END));
        let (network, opened_by, token_hash) = (None, None, Token::mint().hash());
        let session =
            MemberSession { token_hash, id, membership_id, created_at, seen_at, expires_at, network, opened_by };
        queries::begin(tx.on(), &session).await.expect("a session");
        let (studio_id, studio_name) = (studio.id, String::new());
        sessions.push(LiveMemberSession {
            id,
            studio_id,
            studio_name,
            membership_id,
            email,
            seen_at,
            expires_at,
            opened_by,
        });
    }
    tx.commit().await.expect("committed");
    let mut guests = Vec::new();
    for session in sessions {
        let origin = PAGE.parse().expect("an origin");
        let token = member_tokens::issue(&studio.app.access, &session, &origin, key).await.expect("a token");
        let bearer = format!("Bearer {token}");
        let page = studio.members_client().with("origin", PAGE).with("authorization", &bearer);
        guests.push(Guest { id: session.membership_id.to_string(), page, token });
    }
    guests
}

/// The check of a token, and the bare verification of its signature.
async fn check_tokens(studio: &Studio, times: usize) {
    let token = guests(studio, 1).await.remove(0).token;
    let keys = studio.app.access.signing_keys.published().await.expect("keys");
    let issuer = studio.app.access.member_sessions.url();
    let now = studio.clock.now();
    let call = TokenCall {
        method: "GET",
        path: "/v1/me",
        credential: Credential::Bearer(&token),
        origin: Some(PAGE),
        network: Network::of(std::net::Ipv4Addr::LOCALHOST.into()),
    };
    let public = BASE64_URL_SAFE_NO_PAD.decode(&keys[0].public_key).expect("a key");
    let (mut ours, mut bare) = (Vec::new(), Vec::new());
    for _ in 0..times {
        let start = Instant::now();
        black_box(verify(black_box(&call), &keys, issuer, now)).expect("a good token");
        ours.push(start.elapsed());
        let start = Instant::now();
        let (signed, signature) = black_box(&token).rsplit_once('.').expect("a signature");
        let signature = BASE64_URL_SAFE_NO_PAD.decode(signature).expect("base64");
        let verified = UnparsedPublicKey::new(&ED25519, &public).verify(signed.as_bytes(), &signature);
        black_box(verified).expect("signed");
        bare.push(start.elapsed());
    }
    let [ours, bare] = [ours, bare].map(median);
    println!("{:<44} {:>10} {:>10} {:>7}", "a member token", "bare", "gateway", "ratio");
    println!("{:<44} {bare:>7.1} µs {ours:>7.1} µs {:>7.2}", "verified", ours / bare);
}

/// Books places of two occurrences: by hand, by the rule in its transaction, and by a call through the whole stack.
async fn book(engine: &str, studio: Studio, count: u32) {
    let server = studio.server(Scope::ALL).await;
    let weekly = json!({"starts_on": "2026-01-05", "weekly": [{"weekday": "monday", "start_time": "18:30"}]});
    let class = json!({"name": "Vinyasa", "duration_minutes": 60, "capacity": 10_000, "recurrence": weekly});
    server.post("/v1/classes", class).await.expect(201);
    let rows = server.get("/v1/schedule?limit=3").await.rows();
    let [by_hand, by_rule, by_call] = &rows[..] else { panic!("three occurrences") };
    let id = |row: &serde_json::Value| row["id"].as_str().expect("an id").to_owned();
    let hand = Hand { studio: studio.id.to_string(), occurrence: id(by_hand) };
    let guests = guests(&studio, count).await;
    let mut spent = [Vec::new(), Vec::new(), Vec::new()];
    for guest in &guests {
        let start = Instant::now();
        match &studio.app.db {
            Db::Sqlite { writer, .. } => hand.book_on_sqlite(writer, &studio, &guest.id).await.expect("booked"),
            Db::Postgres(connections) => {
                hand.book_on_postgres(connections.pool(), &studio, &guest.id).await.expect("booked");
            }
        }
        spent[0].push(start.elapsed());
        let wanted = NewBooking { occurrence_id: id(by_rule).parse().expect("an id"), wait: false };
        let booker = Booker::Member(guest.id.parse().expect("an id"));
        let start = Instant::now();
        let tx = studio.app.turns.begin(&studio.app.db, &studio.clock, studio.id, 1).await;
        let mut tx: TimetableTx = tx.expect("a transaction");
        bookings::book(&mut tx, booker, &wanted).await.expect("booked");
        tx.commit().await.expect("committed");
        spent[1].push(start.elapsed());
        let start = Instant::now();
        guest.page.post("/v1/me/bookings", json!({"occurrence_id": by_call["id"]})).await.expect(201);
        spent[2].push(start.elapsed());
    }
    let [hand, rule, call] = spent.map(median);
    println!("{:<44} {:>10} {:>10} {:>7}", format!("{engine}, a place is booked"), "by hand", "gateway", "ratio");
    println!("{:<44} {hand:>7.0} µs {rule:>7.0} µs {:>7.2}", "by the rule, in its transaction", rule / hand);
    println!("{:<44} {hand:>7.0} µs {call:>7.0} µs {:>7.2}", "by a call, with token, session and answer", call / hand);
}

/// The transaction as somebody writes it by hand, with the same guarantees: the member and the occurrence are looked at, nobody
/// books twice or over the capacity, and a mail is written.
struct Hand {
    studio: String,
    occurrence: String,
}

macro_rules! by_hand {
    ($self:ident, $tx:ident, $studio:ident, $member:ident, $lock:literal, $json:literal) => {{
        let now = $studio.clock.now();
        let (booking, mail) = (Id::<Booking>::new(now).to_string(), Id::<Booking>::new(now).to_string());
        let text = "select o.status, c.visibility, o.booked_count from occurrences as o join classes as c \
            on c.studio_id = o.studio_id and c.id = o.class_id where o.studio_id = $1 and o.id = $2";
        let found: (String, String, i64) =
            sqlx::query_as(text).bind(&$self.studio).bind(&$self.occurrence).fetch_one(&mut *$tx).await?;
        let text = concat!("select status, ends_on from members where studio_id = $1 and id = $2", $lock);
        let member: (String, Option<String>) =
            sqlx::query_as(text).bind(&$self.studio).bind($member).fetch_one(&mut *$tx).await?;
        assert!(found.0 == "scheduled" && found.1 != "hidden" && member.0 == "active");
        let text = "select count(*) from bookings where studio_id = $1 and occurrence_id = $2 and membership_id = $3 \
            and cancelled_at is null";
        let own: i64 = sqlx::query_scalar(text)
            .bind(&$self.studio)
            .bind(&$self.occurrence)
            .bind($member)
            .fetch_one(&mut *$tx)
            .await?;
        assert_eq!(own, 0);
        let text = "update occurrences set booked_count = booked_count + 1 where studio_id = $1 and id = $2 \
            and status = 'scheduled' and (capacity is null or booked_count < capacity)";
        let taken = sqlx::query(text).bind(&$self.studio).bind(&$self.occurrence).execute(&mut *$tx).await?;
        assert_eq!(taken.rows_affected(), 1);
        let text = concat!(
            "insert into bookings (studio_id, id, version, created_at, updated_at, metadata, occurrence_id, membership_id, \
            starts_at, ends_at, status) select $1, $2, 1, updated_at, updated_at, ",
            $json,
            ", id, $4, starts_at, ends_at, 'booked' from occurrences where studio_id = $1 and id = $3"
        );
        let insert = sqlx::query(text).bind(&$self.studio).bind(&booking).bind(&$self.occurrence).bind($member);
        insert.execute(&mut *$tx).await?;
        let text = "insert into outbox (studio_id, id, created_at, kind, membership_id, subject_id, page, expires_at, status, \
            tries, due_at) select $1, $2, updated_at, 'booking_confirmed', $3, $4, '', ends_at, 'waiting', 0, updated_at \
            from occurrences where studio_id = $1 and id = $5";
        let insert = sqlx::query(text).bind(&$self.studio).bind(mail).bind($member).bind(&booking);
        insert.bind(&$self.occurrence).execute(&mut *$tx).await?;
        $tx.commit().await
    }};
}

impl Hand {
    async fn book_on_sqlite(&self, pool: &SqlitePool, studio: &Studio, member: &str) -> sqlx::Result<()> {
        let mut tx = pool.begin_with("begin immediate").await?;
        by_hand!(self, tx, studio, member, "", "'{}'")
    }

    async fn book_on_postgres(&self, pool: &PgPool, studio: &Studio, member: &str) -> sqlx::Result<()> {
        let mut tx = pool.begin().await?;
        by_hand!(self, tx, studio, member, " for no key update", "cast('{}' as jsonb)")
    }
}
