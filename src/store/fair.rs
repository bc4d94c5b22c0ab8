//! Slots that studios share: who asks while one is free for it has it at once, everybody else waits in a line of its own
//! studio and client network, or is refused. The studio that holds the fewest is served next, and in it the network that
//! holds the fewest.
//!
//! Called by [`super::admission`] for readers and writers, and by [`super::turns`] for the turns of each studio. Promises
//! that one studio leaves slots and waiting places to the others, that a slot comes back whatever becomes of its holder,
//! and that nobody waits long only to be refused.

mod state;

use std::{
    net::{IpAddr, Ipv6Addr},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{
    sync::oneshot,
    time::{Instant, timeout_at},
};

use super::id::StudioId;
use state::State;

/// Who asks: a studio, and the client network that the request came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Party {
    /// The studio; none where it is not known yet.
    pub studio: Option<StudioId>,
    /// The network, as an address.
    pub network: IpAddr,
}

impl Party {
    /// The gateway itself, at work for a studio.
    pub fn of_studio(studio: StudioId) -> Self {
        Self { studio: Some(studio), network: IpAddr::V6(Ipv6Addr::UNSPECIFIED) }
    }
}

/// How many slots there are, and how they are shared.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    /// Slots of all studios.
    pub slots: usize,
    /// How many of them are kept free for studios that hold none.
    pub reserved: usize,
    /// Slots of one studio at the most.
    pub of_one: usize,
    /// Slots of one client network at the most, whatever studios it asks for.
    pub of_network: usize,
    /// Requests that wait, of all studios. One network may fill half of what is left, so that others find a place.
    pub waiting: usize,
}

/// How long a request waits for a slot. It is refused after the first span, unless the line has moved so well
/// meanwhile that its turn is expected within another one. Then it goes on waiting, though it may take longer: who has
/// waited so long is not refused any more, except by a line that stands still.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// When a refusal is decided.
    pub first: Duration,
    /// When its turn has to be expected, so that it is not refused.
    pub expected: Duration,
    /// When it is refused at the latest.
    pub last: Duration,
}

/// The slots. Clones share them.
#[derive(Clone, Debug)]
pub struct FairSlots(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    shape: Shape,
    state: Mutex<State>,
}

impl Patience {
    /// Waits so long, however the line moves.
    pub const fn of(span: Duration) -> Self {
        Self { first: span, expected: span, last: span }
    }

    /// What is left of it for a request that has waited so long elsewhere.
    pub const fn after(self, waited: Duration) -> Self {
        Self {
            first: self.first.saturating_sub(waited),
            expected: self.expected.saturating_sub(waited),
            last: self.last.saturating_sub(waited),
        }
    }
}

impl FairSlots {
    /// Slots that are all free.
    pub fn new(shape: Shape) -> Self {
        Self(Arc::new(Shared { shape, state: Mutex::new(State::new(shape.slots)) }))
    }

    /// A slot, at once or after a wait; `None` is a refusal.
    pub async fn take(&self, party: Party, patience: Patience) -> Option<Slot> {
        let began = Instant::now();
        let (mut granted, queued) = {
            let mut state = self.0.lock();
            if state.may_take_at_once(&self.0.shape, party) {
                state.take(party);
                return Some(self.slot(party));
            }
            let (grant, granted) = oneshot::channel();
            let id = state.enqueue(&self.0.shape, party, grant)?;
            (granted, Queued { shared: Arc::clone(&self.0), party, id })
        };
        if let Ok(granted) = timeout_at(began + patience.first, &mut granted).await {
            return granted.ok();
        }
        let left = patience.expected.saturating_sub(patience.first);
        if queued.expected(patience.first).is_none_or(|wait| wait > left) {
            return None;
        }
        timeout_at(began + patience.last, &mut granted).await.ok()?.ok()
    }

    /// How many requests wait.
    pub fn waiting(&self) -> usize {
        self.0.lock().waiting()
    }

    /// How many slots are taken.
    pub fn taken(&self) -> usize {
        self.0.shape.slots - self.0.lock().free()
    }

    fn slot(&self, party: Party) -> Slot {
        Slot { shared: Some(Arc::clone(&self.0)), party, since: Instant::now() }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives free slots to those who wait.
    fn dispatch(self: &Arc<Self>, state: &mut State) {
        while let Some((party, grant)) = state.next(&self.shape) {
            state.take(party);
            let slot = Slot { shared: Some(Arc::clone(self)), party, since: Instant::now() };
            if let Err(mut unwanted) = grant.send(slot) {
                // Dropped as it is, it would ask for the lock that is held here.
                unwanted.shared = None;
                state.give_back(party);
            }
        }
    }
}

/// A slot that is held; dropping it gives it back.
#[derive(Debug)]
pub struct Slot {
    shared: Option<Arc<Shared>>,
    party: Party,
    since: Instant,
}

impl Drop for Slot {
    fn drop(&mut self) {
        let Some(shared) = self.shared.take() else { return };
        let mut state = shared.lock();
        state.note_held(self.party, self.since.elapsed());
        state.give_back(self.party);
        shared.dispatch(&mut state);
    }
}

/// A place in a line; dropping it leaves the line.
#[derive(Debug)]
struct Queued {
    shared: Arc<Shared>,
    party: Party,
    id: u64,
}

impl Queued {
    /// How much longer it takes, after a wait that was in vain so far; `None` where the line does not move.
    fn expected(&self, waited: Duration) -> Option<Duration> {
        self.shared.lock().expected(self.party, self.id, waited)
    }
}

impl Drop for Queued {
    fn drop(&mut self) {
        self.shared.lock().leave(self.party, self.id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT_ONCE: Patience = Patience::of(Duration::ZERO);
    const LONG: Patience = Patience::of(Duration::from_mins(1));

    fn slots(slots: usize, reserved: usize, waiting: usize) -> FairSlots {
        let of_network = if slots > 2 { slots - 1 } else { slots };
        FairSlots::new(Shape { slots, reserved, of_one: slots, of_network, waiting })
    }

    /// The studio of this number, asked from the network of that number.
    fn party(studio: u32, network: u8) -> Party {
        let studio = format!("std_{studio:026}").parse().expect("an id");
        Party { studio: Some(studio), network: IpAddr::from([192, 0, 2, network]) }
    }

    /// Asks, and returns once it has been asked.
    async fn asks(slots: &FairSlots, party: Party) -> tokio::task::JoinHandle<Option<Slot>> {
        let (before, slots) = (slots.waiting(), slots.clone());
        let asked = tokio::spawn({
            let slots = slots.clone();
            async move { slots.take(party, LONG).await }
        });
        while slots.waiting() == before {
            tokio::task::yield_now().await;
        }
        asked
    }

    #[tokio::test]
    async fn a_studio_at_its_share_is_refused_at_once_while_another_is_admitted() {
        let slots = slots(6, 2, 0);
        let mut held = Vec::new();
        while let Some(slot) = slots.take(party(1, 1), AT_ONCE).await {
            held.push(slot);
        }
        assert_eq!(held.len(), 4, "alone it takes all but what is kept for others");
        let quiet = slots.take(party(2, 1), AT_ONCE).await;
        assert!(quiet.is_some());
        assert!(slots.take(party(2, 1), AT_ONCE).await.is_none(), "what is kept is for those who hold none");
        assert!(slots.take(party(1, 1), AT_ONCE).await.is_none());
    }

    #[tokio::test]
    async fn one_network_leaves_a_slot_to_the_others_whatever_studios_it_asks_for() {
        let slots = slots(6, 2, 0);
        let mut held = Vec::new();
        for studio in 0..20 {
            held.extend(slots.take(party(studio, 1), AT_ONCE).await);
        }
        assert_eq!(held.len(), 5);
        assert!(slots.take(party(0, 2), AT_ONCE).await.is_none(), "that studio has one already");
        assert!(slots.take(party(99, 2), AT_ONCE).await.is_some());
    }

    #[tokio::test]
    async fn who_holds_the_fewest_is_served_next_whoever_came_first() {
        let slots = slots(2, 0, 64);
        let (first, second) = (slots.take(party(1, 1), LONG).await, slots.take(party(1, 1), LONG).await);
        let (noisy, quiet) = (asks(&slots, party(1, 1)).await, asks(&slots, party(2, 1)).await);
        drop(first);
        let quiet = quiet.await.unwrap().expect("a slot");
        assert!(!noisy.is_finished());
        drop(second);
        drop((noisy.await.unwrap().expect("a slot"), quiet));
        assert_eq!((slots.taken(), slots.waiting()), (0, 0));
    }

    #[tokio::test]
    async fn the_visitors_of_one_studio_are_served_in_turn() {
        let slots = slots(1, 0, 64);
        let held = slots.take(party(1, 1), LONG).await;
        let crowd = [asks(&slots, party(1, 1)).await, asks(&slots, party(1, 1)).await];
        let visitor = asks(&slots, party(1, 2)).await;
        drop(held);
        drop(visitor.await.unwrap().expect("before those who came first"));
        for one in crowd {
            drop(one.await.unwrap().expect("a slot"));
        }
    }

    #[tokio::test]
    async fn a_crowd_leaves_waiting_places_to_the_others() {
        let slots = slots(1, 0, 8);
        let _held = slots.take(party(1, 1), LONG).await;
        let mut crowd = Vec::new();
        while crowd.len() < 4 {
            crowd.push(asks(&slots, party(1, 1)).await);
        }
        assert!(slots.take(party(1, 1), LONG).await.is_none(), "half of the places is its share");
        crowd.push(asks(&slots, party(2, 1)).await);
        crowd.push(asks(&slots, party(1, 2)).await);
        for one in crowd {
            one.abort();
            assert!(one.await.is_err());
        }
        assert_eq!(slots.waiting(), 0, "who goes away leaves the line");
    }

    #[tokio::test]
    async fn a_line_that_does_not_move_is_refused_after_the_first_span() {
        let slots = slots(1, 0, 8);
        let held = slots.take(party(1, 1), LONG).await;
        let patience = Patience { first: Duration::from_millis(1), ..LONG };
        assert!(slots.take(party(1, 1), patience).await.is_none());
        drop(held);
        assert!(slots.take(party(1, 1), AT_ONCE).await.is_some());
    }
}
