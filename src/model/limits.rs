//! Every bound on what a scan reads, in one place; each limit that is hit is listed under coverage.

/// Bounds with documented defaults. A scan never allocates by a number read from its input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Largest file that is read; larger ones are a Gap. Default 512 MiB.
    pub file_size_bytes_max: u64,
    /// Deepest nesting of any document. Default 128.
    pub depth_max: usize,
    /// Most entries taken from one file. Default 2,000,000.
    pub entries_max: usize,
    /// Most files in the tree that are looked at. Default 5,000,000.
    pub files_max: usize,
    /// Largest licence text that is compared. Default 1 MiB.
    pub license_size_bytes_max: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            file_size_bytes_max: 512 << 20,
            depth_max: 128,
            entries_max: 2_000_000,
            files_max: 5_000_000,
            license_size_bytes_max: 1 << 20,
        }
    }
}
