//! The docs: guides whose samples are run, the reference, and the pages in a real browser.

mod browser;
mod pages;
mod reference;
mod samples;
