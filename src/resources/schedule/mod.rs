//! The schedule: every single time that a class takes place.

pub mod ahead;
mod carried;
mod clocks;
mod conflicts;
mod fit;
mod follow;
mod layout;
pub mod management;
mod model;
mod pairing;
mod places;
mod range;
mod rules;
mod store;
pub mod storefront;
mod unscoped;

pub use carried::{Lines, carry_in, clashes, lay_out_unless_carried, refuse_clash, replace};
pub use fit::Effects;
pub use follow::{Brought, Changed, call_off, follow_all, follow_zone, lay_out, refit};
pub use model::{Occurrence, OccurrenceId, OccurrenceStatus};
pub use places::use_of;
pub use rules::reschedule;
pub use store::{Use, edited_of, note_edited, show_as_class};
