//! The same question put to a second program, which was written by others.

mod recurrence;
