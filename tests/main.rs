//! One integration-test binary: each module tests one promise of the project.

mod advisories;
mod cli;
mod corpus;
mod counts;
mod determinism;
mod fetch;
mod hostile;
mod layers;
mod licenses;
mod policy;
mod purl;
mod reports;
mod support;
mod tidy;
mod versions;
