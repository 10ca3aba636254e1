//! Refreshes the advisory snapshot over the network: the only module that opens sockets. A scan never comes here.
//!
//! Archives are kept beside the snapshot with what the server said about them, so that an unchanged one is not sent
//! again and a broken download goes on where it stopped. The snapshot is replaced at the end, at once, or not at all.
#![expect(clippy::disallowed_methods, reason = "it keeps the archives that it receives")]

mod address;
mod archive;
mod changes;
mod client;
mod mirror;
pub mod online;
mod refresh;

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use self::address::Base;
use self::archive::Archive;
use self::client::Client;
use self::mirror::Mirror;
use self::refresh::Refreshed;
use crate::advisory::{self, BuildError, BuildReport, Snapshot};

/// The public export of the OSV database.
pub const DEFAULT_URL: &str = "https://osv-vulnerabilities.storage.googleapis.com";
/// The directory of the archives in [`Request::dir`].
const ARCHIVES: &str = "archives";

/// What to refresh, and how patiently.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// `<base>/<Ecosystem>/all.zip` is fetched, and later what `<base>/<Ecosystem>/modified_id.csv` lists as newer. HTTPS, unless the host is this machine; or `file:///DIR`.
    pub base_url: String,
    /// Names as in OSV records, `crates.io`. Empty: everything that `<base>/ecosystems.txt` lists.
    pub ecosystems: Vec<String>,
    /// Where the archives are kept.
    pub dir: PathBuf,
    /// The snapshot that is built of them.
    pub snapshot: PathBuf,
    /// What is imported with them: own advisories, lists of CVEs; see [`advisory::build()`].
    pub with: Vec<PathBuf>,
    /// As [`advisory::Told::licenses`].
    pub licenses: BTreeMap<String, String>,
    /// The time that the snapshot says it is of, in seconds from 1970; 0: none.
    pub now: u64,
    /// Pause before the second try; doubled before each further one.
    pub pause: Duration,
    /// Longest silence of a server.
    pub patience: Duration,
    /// Largest archive.
    pub archive_bytes_max: u64,
}

impl Request {
    /// Everything the public database has, with patience for a slow line.
    pub fn new(dir: impl Into<PathBuf>, snapshot: impl Into<PathBuf>) -> Self {
        Self {
            base_url: DEFAULT_URL.to_owned(),
            ecosystems: Vec::new(),
            dir: dir.into(),
            snapshot: snapshot.into(),
            with: Vec::new(),
            licenses: BTreeMap::new(),
            now: 0,
            pause: Duration::from_millis(500),
            patience: Duration::from_secs(30),
            archive_bytes_max: 4 << 30,
        }
    }
}

/// How far a refresh is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress<'a> {
    /// Bytes of an archive received so far, and in all where the server says.
    Receiving {
        ecosystem: &'a str,
        bytes: u64,
        total: Option<u64>,
    },
    /// Records received so far, of those that are newer than the archive.
    Records {
        ecosystem: &'a str,
        done: usize,
        total: usize,
    },
    /// The archive has not changed.
    Kept {
        ecosystem: &'a str,
    },
    Building(advisory::Progress<'a>),
}

impl std::fmt::Display for Progress<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Receiving { ecosystem, bytes, total } => {
                write!(f, "{ecosystem}: {} KiB", bytes >> 10)?;
                total.map_or(Ok(()), |total| write!(f, " of {} KiB", total >> 10))
            }
            Self::Records { ecosystem, done, total } => write!(f, "{ecosystem}: {done} of {total} records"),
            Self::Kept { ecosystem } => write!(f, "{ecosystem}: unchanged"),
            Self::Building(one) => write!(f, "{}: {} records", one.source, one.documents),
        }
    }
}

/// What a refresh did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Ecosystems whose archive was received, is as it was, or does not exist on the server; each sorted. A missing
    /// one is not covered by the snapshot, and a scan that needs it will say so.
    pub fetched: Vec<String>,
    pub kept: Vec<String>,
    pub missing: Vec<String>,
    /// `None`: nothing changed, and the snapshot is the one that was there.
    pub built: Option<BuildReport>,
}

impl Outcome {
    /// In words, a line each.
    pub fn summary(&self) -> Vec<String> {
        let parts =
            [("fetched", &self.fetched), ("unchanged", &self.kept), ("not on the server", &self.missing)];
        parts
            .into_iter()
            .filter(|(_, names)| !names.is_empty())
            .map(|(what, names)| format!("{what}: {}", names.join(", ")))
            .collect()
    }
}

/// Why there is no refreshed snapshot. The old one, if any, is untouched.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    #[error("`{0}` is not an `https://` address; plain `http://` is accepted for this machine only")]
    Insecure(String),
    #[error("`{0}` is not a directory on this machine; write file:///srv/osv for /srv/osv")]
    Mirror(String),
    #[error("`{0}` is not the name of an ecosystem")]
    Name(String),
    #[error("{dir}: another update is running; wait for it, or name another directory", dir = .0.display())]
    Locked(PathBuf),
    #[error("{path}: {source}", path = path.display())]
    Io { path: PathBuf, source: io::Error },
    #[error("{url}: {reason}")]
    Server { url: String, reason: String },
    #[error("{0}: none of the ecosystems exists there")]
    NothingThere(String),
    #[error(transparent)]
    Build(#[from] BuildError),
}

/// Brings the snapshot in `request.dir` up to date. Ecosystems fetched earlier into the same directory are refreshed
/// too: a snapshot never loses coverage because a later call asked for less.
///
/// # Errors
/// See [`FetchError`]; what was received before the error is kept for the next call.
pub fn update(request: &Request, progress: &mut dyn FnMut(Progress<'_>)) -> Result<Outcome, FetchError> {
    let mirror = Mirror::new(&request.base_url).transpose()?;
    let base = if mirror.is_none() { Some(Base::new(&request.base_url)?) } else { None };
    let archives = request.dir.join(ARCHIVES);
    fs::create_dir_all(&archives).map_err(io_at(&archives))?;
    let _lock = lock(&request.dir)?;
    let client = base.map(|base| Client::new(base, request.clone()));

    let mut ecosystems: BTreeSet<String> = request.ecosystems.iter().cloned().collect();
    if ecosystems.is_empty() {
        let listed = client.as_ref().map(Client::list).or_else(|| mirror.as_ref().map(Mirror::list));
        ecosystems = listed.transpose()?.unwrap_or_default();
    }
    if let Some(name) = ecosystems.iter().find(|name| !is_folder_name(name)) {
        return Err(FetchError::Name(name.clone()));
    }
    ecosystems.extend(cached(&archives)?);

    let mut out = Outcome::default();
    for ecosystem in ecosystems {
        let archive = Archive::new(&archives, &ecosystem)?;
        let refreshed = match (&client, &mirror) {
            (Some(client), _) => client.refresh(&ecosystem, &archive, progress)?,
            (None, Some(mirror)) => mirror.refresh(&ecosystem, &archive, request, progress)?,
            (None, None) => Refreshed::Missing,
        };
        match refreshed {
            Refreshed::Fetched => out.fetched.push(ecosystem),
            Refreshed::Kept => out.kept.push(ecosystem),
            Refreshed::Missing => {
                archive.remove()?;
                out.missing.push(ecosystem);
            }
        }
    }
    if out.fetched.is_empty() && out.kept.is_empty() {
        return Err(FetchError::NothingThere(request.base_url.clone()));
    }
    drop_halves(&archives)?;
    let as_before = out.fetched.is_empty() && request.with.is_empty();
    if as_before && is_current(&request.snapshot, &out.kept, &request.licenses) {
        if request.now != 0 {
            advisory::restamp(&request.snapshot, request.now)?;
        }
        return Ok(out);
    }
    let inputs: Vec<PathBuf> = std::iter::once(archives).chain(request.with.iter().cloned()).collect();
    let told = advisory::Told { built: request.now, licenses: request.licenses.clone() };
    let mut building = |one: advisory::Progress<'_>| progress(Progress::Building(one));
    out.built = Some(advisory::build_at(&inputs, &request.snapshot, &told, &mut building)?);
    Ok(out)
}

/// Whether the snapshot is whole, made of exactly these archives and what stands beside them, and was told the same.
fn is_current(snapshot: &Path, kept: &[String], licenses: &BTreeMap<String, String>) -> bool {
    let beside = format!("/{}", advisory::CHANGED);
    Snapshot::open(snapshot).is_ok_and(|snapshot| {
        let sources = snapshot.meta().sources.iter().map(|one| one.name.as_str());
        sources.filter(|name| !name.ends_with(&beside)).eq(kept.iter().map(|one| format!("{one}/all.zip")))
            && snapshot.meta().licenses == *licenses
            && snapshot.verify().is_ok()
    })
}

/// Held until the update is over; the system releases it even if this process dies.
fn lock(dir: &Path) -> Result<File, FetchError> {
    let path = dir.join("update.lock");
    let file =
        OpenOptions::new().create(true).truncate(false).write(true).open(&path).map_err(io_at(&path))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(FetchError::Locked(dir.to_owned())),
        Err(TryLockError::Error(source)) => Err(FetchError::Io { path, source }),
    }
}

/// Ecosystems whose archive is there from an earlier update.
fn cached(archives: &Path) -> Result<Vec<String>, FetchError> {
    let mut out = Vec::new();
    for entry in fs::read_dir(archives).map_err(io_at(archives))? {
        let entry = entry.map_err(io_at(archives))?;
        let name = entry.file_name();
        if let Some(name) =
            name.to_str().filter(|name| is_folder_name(name) && entry.path().join("all.zip").is_file())
        {
            out.push(name.to_owned());
        }
    }
    Ok(out)
}

/// Removes what killed updates left of ecosystems that this one did not ask for: a folder without its archive would be
/// imported as an ecosystem that has no advisories.
fn drop_halves(archives: &Path) -> Result<(), FetchError> {
    for entry in fs::read_dir(archives).map_err(io_at(archives))? {
        let path = entry.map_err(io_at(archives))?.path();
        if path.is_dir() && !path.join("all.zip").is_file() {
            fs::remove_dir_all(&path).map_err(io_at(&path))?;
        }
    }
    Ok(())
}

/// A server's list becomes folders here: nothing but plain names.
fn is_folder_name(name: &str) -> bool {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b' ' | b'.' | b'-' | b'_');
    name.len() <= 64
        && name.starts_with(|c: char| c.is_ascii_alphanumeric())
        && name.bytes().all(plain)
        && !name.ends_with(['.', ' '])
}

fn io_at(path: &Path) -> impl Fn(io::Error) -> FetchError {
    let path = path.to_owned();
    move |source| FetchError::Io { path: path.clone(), source }
}
