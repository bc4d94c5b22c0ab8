//! The sign-in widget: a page that websites show in a frame, so that a member's password is typed on the Members surface and nowhere
//! else. [`show`] makes the page, [`frame`] answers what its script asks, and [`window`] is the window of its own that it opens for
//! browsers that keep no cookie in a frame.
//!
//! Promises that the page is framed only by the origins that its publishable key names; that a token is for one of these; and that a
//! session of a frame counts in no window, and the other way round.

pub(super) mod frame;
mod key;
pub(super) mod show;
pub(super) mod window;
