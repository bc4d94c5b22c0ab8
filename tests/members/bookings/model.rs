//! Random bookings, cancellations and capacities beside a small model of what should become of them.

use std::collections::BTreeSet;

use flow_gateway::store::{instant::Instant, record::Record};
use proptest::{collection::vec, prelude::*, strategy::ValueTree, test_runner::TestRunner};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{BOOKINGS, Member, counts, crowd, late_from, minutes_before, on_the_website, with_a_class};
use crate::{
    resources::classes::{House, id, weekly, with},
    support::studio::{Client, Studio},
};

const MEMBERS: usize = 6;
const LATE_MINUTES: i64 = 60;
const MOST_CANCELLED: usize = 5;
const CASES: usize = 24;

#[derive(Clone, Debug)]
enum Step {
    Book(usize),
    Wait(usize),
    Cancel(usize),
    Capacity(Option<usize>),
    /// The limit passes until which a booking is cancelled in time.
    Late,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let member = || 0..MEMBERS;
    let step = prop_oneof![
        3 => member().prop_map(Step::Book),
        4 => member().prop_map(Step::Wait),
        4 => member().prop_map(Step::Cancel),
        3 => prop_oneof![5 => (1..5_usize).prop_map(Some), 1 => Just(None)].prop_map(Step::Capacity),
        1 => Just(Step::Late),
    ];
    vec(step, 1..24)
}

/// What should be so.
#[derive(Debug, Default)]
struct Model {
    capacity: Option<usize>,
    booked: BTreeSet<usize>,
    queue: Vec<usize>,
    is_late: bool,
    /// How often each cancelled.
    cancelled: [usize; MEMBERS],
}

impl Model {
    fn free(&self) -> usize {
        self.capacity.map_or(usize::MAX, |capacity| capacity - self.booked.len())
    }

    fn spots_left(&self) -> Option<usize> {
        self.capacity.map(|_| self.free().saturating_sub(self.queue.len()))
    }

    fn promote(&mut self) {
        while !self.is_late && self.free() > 0 && !self.queue.is_empty() {
            self.booked.insert(self.queue.remove(0));
        }
    }

    /// What a booking is answered: the status of the row, or the code of the refusal.
    fn book(&mut self, member: usize, waits: bool) -> &'static str {
        if let Some(place) = self.queue.iter().position(|other| *other == member) {
            if place >= self.free() {
                return "already_booked";
            }
            self.queue.remove(place);
        } else if self.booked.contains(&member) {
            return "already_booked";
        } else if self.cancelled[member] == MOST_CANCELLED {
            return "booking_closed";
        } else if self.spots_left() == Some(0) {
            if !waits {
                return "class_full";
            }
            self.queue.push(member);
            return "waiting";
        }
        self.booked.insert(member);
        "booked"
    }

    fn cancel(&mut self, member: usize) -> &'static str {
        let had_a_place = self.booked.remove(&member);
        let waited = self.queue.len();
        self.queue.retain(|other| *other != member);
        self.cancelled[member] += usize::from(had_a_place || self.queue.len() < waited);
        self.promote();
        if had_a_place && self.is_late { "late_cancelled" } else { "cancelled" }
    }

    fn set_capacity(&mut self, capacity: Option<usize>) -> &'static str {
        if capacity.is_some_and(|capacity| capacity < self.booked.len()) {
            return "capacity_below_booked";
        }
        self.capacity = capacity;
        self.promote();
        "scheduled"
    }
}

#[derive(Deserialize)]
struct Guest {
    membership_id: String,
}

impl Record for Guest {}

/// What is so.
struct Case<'c> {
    studio: &'c Studio,
    house: &'c House,
    members: &'c [Member],
    clients: Vec<Client>,
    occurrence: Value,
}

impl Case<'_> {
    async fn sign_in(&mut self) {
        self.clients.clear();
        for member in self.members {
            self.clients.push(member.at(self.studio).await);
        }
    }

    /// The members of this status, in the order of the waiting list.
    async fn guests(&self, status: &str) -> Vec<usize> {
        let text = format!(
            "select membership_id from bookings where studio_id = $1 and occurrence_id = $2 and status = '{status}' \
            order by queue_number"
        );
        let found = self.studio.app.db.of(self.studio.id).query(text).bind(id(&self.occurrence)).all::<Guest>().await;
        let number = |guest: Guest| self.members.iter().position(|member| member.id == guest.membership_id).unwrap();
        found.unwrap().into_iter().map(number).collect()
    }

    /// What a step is answered: the status of the row, or the code of the refusal.
    async fn take(&mut self, step: &Step) -> String {
        let book = |member: usize, wait: bool| {
            let body = json!({"occurrence_id": self.occurrence["id"], "wait": wait});
            let client = self.clients[member].clone();
            async move { client.post(BOOKINGS, body).await }
        };
        let reply = match *step {
            Step::Book(member) => book(member, false).await,
            Step::Wait(member) => book(member, true).await,
            Step::Cancel(member) => {
                let row = super::seen(&self.clients[member], &self.occurrence).await;
                let Some(booking) = row["booking_id"].as_str() else { return "cancelled".into() };
                self.clients[member].delete(&format!("{BOOKINGS}/{booking}")).await
            }
            Step::Capacity(capacity) => {
                let path = format!("/v1/schedule/{}", id(&self.occurrence));
                self.house.server.patch(&path, json!({"capacity": capacity})).await
            }
            Step::Late => {
                minutes_before(self.studio, &self.occurrence, 10);
                self.sign_in().await;
                return String::new();
            }
        };
        let body = reply.json();
        assert!(reply.status.as_u16() < 500, "{body}");
        let told = if reply.status.is_success() { &body["status"] } else { &body["code"] };
        told.as_str().unwrap().to_owned()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn counts_places_and_refusals_are_those_of_a_small_model() {
    let (studio, house, _) = with_a_class(Studio::on_sqlite().await, json!({})).await;
    late_from(&studio, LATE_MINUTES).await;
    let members = crowd(&studio, u32::try_from(MEMBERS).unwrap()).await;
    let began: Instant = studio.clock.now();
    let mut runner = TestRunner::deterministic();
    for _ in 0..CASES {
        let steps = steps().new_tree(&mut runner).unwrap().current();
        studio.set_clock(began);
        let class = house.class(with(weekly("wednesday", "18:30"), json!({"capacity": 2}))).await;
        let occurrence = house.occurrences(&class).await[0].clone();
        let clients = Vec::new();
        let mut case = Case { studio: &studio, house: &house, members: &members, clients, occurrence };
        case.sign_in().await;
        let mut model = Model { capacity: Some(2), ..Model::default() };
        for (number, step) in steps.iter().enumerate() {
            studio.pass(std::time::Duration::from_secs(1));
            let expected = match *step {
                Step::Book(member) => model.book(member, false),
                Step::Wait(member) => model.book(member, true),
                Step::Cancel(member) => model.cancel(member),
                Step::Capacity(capacity) => model.set_capacity(capacity),
                Step::Late => {
                    model.is_late = true;
                    ""
                }
            };
            let context = || format!("step {number} of {steps:?}: {model:?}");
            assert_eq!(case.take(step).await, expected, "{}", context());
            assert_eq!(case.guests("waiting").await, model.queue, "{}", context());
            let booked: BTreeSet<_> = case.guests("booked").await.into_iter().collect();
            assert_eq!(booked, model.booked, "{}", context());
            let told = counts(&studio, &house, &case.occurrence).await;
            let lengths = [model.booked.len(), model.queue.len()].map(|length| i64::try_from(length).unwrap());
            assert_eq!((told.0, told.1), (lengths[0], lengths[1]), "{}", context());
        }
        let shown = on_the_website(&studio, &case.occurrence).await["spots_left"].clone();
        assert_eq!(shown, json!(model.spots_left()));
    }
}
