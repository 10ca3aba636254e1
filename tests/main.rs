//! Every test outside the modules they test, in one binary.

mod purl;
mod reports;
mod versions;
