//! One integration-test binary: each module tests one promise of the project.
#![expect(clippy::disallowed_methods, reason = "tests read fixtures and start the program")]

mod advisories;
mod advisories_db;
mod aliases;
mod baseline;
mod cache_layouts;
mod caches;
mod cli;
mod corpus;
mod counts;
mod curations;
mod determinism;
mod differential;
mod fetch;
mod git;
mod hostile;
mod layers;
mod learn;
mod license_texts;
mod licenses;
mod notice;
mod policy;
mod purl;
mod remedies;
mod remedy_ways;
mod reports;
mod signals;
mod since;
mod support;
mod terms;
mod tidy;
mod tools;
mod undecided;
mod versions;
mod vex;
mod waivers;
