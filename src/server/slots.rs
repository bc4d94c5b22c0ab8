//! A limit on how many things exist at once, counted in a metrics gauge. Taking a slot never waits; dropping it frees it.

use prometheus_client::metrics::gauge::Gauge;

/// A limited number of slots.
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
    pub(super) fn take(&self) -> Option<HeldSlot> {
        let before = self.taken.inc();
        let slot = HeldSlot(self.taken.clone());
        (before < self.most).then_some(slot)
    }

    /// A slot, even when all are taken.
    pub(super) fn take_over_limit(&self) -> HeldSlot {
        self.taken.inc();
        HeldSlot(self.taken.clone())
    }
}

/// A taken slot; dropping it frees it.
#[derive(Debug)]
pub(super) struct HeldSlot(Gauge);

impl Drop for HeldSlot {
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
