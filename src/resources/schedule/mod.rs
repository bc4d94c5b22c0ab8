//! The schedule: every single time that a class takes place.

pub mod ahead;
mod capacity;
mod clocks;
mod conflicts;
mod edited;
mod effects;
mod embedded;
mod fit;
mod follow;
mod import;
mod layout;
pub mod management;
mod model;
mod pairing;
mod places;
mod queries;
mod range;
mod room;
mod rules;
pub mod storefront;
mod unscoped;
pub mod zone_rules;

pub use capacity::{find, find_all};
pub use conflicts::LONGEST;
pub use effects::Effects;
pub use follow::{call_off, follow_zone, lay_out, refit};
pub use import::{clashes, import_new, lay_out_unless_imported};
pub use model::{Occurrence, OccurrenceId, OccurrenceStatus};
pub use places::use_of;
pub use queries::edits::{Edit, edits_of, note_edited};
pub use queries::{ScheduleFilter, ShownTo, Use, list, show_as_class};
pub use range::Bound;
pub use room::follow_room;
pub use rules::reschedule;
