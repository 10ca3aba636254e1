//! One integration-test binary: each module tests one promise of the project.

mod licenses;
mod purl;
mod versions;
