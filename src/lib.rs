//! tidewaiter lists what is inside a repository before anything ships: every component with its evidence, who needs
//! whom, licences, known advisories, a verdict by declarative rules, and SBOMs.
//!
//! # How a scan flows
//!
//! ```text
//! path ─ walk ─▶ Tree ─ detect ─▶ Hits ─ extract ─▶ ParsedFiles ─ resolve ─▶ Graph ─ license ─▶ Inventory
//!                                                                                                  │
//!                        bytes ◀─ report ◀─ Report ◀─ remedy ◀─ policy ◀─ vex ◀─ advisory ◀─ seal ◀┘
//! ```
//!
//! [`scan::inventory`] is the upper line, [`scan::judge`] the lower one; [`scan`] is the only place that knows the order.
//! A scan is a function of the tree, the rules, the advisory snapshot, the local package caches (unless switched off)
//! and this program's version. It cannot fail: trouble with the input is a [`model::Diagnostic`] in the
//! [`model::Report`], and one of severity Gap (we should have looked here and could not) lowers the verdict.
//!
//! # Layers
//!
//! A module imports its own files and lower layers only; `tests/layers.rs` holds everyone to it.
//!
//! | layer | modules | must not know |
//! |---|---|---|
//! | 0 | [`version`], [`model`] | files, formats |
//! | 1 | [`parse`], [`join`] | any ecosystem |
//! | 2 | [`ecosystem`], [`license`], [`advisory`], [`policy`], [`remedy`], [`baseline`], [`report`], [`vex`] | each other; the file system (but for the snapshot and rule files); the terminal |
//! | 3 | [`git`], [`walk`], [`detect`], [`extract`] | policy, reports |
//! | 4 | [`scan`], [`fetch`], [`tools`] | colours, flags |
//! | 5 | [`cli`] | nothing; only here: arguments, the environment, the clock, stdout and stderr |
//!
//! Only [`fetch`] opens sockets. Only [`tools`] runs a program, and only when asked to. Only `advisory::snapshot` maps a
//! file into memory, the one place with `unsafe` code.
//!
//! `build.rs` cuts the SPDX licence texts into the index that [`license`] reads, with that module's own code, so that no
//! scan pays for it.
//!
//! # Where to add what
//!
//! - **An ecosystem**: `src/ecosystem/<id>.rs`, two lines in [`ecosystem`], fixtures in `fixtures/ecosystems/<id>/`.
//! - **A file format**: one more [`ecosystem::Format`] in its ecosystem's table.
//! - **An output**: `src/report/<name>.rs`, two lines in [`report`].
//! - **A rule**: TOML under `rules/`. **A kind of rule**: a variant of [`policy::Check`], and what its documentation says.
//! - **A VEX format**: `src/vex/<name>.rs`, and its turn in [`vex::read`].
//! - **A version scheme**: a file in [`version`] and a variant of [`version::Scheme`].
//! - **A diagnostic code**: its explanation in [`model::code`].

pub mod advisory;
pub mod baseline;
pub mod cli;
pub mod detect;
pub mod ecosystem;
pub mod extract;
pub mod fetch;
pub mod git;
pub mod join;
pub mod license;
pub mod model;
pub mod parse;
pub mod policy;
pub mod remedy;
pub mod report;
pub mod scan;
pub mod tools;
pub mod version;
pub mod vex;
pub mod walk;
