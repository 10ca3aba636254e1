//! Every test outside the modules they test, in one binary.

mod versions;
