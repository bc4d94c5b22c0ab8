//! Members: the people who train at a studio. A membership begins with an invitation, and ends when it is cancelled or
//! when its last day has passed. It is never public.

pub mod accounts;
mod audited;
pub mod calendar;
pub mod cancel;
mod erase;
mod erased;
mod import;
mod invitation;
mod invite;
mod kept;
pub mod management;
pub mod me;
mod model;
pub mod passing;
mod period;
mod queries;
mod rules;
mod unscoped;

pub use erase::erase;
pub use erased::readmit;
pub use import::{follow, import_new};
pub use kept::{KeptOfPerson, kept_of};
pub use model::{Membership, MembershipId, MembershipStatus, is_erased};
pub use period::today;
pub use queries::{MemberFilter, find_by_email, insert, list, withdrawn};
