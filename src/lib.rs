//! tidewaiter lists what is inside a repository before anything ships.

pub mod ecosystem;
pub mod join;
pub mod license;
pub mod model;
pub mod parse;
pub mod version;
