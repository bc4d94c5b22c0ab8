//! Slots shared fairly by studios. A request gets a free slot at once, waits in the queue of its studio and client network, or is
//! refused. The next slot goes to the studio that holds the fewest, and there to the network that holds the fewest.
//!
//! Promises that one studio leaves slots and queue space to the others, that a slot is freed whatever happens to its holder,
//! and that no request waits for longer than a second only to be refused, while the queue does not move.

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
use state::{FairState, Outlook};

/// Who wants a slot: a studio, and the client network of the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Requester {
    /// The studio; none if it is not known yet.
    pub studio: Option<StudioId>,
    /// The network, as an address.
    pub network: IpAddr,
}

impl Requester {
    /// The gateway itself, working for a studio.
    pub fn of_studio(studio: StudioId) -> Self {
        Self { studio: Some(studio), network: IpAddr::V6(Ipv6Addr::UNSPECIFIED) }
    }
}

/// How many slots there are, and the limits per studio and network.
#[derive(Clone, Copy, Debug)]
pub struct SlotLimits {
    /// All slots.
    pub slots: usize,
    /// Slots kept free for studios that hold none.
    pub reserved: usize,
    /// The most slots of one studio.
    pub per_studio: usize,
    /// The most slots of one client network, over all studios.
    pub per_network: usize,
    /// The most waiting requests. One network may use half of what is left, a studio two thirds.
    pub waiting: usize,
}

/// How long a request waits for a slot. After `decide_after` it is refused, unless the queue moves fast enough that its turn is
/// expected within `expected_within`. Then it waits on, up to `at_most`: a request that has waited so long is refused only
/// if the queue stalls.
#[derive(Clone, Copy, Debug)]
pub struct WaitLimits {
    /// When to decide whether to refuse.
    pub decide_after: Duration,
    /// How long a request waits, whatever the queue does, if no more requests of its studio stand before it than slots are held by it. A
    /// page of a website asks several things at once, and a slow moment is no overload.
    pub if_next: Duration,
    /// A request that expects its turn by then is not refused.
    pub expected_within: Duration,
    /// The longest wait.
    pub at_most: Duration,
}

/// The slots. Clones share them.
#[derive(Clone, Debug)]
pub struct FairSlots(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    shape: SlotLimits,
    state: Mutex<FairState>,
}

impl WaitLimits {
    /// The same limit however fast the queue moves.
    pub const fn of(span: Duration) -> Self {
        Self { decide_after: span, if_next: span, expected_within: span, at_most: span }
    }

    /// The rest, for a request that has already waited elsewhere.
    pub const fn after(self, waited: Duration) -> Self {
        Self {
            decide_after: self.decide_after.saturating_sub(waited),
            if_next: self.if_next.saturating_sub(waited),
            expected_within: self.expected_within.saturating_sub(waited),
            at_most: self.at_most.saturating_sub(waited),
        }
    }
}

impl FairSlots {
    /// Slots that are all free.
    pub fn new(shape: SlotLimits) -> Self {
        Self(Arc::new(Shared { shape, state: Mutex::new(FairState::new(shape.slots)) }))
    }

    /// A slot, at once or after a wait; `None` means refused.
    pub async fn take(&self, requester: Requester, limits: WaitLimits) -> Option<Slot> {
        let began = Instant::now();
        let (mut granted, queued) = {
            let mut state = self.0.lock();
            if state.may_take_at_once(&self.0.shape, requester) {
                state.take(requester);
                return Some(self.slot(requester));
            }
            let (grant, granted) = oneshot::channel();
            let id = state.enqueue(&self.0.shape, requester, grant)?;
            (granted, Queued { shared: Arc::clone(&self.0), requester, id })
        };
        if let Ok(granted) = timeout_at(began + limits.decide_after, &mut granted).await {
            return granted.ok();
        }
        let left = limits.expected_within.saturating_sub(limits.decide_after);
        let limit = match queued.outlook(limits.decide_after) {
            Outlook { expected: Some(wait), .. } if wait <= left => limits.at_most,
            Outlook { is_next: true, .. } => limits.if_next,
            Outlook { .. } => return None,
        };
        timeout_at(began + limit, &mut granted).await.ok()?.ok()
    }

    /// How many requests wait.
    pub fn waiting(&self) -> usize {
        self.0.lock().waiting()
    }

    /// How many slots are taken.
    pub fn taken(&self) -> usize {
        self.0.shape.slots - self.0.lock().free()
    }

    fn slot(&self, requester: Requester) -> Slot {
        Slot { shared: Some(Arc::clone(&self.0)), requester, since: Instant::now() }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, FairState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives free slots to waiting requests.
    fn dispatch(self: &Arc<Self>, state: &mut FairState) {
        while let Some((requester, grant)) = state.next(&self.shape) {
            state.take(requester);
            let slot = Slot { shared: Some(Arc::clone(self)), requester, since: Instant::now() };
            if let Err(mut unwanted) = grant.send(slot) {
                // Dropping the slot would take the lock that is held here.
                unwanted.shared = None;
                state.give_back(requester);
            }
        }
    }
}

/// A held slot; dropping it frees it.
#[derive(Debug)]
pub struct Slot {
    shared: Option<Arc<Shared>>,
    requester: Requester,
    since: Instant,
}

impl Drop for Slot {
    fn drop(&mut self) {
        let Some(shared) = self.shared.take() else { return };
        let mut state = shared.lock();
        state.note_held(self.requester, self.since.elapsed());
        state.give_back(self.requester);
        shared.dispatch(&mut state);
    }
}

/// A place in a queue; dropping it leaves the queue.
#[derive(Debug)]
struct Queued {
    shared: Arc<Shared>,
    requester: Requester,
    id: u64,
}

impl Queued {
    /// What it may expect, after it has waited so long.
    fn outlook(&self, waited: Duration) -> Outlook {
        self.shared.lock().outlook(self.requester, self.id, waited).unwrap_or_default()
    }
}

impl Drop for Queued {
    fn drop(&mut self) {
        self.shared.lock().leave(self.requester, self.id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT_ONCE: WaitLimits = WaitLimits::of(Duration::ZERO);
    const LONG: WaitLimits = WaitLimits::of(Duration::from_mins(1));

    fn slots(slots: usize, reserved: usize, waiting: usize) -> FairSlots {
        let per_network = if slots > 2 { slots - 1 } else { slots };
        FairSlots::new(SlotLimits { slots, reserved, per_studio: slots, per_network, waiting })
    }

    /// The studio of this number, asked from the network of that number.
    fn requester(studio: u32, network: u8) -> Requester {
        let studio = format!("std_{studio:026}").parse().expect("an id");
        Requester { studio: Some(studio), network: IpAddr::from([192, 0, 2, network]) }
    }

    /// Asks, and returns once it has been asked.
    async fn asks(slots: &FairSlots, requester: Requester) -> tokio::task::JoinHandle<Option<Slot>> {
        let (before, slots) = (slots.waiting(), slots.clone());
        let asked = tokio::spawn({
            let slots = slots.clone();
            async move { slots.take(requester, LONG).await }
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
        while let Some(slot) = slots.take(requester(1, 1), AT_ONCE).await {
            held.push(slot);
        }
        assert_eq!(held.len(), 4, "alone it takes all but what is kept for others");
        let quiet = slots.take(requester(2, 1), AT_ONCE).await;
        assert!(quiet.is_some());
        assert!(slots.take(requester(2, 1), AT_ONCE).await.is_none(), "what is kept is for those who hold none");
        assert!(slots.take(requester(1, 1), AT_ONCE).await.is_none());
    }

    #[tokio::test]
    async fn one_network_leaves_a_slot_to_the_others_whatever_studios_it_asks_for() {
        let slots = slots(6, 2, 0);
        let mut held = Vec::new();
        for studio in 0..20 {
            held.extend(slots.take(requester(studio, 1), AT_ONCE).await);
        }
        assert_eq!(held.len(), 5);
        assert!(slots.take(requester(0, 2), AT_ONCE).await.is_none(), "that studio has one already");
        assert!(slots.take(requester(99, 2), AT_ONCE).await.is_some());
    }

    #[tokio::test]
    async fn who_holds_the_fewest_is_served_next_whoever_came_first() {
        let slots = slots(2, 0, 64);
        let (first, second) = (slots.take(requester(1, 1), LONG).await, slots.take(requester(1, 1), LONG).await);
        let (noisy, quiet) = (asks(&slots, requester(1, 1)).await, asks(&slots, requester(2, 1)).await);
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
        let held = slots.take(requester(1, 1), LONG).await;
        let crowd = [asks(&slots, requester(1, 1)).await, asks(&slots, requester(1, 1)).await];
        let visitor = asks(&slots, requester(1, 2)).await;
        drop(held);
        drop(visitor.await.unwrap().expect("before those who came first"));
        for one in crowd {
            drop(one.await.unwrap().expect("a slot"));
        }
    }

    #[tokio::test]
    async fn a_crowd_leaves_waiting_places_to_the_others() {
        let slots = slots(1, 0, 8);
        let _held = slots.take(requester(1, 1), LONG).await;
        let mut crowd = Vec::new();
        while crowd.len() < 4 {
            crowd.push(asks(&slots, requester(1, 1)).await);
        }
        assert!(slots.take(requester(1, 1), LONG).await.is_none(), "half of the places is its share");
        crowd.push(asks(&slots, requester(2, 1)).await);
        crowd.push(asks(&slots, requester(1, 2)).await);
        for one in crowd {
            one.abort();
            assert!(one.await.is_err());
        }
        assert_eq!(slots.waiting(), 0, "who goes away leaves the line");
    }

    #[tokio::test]
    async fn a_line_that_does_not_move_is_refused_after_the_first_span() {
        let slots = slots(1, 0, 8);
        let held = slots.take(requester(1, 1), LONG).await;
        let limits = WaitLimits { decide_after: Duration::from_millis(1), ..LONG };
        let next = asks(&slots, requester(1, 1)).await;
        assert!(slots.take(requester(1, 1), limits).await.is_none());
        let at_once = WaitLimits { if_next: Duration::from_millis(2), ..limits };
        next.abort();
        assert!(next.await.is_err());
        assert!(slots.take(requester(1, 1), at_once).await.is_none(), "who is next does not wait for ever");
        drop(held);
        assert!(slots.take(requester(1, 1), AT_ONCE).await.is_some());
    }

    #[tokio::test]
    async fn who_is_next_waits_on_also_when_nobody_was_served_yet() {
        let slots = slots(1, 0, 8);
        let held = slots.take(requester(1, 1), LONG).await;
        let next = tokio::spawn({
            let slots = slots.clone();
            async move { slots.take(requester(1, 1), WaitLimits { decide_after: Duration::ZERO, ..LONG }).await }
        });
        // Timers end in their order: this one later than that of the decision.
        tokio::time::sleep(Duration::from_millis(20)).await;
        assert_eq!(slots.waiting(), 1, "the decision has been made by now");
        drop(held);
        assert!(next.await.unwrap().is_some());
    }
}
