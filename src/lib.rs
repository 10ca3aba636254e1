//! tidewaiter lists what is inside a repository before anything ships.

pub mod advisory;
pub mod cli;
pub mod detect;
pub mod ecosystem;
pub mod extract;
pub mod fetch;
pub mod join;
pub mod license;
pub mod model;
pub mod parse;
pub mod policy;
pub mod report;
pub mod scan;
pub mod version;
pub mod walk;
