//! The docs: guides whose samples are run, the reference, and the pages in a real browser; and the page of the ASVS.

mod asvs;
mod browser;
mod pages;
mod reference;
mod samples;
