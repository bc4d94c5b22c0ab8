//! The state of [`super::FairSlots`]: who holds slots, who waits, who is next. Used under its lock.

use std::{
    collections::{HashMap, VecDeque},
    net::IpAddr,
    time::Duration,
};

use tokio::sync::oneshot;

use super::{Requester, Slot, SlotLimits};
use crate::store::id::StudioId;

/// Sends the slot to a waiting request.
type Grant = oneshot::Sender<Slot>;

/// The state. It contains only studios and networks that hold or wait.
#[derive(Debug)]
pub(super) struct FairState {
    free: usize,
    waiting: usize,
    /// Counts grants and queued requests: an order without a clock.
    count: u64,
    studios: HashMap<Option<StudioId>, StudioShare>,
    /// Slots held by each network, over all studios.
    networks: HashMap<IpAddr, usize>,
}

#[derive(Debug, Default)]
struct StudioShare {
    held: usize,
    waiting: usize,
    /// When it last got a slot, by the count.
    last: u64,
    /// How many of its waiting requests got a slot.
    served: u64,
    /// A moving average of how long a slot is held.
    hold: Duration,
    lines: Vec<NetworkQueue>,
}

/// The queue of one network for one studio.
#[derive(Debug)]
struct NetworkQueue {
    network: IpAddr,
    held: usize,
    last: u64,
    waiters: VecDeque<Waiter>,
}

#[derive(Debug)]
struct Waiter {
    id: u64,
    /// The studio's `served` when this request was queued.
    served: u64,
    grant: Grant,
}

/// What a waiting request may expect.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Outlook {
    /// The expected wait: from what was served while it waited, or, if a slot is typically held longer than that, from the hold
    /// time. `None` if neither shows that the queue moves.
    pub(super) expected: Option<Duration>,
    /// Whether no more requests of its studio stand before it than slots are held by it, or one.
    pub(super) is_next: bool,
}

impl FairState {
    pub(super) fn new(slots: usize) -> Self {
        Self { free: slots, waiting: 0, count: 0, studios: HashMap::new(), networks: HashMap::new() }
    }

    pub(super) fn waiting(&self) -> usize {
        self.waiting
    }

    pub(super) fn free(&self) -> usize {
        self.free
    }

    /// Whether a slot is free for this requester, and no request of its studio waits.
    pub(super) fn may_take_at_once(&self, shape: &SlotLimits, requester: Requester) -> bool {
        let studio = self.studios.get(&requester.studio);
        studio.is_none_or(|studio| studio.waiting == 0)
            && self.may_take(shape, studio.map_or(0, |studio| studio.held), requester.network)
    }

    fn may_take(&self, shape: &SlotLimits, held: usize, network: IpAddr) -> bool {
        self.free > if held == 0 { 0 } else { shape.reserved }
            && held < shape.per_studio
            && self.networks.get(&network).is_none_or(|held| *held < shape.per_network)
    }

    pub(super) fn take(&mut self, requester: Requester) {
        self.count += 1;
        self.free -= 1;
        *self.networks.entry(requester.network).or_default() += 1;
        let count = self.count;
        let studio = self.studios.entry(requester.studio).or_default();
        (studio.held, studio.last) = (studio.held + 1, count);
        let line = studio.line(requester.network);
        (line.held, line.last) = (line.held + 1, count);
    }

    pub(super) fn give_back(&mut self, requester: Requester) {
        self.free += 1;
        if let Some(held) = self.networks.get_mut(&requester.network) {
            *held -= 1;
            if *held == 0 {
                self.networks.remove(&requester.network);
            }
        }
        if let Some(studio) = self.studios.get_mut(&requester.studio) {
            studio.held -= 1;
            studio.line(requester.network).held -= 1;
        }
        self.tidy(requester);
    }

    /// Remembers how long a slot was held: an average in which the latest counts an eighth.
    pub(super) fn note_held(&mut self, requester: Requester, held: Duration) {
        if let Some(studio) = self.studios.get_mut(&requester.studio) {
            studio.hold = if studio.hold.is_zero() { held } else { (studio.hold * 7 + held) / 8 };
        }
    }

    /// Queues a request; `None` where its network or its studio has its share of those who wait.
    pub(super) fn enqueue(&mut self, shape: &SlotLimits, requester: Requester, grant: Grant) -> Option<u64> {
        let left = shape.waiting.saturating_sub(self.waiting);
        let known = self.studios.get(&requester.studio);
        let of_studio = known.map_or(0, |studio| studio.waiting);
        let per_network = known.and_then(|studio| studio.lines.iter().find(|line| line.network == requester.network));
        if per_network.map_or(0, |line| line.waiters.len()) >= left || of_studio >= 2 * left {
            return None;
        }
        self.count += 1;
        self.waiting += 1;
        let id = self.count;
        let studio = self.studios.entry(requester.studio).or_default();
        studio.waiting += 1;
        let served = studio.served;
        studio.line(requester.network).waiters.push_back(Waiter { id, served, grant });
        Some(id)
    }

    /// The next waiting request to get a slot, if one is free for any.
    pub(super) fn next(&mut self, shape: &SlotLimits) -> Option<(Requester, Grant)> {
        if self.free == 0 || self.waiting == 0 {
            return None;
        }
        let line_of = |studio: &StudioShare| {
            let lines = studio.lines.iter().enumerate();
            let may =
                lines.filter(|(_, line)| !line.waiters.is_empty() && self.may_take(shape, studio.held, line.network));
            may.min_by_key(|(_, line)| (line.held, line.last)).map(|(at, _)| at)
        };
        let waiting = self.studios.iter().filter(|(_, studio)| studio.waiting > 0);
        let may = waiting.filter_map(|(id, studio)| Some((*id, line_of(studio)?, (studio.held, studio.last))));
        let (id, at, _) = may.min_by_key(|(_, _, order)| *order)?;
        let studio = self.studios.get_mut(&id)?;
        let network = studio.lines[at].network;
        let waiter = studio.lines[at].waiters.pop_front()?;
        studio.waiting -= 1;
        studio.served += 1;
        self.waiting -= 1;
        Some((Requester { studio: id, network }, waiter.grant))
    }

    /// Removes a request from its queue, if it is still there.
    pub(super) fn leave(&mut self, requester: Requester, id: u64) {
        let Some(studio) = self.studios.get_mut(&requester.studio) else { return };
        let Some(line) = studio.lines.iter_mut().find(|line| line.network == requester.network) else { return };
        // Ids grow along a line.
        let Ok(at) = line.waiters.binary_search_by_key(&id, |waiter| waiter.id) else { return };
        line.waiters.remove(at);
        studio.waiting -= 1;
        self.waiting -= 1;
        self.tidy(requester);
    }

    /// What a request may expect that has waited so long; `None` if it waits no more.
    pub(super) fn outlook(&self, requester: Requester, id: u64, waited: Duration) -> Option<Outlook> {
        let studio = self.studios.get(&requester.studio)?;
        let line = studio.lines.iter().find(|line| line.network == requester.network)?;
        let at = line.waiters.binary_search_by_key(&id, |waiter| waiter.id).ok()?;
        let lines = studio.lines.iter().filter(|line| !line.waiters.is_empty()).count();
        let ahead = u32::try_from((at + 1) * lines).unwrap_or(u32::MAX);
        let served = u32::try_from(studio.served - line.waiters[at].served).unwrap_or(u32::MAX);
        let at_once = u32::try_from(studio.held.max(1)).unwrap_or(u32::MAX);
        let expected = if served > 0 {
            Some(waited.saturating_mul(ahead) / served)
        } else {
            (studio.hold * 2 > waited).then(|| studio.hold.saturating_mul(ahead) / at_once)
        };
        Some(Outlook { expected, is_next: ahead <= at_once })
    }

    /// Removes a studio and a network that neither hold nor wait.
    fn tidy(&mut self, requester: Requester) {
        let Some(studio) = self.studios.get_mut(&requester.studio) else { return };
        if studio.held == 0 && studio.waiting == 0 {
            self.studios.remove(&requester.studio);
        } else {
            studio.lines.retain(|line| line.held > 0 || !line.waiters.is_empty());
        }
    }
}

impl StudioShare {
    fn line(&mut self, network: IpAddr) -> &mut NetworkQueue {
        let at = self.lines.iter().position(|line| line.network == network).unwrap_or_else(|| {
            self.lines.push(NetworkQueue { network, held: 0, last: 0, waiters: VecDeque::new() });
            self.lines.len() - 1
        });
        &mut self.lines[at]
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn a_line_is_expected_to_go_on_as_it_went() {
        let shape = SlotLimits { slots: 1, reserved: 0, per_studio: 1, per_network: 1, waiting: 64 };
        let requester = Requester { studio: None, network: Ipv4Addr::LOCALHOST.into() };
        let mut state = FairState::new(1);
        state.take(requester);
        let queued: Vec<_> = (0..5).map(|_| state.enqueue(&shape, requester, oneshot::channel().0)).collect();
        let last = queued[4].expect("there is room");
        let outlook = |state: &FairState, id, waited| state.outlook(requester, id, waited).expect("it waits");
        let expected = |state: &FairState, id, waited| outlook(state, id, waited).expected;
        assert_eq!(expected(&state, last, SECOND), None, "nobody was served");
        let is_next: Vec<_> =
            queued.iter().map(|id| outlook(&state, id.expect("there is room"), SECOND).is_next).collect();
        assert_eq!(is_next, [true, false, false, false, false], "one slot is held");
        for served in 1..=2 {
            state.give_back(requester);
            assert!(state.next(&shape).is_some());
            state.take(requester);
            assert_eq!(expected(&state, last, SECOND), Some(SECOND * (5 - served) / served));
        }
        state.note_held(requester, SECOND * 4);
        let new = state.enqueue(&shape, requester, oneshot::channel().0).expect("there is room");
        assert_eq!(expected(&state, new, SECOND), Some(SECOND * 16), "three stand before it, each held for four");
        assert_eq!(expected(&state, new, SECOND * 10), None, "one should have been served by now");
    }
}
