//! Bookings: who takes part in an occurrence, and who waits for a place in it. Members book and cancel for themselves, staff
//! for them.
//!
//! All that writes a booking, and all that changes what a booking depends on, holds the studio's timetable
//! ([`TimetableTx`](crate::store::turns::TimetableTx)), so that no capacity is lowered beside a booking that would need it. An
//! occurrence counts its bookings (`booked_count`, `waiting_count`) in the transaction that writes them.
//!
//! Whatever happens to a booking passes [`changes::note`], in the same transaction.

pub mod attendance;
pub mod audited;
mod book;
pub mod calendar;
mod cancel;
pub mod changes;
mod follow;
mod import;
mod kept;
pub mod me;
mod me_queries;
pub mod me_schedule;
mod me_shape;
mod model;
mod queries;
mod request;
pub mod roster;
mod terms;
mod waiting;
mod window;

pub use book::{NewBooking, book};
pub use cancel::{BookingEffects, cancel, give_back, give_back_all, is_late_now};
pub use follow::follow;
pub use import::import_new;
pub use kept::{KeptBooking, kept_of};
pub use model::{Booking, BookingId, BookingStatus, CancelledBy};
pub use queries::forget_person;
pub use request::Booker;
