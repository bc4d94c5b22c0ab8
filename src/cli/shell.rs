//! `completions` and `man`: what a shell and a reader of manuals know of the commands, printed from the same definition
//! that reads them.

use std::path::PathBuf;

use clap::Args;
use clap_complete::Shell;

use super::{Done, Failure, command, output};

/// The name that the commands are called by.
const NAME: &str = "flow-gateway";

/// What `completions` takes.
#[derive(Args)]
pub struct Completions {
    /// The shell
    shell: Shell,
}

/// What `man` takes.
#[derive(Args)]
pub struct Man {
    /// Writes a page for each command into this directory, instead of printing that of the program
    #[arg(long, value_name = "DIR")]
    directory: Option<PathBuf>,
}

impl Completions {
    /// Runs it.
    pub fn run(self) -> Done {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut command(), NAME, &mut script);
        output::line(String::from_utf8_lossy(&script).trim_end())
    }
}

impl Man {
    /// Runs it.
    pub fn run(self) -> Done {
        if let Some(directory) = self.directory {
            std::fs::create_dir_all(&directory)
                .and_then(|()| clap_mangen::generate_to(command(), &directory))
                .map_err(|error| Failure::refused(format!("{}: {error}", directory.display())))?;
            return Ok(());
        }
        let mut page = Vec::new();
        clap_mangen::Man::new(command()).render(&mut page)?;
        output::line(String::from_utf8_lossy(&page).trim_end())
    }
}
