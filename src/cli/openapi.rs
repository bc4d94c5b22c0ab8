//! `openapi`: prints the OpenAPI document of a surface.

use clap::{Args, ValueEnum};

use super::{Done, output};
use crate::surfaces::{management, members, storefront};

/// The command's arguments.
#[derive(Args)]
pub struct Openapi {
    /// The surface
    surface: DocumentName,
    /// Prints JSON; this is the only format
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum DocumentName {
    Storefront,
    Management,
    Members,
}

impl Openapi {
    /// Runs it.
    pub fn run(self) -> Done {
        match self.surface {
            DocumentName::Storefront => output::json(&storefront::document()),
            DocumentName::Management => output::json(&management::document()),
            DocumentName::Members => output::json(&members::document()),
        }
    }
}
