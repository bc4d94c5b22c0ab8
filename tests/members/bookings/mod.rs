//! Bookings, through the Members API.

mod book;
mod cancel;
mod ends;
mod follow;
mod list;
pub mod mails;
mod many;
mod model;
mod often;
mod plans;
mod races;
mod staff;
mod waiting;

use std::time::Duration;

use flow_gateway::{
    access::{
        member_sessions::{
            queries::begin,
            stored::{ABSOLUTE_END, LiveMemberSession, MemberSession},
        },
        member_tokens,
        stored::KeyId,
    },
    resources::members::{self, Membership, MembershipStatus},
    store::{
        id::Id,
        row::Row,
        token::Token,
        turns::{TimetableTx, WriteTx},
    },
    wire::input::Input,
};
use serde_json::{Value, json};

use super::{
    back_office,
    tokens::{PAGE, page},
};
use crate::{
    resources::classes::{House, id, on_a_sunday, weekly, with},
    support::studio::{Client, Reply, Studio, publishable},
};

pub const BOOKINGS: &str = "/v1/me/bookings";

/// A member who is signed in.
pub struct Member {
    pub id: String,
    session: LiveMemberSession,
    /// The key of the studio's page.
    key: KeyId,
}

impl Member {
    /// The studio's page, with a new token of this member.
    pub async fn at(&self, studio: &Studio) -> Client {
        let token =
            member_tokens::issue(&studio.app.access, &self.session, &PAGE.parse().unwrap(), self.key).await.unwrap();
        page(studio, &token)
    }
}

/// So many active members, who are signed in.
pub async fn crowd(studio: &Studio, count: u32) -> Vec<Member> {
    let now = studio.clock.now();
    let key = studio.key(publishable()).await.stored.id;
    let tx = studio.app.turns.begin(&studio.app.db, &studio.clock, studio.id, count).await;
    let mut tx: TimetableTx = tx.unwrap();
    let mut crowd = Vec::new();
    for number in 0..count {
        let email = format!("{}@member.example", hex::encode(Token::mint().hash().get(..12).unwrap()));
        let mut fields: Membership = Membership::input().create(json!({"email": email, "first_name": "Ana"})).unwrap();
        fields.status = MembershipStatus::Active;
        let member = Row::new(tx.now.of_row(number.into()), fields);
        members::insert(&mut tx, &member).await.unwrap();
        let session = MemberSession {
            token_hash: Token::mint().hash(),
            id: Id::new(now),
            membership_id: member.id.same(),
            created_at: now,
            seen_at: now,
            expires_at: now.plus(ABSOLUTE_END),
            network: None,
            opened_by: None,
        };
        begin(tx.on(), &session).await.unwrap();
        let session = LiveMemberSession {
            id: session.id,
            studio_id: studio.id,
            studio_name: String::new(),
            membership_id: session.membership_id,
            email,
            seen_at: now,
            expires_at: session.expires_at,
            opened_by: None,
        };
        crowd.push(Member { id: member.id.to_string(), session, key });
    }
    tx.commit().await.unwrap();
    crowd
}

/// A studio on a Sunday, its house, and a class of the next day that holds so many.
pub async fn with_a_class(studio: Studio, class: Value) -> (Studio, House, Value) {
    let studio = on_a_sunday(studio).await;
    let house = House::with(back_office(&studio, studio.id).await).await;
    let class = house.class(with(weekly("monday", "18:30"), class)).await;
    let occurrence = house.occurrences(&class).await[0].clone();
    (studio, house, occurrence)
}

/// Books an occurrence.
pub async fn book(client: &Client, occurrence: &Value) -> Reply {
    client.post(BOOKINGS, json!({"occurrence_id": occurrence["id"]})).await
}

/// Books an occurrence, or waits for a place.
pub async fn wait(client: &Client, occurrence: &Value) -> Reply {
    client.post(BOOKINGS, json!({"occurrence_id": occurrence["id"], "wait": true})).await
}

/// Where a booking is.
pub fn at(booking: &Value) -> String {
    format!("{BOOKINGS}/{}", id(booking))
}

/// An occurrence as Management has it now.
pub async fn now(house: &House, occurrence: &Value) -> Value {
    house.server.get(&format!("/v1/schedule?id={}", id(occurrence))).await.rows()[0].clone()
}

/// An occurrence as a website has it now.
pub async fn on_the_website(studio: &Studio, occurrence: &Value) -> Value {
    studio.website().await.get(&format!("/v1/schedule?id={}", id(occurrence))).await.rows()[0].clone()
}

/// An occurrence as a member sees it now.
pub async fn seen(client: &Client, occurrence: &Value) -> Value {
    client.get(&format!("/v1/me/schedule?id={}", id(occurrence))).await.rows()[0].clone()
}

/// How many have a place and how many wait, as the occurrence counts them; the rows are counted as well.
pub async fn counts(studio: &Studio, house: &House, occurrence: &Value) -> (i64, i64) {
    let row = now(house, occurrence).await;
    let counted = async |which: &str| {
        let text =
            format!("select count(*) from bookings where studio_id = $1 and occurrence_id = $2 and status {which}");
        let statement = studio.app.db.of(studio.id).query(text).bind(id(occurrence));
        statement.scalar::<i64>().await.unwrap().unwrap()
    };
    let told = (row["booked_count"].as_i64().unwrap(), row["waiting_count"].as_i64().unwrap());
    let rows = (counted("in ('booked', 'attended', 'no_show')").await, counted("= 'waiting'").await);
    assert_eq!(told, rows, "the counts are those of the rows");
    told
}

/// Sets until how many minutes before the start a booking is cancelled in time.
pub async fn late_from(studio: &Studio, minutes: i64) {
    let mut tx = studio.app.db.begin().await.unwrap();
    let policies = json!({"late_cancellation_minutes": minutes});
    let text = format!("update studios set policies = '{policies}' where id = $1");
    tx.on().query(text).bind(studio.id).execute().await.unwrap();
    tx.commit().await.unwrap();
}

/// Moves the clock to so many minutes before an occurrence begins.
pub fn minutes_before(studio: &Studio, occurrence: &Value, minutes: u64) {
    let starts_at = crate::resources::schedule::at(occurrence, "starts_at");
    studio.set_clock(starts_at.minus(Duration::from_mins(minutes)));
}
