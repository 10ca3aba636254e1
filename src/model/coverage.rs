//! What a scan looked at, what it left out and why: the honest frame around every report.

use std::collections::BTreeMap;

use serde::Serialize;

/// Counts of what was seen and not seen. Example: 12,004 files seen, 31 read, 9,811 in installed trees.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Coverage {
    /// Files seen by the walk.
    pub files_seen: usize,
    /// Files opened because a format or the licence stage claims their name.
    pub files_read: usize,
    /// Bytes of those.
    pub bytes_read: u64,
    /// Files read per format name.
    pub formats: BTreeMap<&'static str, usize>,
    /// Left out by rule: reason (`installed-tree: node_modules`, `excluded: docs/**`) to number of files or trees.
    pub left_out: BTreeMap<String, usize>,
    /// Symbolic links seen and not followed.
    pub symlinks: usize,
    /// Where licences were looked for, in the order of asking.
    pub license_places: Vec<String>,
    /// Limits that were hit, in words, with the path.
    pub limits_hit: Vec<String>,
}
