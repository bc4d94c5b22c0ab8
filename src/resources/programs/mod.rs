//! Programs: classes that belong together. What names one stands here.

use crate::store::id::{Id, Named};

/// A program, as an id names it.
#[derive(Clone, Copy, Debug)]
pub enum Program {}

impl Named for Program {
    const PREFIX: &'static str = "prg";
    const NOUN: &'static str = "program";
}

/// The id of a program.
pub type ProgramId = Id<Program>;
