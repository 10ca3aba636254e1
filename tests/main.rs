//! One integration-test binary: each module tests one promise of the project.

mod advisories;
mod corpus;
mod determinism;
mod fetch;
mod hostile;
mod layers;
mod licenses;
mod policy;
mod purl;
mod support;
mod tidy;
mod versions;
