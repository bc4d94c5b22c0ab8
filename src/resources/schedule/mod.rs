//! The schedule: every single time that a class takes place.

pub mod ahead;
mod capacity;
mod carried;
mod clocks;
mod conflicts;
mod edited;
mod effects;
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
pub mod zone_rules;

pub use carried::{Lines, carry_in, clashes, lay_out_unless_carried, refuse_clash, replace};
pub use edited::{edited_of, note_edited};
pub use effects::Effects;
pub use follow::{Brought, Changed, call_off, follow_all, follow_zone, lay_out, refit};
pub use model::{Occurrence, OccurrenceId, OccurrenceStatus};
pub use places::use_of;
pub use rules::reschedule;
pub use store::{Use, show_as_class, tell_of_room};
