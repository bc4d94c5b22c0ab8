//! A bounded number of things at once, counted by the very gauge that operators see.
//!
//! Called by the accept loop for connections and by the edge for requests. Promises that a slot is given back
//! whatever becomes of its holder, and that asking never waits.

use prometheus_client::metrics::gauge::Gauge;

/// Room for so many at once.
#[derive(Clone, Debug)]
pub(super) struct Slots {
    taken: Gauge,
    most: i64,
}

impl Slots {
    pub(super) fn new(most: usize, taken: Gauge) -> Self {
        Self { taken, most: i64::try_from(most).unwrap_or(i64::MAX) }
    }

    /// A slot, or `None` at once when all are taken.
    pub(super) fn take(&self) -> Option<Slot> {
        let before = self.taken.inc();
        let slot = Slot(self.taken.clone());
        (before < self.most).then_some(slot)
    }

    /// A slot, also when all are taken.
    pub(super) fn take_regardless(&self) -> Slot {
        self.taken.inc();
        Slot(self.taken.clone())
    }
}

/// One of them; dropping it gives it back.
#[derive(Debug)]
pub(super) struct Slot(Gauge);

impl Drop for Slot {
    fn drop(&mut self) {
        self.0.dec();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slot_comes_back_when_its_holder_is_gone() {
        let gauge = Gauge::default();
        let slots = Slots::new(2, gauge.clone());
        let (one, _two) = (slots.take().expect("room"), slots.take().expect("room"));
        assert!(slots.take().is_none());
        drop(one);
        assert!(slots.take().is_some());
        assert_eq!(gauge.get(), 1);
    }
}
