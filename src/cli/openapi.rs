//! `openapi`: prints the OpenAPI document of a surface.

use clap::{Args, ValueEnum};

use super::{Done, output, serve::public_address};
use crate::{
    access::surface::Surface,
    config::{PublicUrl, Serving},
    operation::document::{served_at, three_zero::as_3_0},
    surfaces::{management, members, storefront},
};

/// The command's arguments.
#[derive(Args)]
pub struct Openapi {
    /// The surface
    surface: DocumentName,
    /// The version of OpenAPI; 3.0 is for tools that do not know 3.1
    #[arg(long, value_name = "3.1|3.0", default_value = "3.1", hide_possible_values = true)]
    version: OpenApiVersion,
    /// The address in its servers [default: the surface's public URL from the settings, else its listen address]
    #[arg(long, value_name = "URL")]
    server: Option<PublicUrl>,
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

#[derive(Clone, Copy, ValueEnum)]
enum OpenApiVersion {
    #[value(name = "3.1")]
    ThreeOne,
    #[value(name = "3.0")]
    ThreeZero,
}

impl Openapi {
    /// Runs it.
    pub fn run(self, settings: &Serving) -> Done {
        let (surface, document) = match self.surface {
            DocumentName::Storefront => (Surface::Storefront, storefront::document()),
            DocumentName::Management => (Surface::Management, management::document()),
            DocumentName::Members => (Surface::Members, members::document()),
        };
        let url = self.server.map_or_else(|| public_address(surface, settings), |url| url.as_str().to_owned());
        let document = served_at(document, &url);
        output::json(&match self.version {
            OpenApiVersion::ThreeOne => document,
            OpenApiVersion::ThreeZero => as_3_0(document),
        })
    }
}
