//! What is given away with the program: the notices of what others wrote, the list of its parts, and the archive of a release.

mod archive;
mod bill;
mod crates;
mod embedded;
mod notices;
