//! What a form writes in that changes the timetable or a booking: a transaction in the studio's turn, and then a slot of the
//! database. The paths of such forms are those of
//! [`waits_for_a_turn`](crate::access::sessions::pages::waits_for_a_turn).

use crate::{
    access::{caller::Caller, sessions::caller::StaffCaller},
    operation::app::App,
    store::{
        error::StoreError,
        fair::Slot,
        turns::{TimetableTx, WriteTx},
    },
    wire::problem::Problem,
};

/// A write that has begun. What is not committed never happened.
pub(super) struct WriteInTurn {
    pub tx: TimetableTx,
    slot: Slot,
}

impl WriteInTurn {
    /// Waits for the turn and the slot, and begins.
    ///
    /// # Errors
    /// When they do not come soon, or the database fails.
    pub(super) async fn begin(app: &App, caller: &StaffCaller) -> Result<Self, Problem> {
        let asked = tokio::time::Instant::now();
        let turn = TimetableTx::wait(&app.turns, caller.requester(), app.admission.turn_limits()).await?;
        let slot = app.admission.write(caller.requester(), asked.elapsed()).await?;
        let tx = app.db.begin_studio(&app.clock, caller.studio(), 1).await?;
        Ok(Self { tx: TimetableTx::lock(tx, turn).await?, slot })
    }

    /// Makes it all true.
    pub(super) async fn commit(self) -> Result<(), StoreError> {
        let Self { tx, slot } = self;
        tx.commit_and_free(slot).await
    }
}
