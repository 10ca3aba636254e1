//! What the arguments mean: scan options, cache directories, the snapshot's place, the rules in force, today's date.
#![expect(clippy::disallowed_methods, reason = "the command line knows the environment and the time")]

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, bail};

use super::args::{DbPlace, JudgingArgs, TreeArgs};
use super::caches;
use super::environment::{home, variable};
use super::license_file::SnapshotFile;
use crate::advisory::{Snapshot, history};
use crate::baseline::Baseline;
use crate::ecosystem;
use crate::fetch::online::Online;
use crate::license::curation;
use crate::license::place::LicensePlace;
use crate::model::{Limits, Partial, time};
use crate::policy::{self, Layer, Policy};
use crate::scan::Options;
use crate::walk;

/// The name of a repository's own settings.
pub(super) const REPOSITORY_FILE: &str = "tidewaiter.toml";

/// The snapshot's file name in its directory.
const SNAPSHOT_FILE: &str = "advisories.snapshot";

/// Where the advisory snapshot is kept.
pub(super) fn db_dir(place: &DbPlace) -> anyhow::Result<PathBuf> {
    if let Some(dir) = &place.db {
        return Ok(dir.clone());
    }
    cache_dir().context("there is no home directory to keep the advisory snapshot in: name one with --db")
}

/// Where the licence snapshot is that scans use.
pub(super) fn license_snapshot() -> anyhow::Result<PathBuf> {
    let dir = cache_dir()
        .context("there is no home directory to keep the licence snapshot in: name a file with -o")?;
    Ok(dir.join("licenses.snapshot"))
}

fn cache_dir() -> Option<PathBuf> {
    variable("XDG_CACHE_HOME")
        .map(PathBuf::from)
        .or_else(|| home().map(|home| home.join(".cache")))
        .map(|cache| cache.join("tidewaiter"))
}

/// The snapshot's file; with `--db-as-of`, the newest one that is not newer.
pub(super) fn snapshot_path(place: &DbPlace) -> anyhow::Result<PathBuf> {
    let dir = db_dir(place)?;
    let current = dir.join(SNAPSHOT_FILE);
    let Some(day) = &place.db_as_of else { return Ok(current) };
    if !history::is_date(day) {
        bail!("--db-as-of {day}: not a day; write it as YYYY-MM-DD");
    }
    let built = Snapshot::open(&current).ok().and_then(|snapshot| snapshot.built()).map(time::date);
    let kept = history::as_of(&dir, day);
    if let Some(built) = built.filter(|built| built <= day)
        && kept.as_ref().is_none_or(|(kept, _)| *kept <= built)
    {
        return Ok(current);
    }
    let Some((_, path)) = kept else {
        let oldest = history::kept(&dir).into_iter().next();
        let oldest =
            oldest.map_or_else(|| "none is kept".to_owned(), |(day, _)| format!("the oldest is of {day}"));
        bail!("--db-as-of {day}: no snapshot in {} is that old; {oldest}", dir.display());
    };
    Ok(path)
}

/// Opens a snapshot; where a key is given, only if it is signed with it.
pub(super) fn open_snapshot(path: &Path, place: &DbPlace) -> anyhow::Result<Snapshot> {
    let snapshot = Snapshot::open(path)?;
    if let Some(key) = &place.db_public_key {
        snapshot.check_signature(key)?;
    }
    Ok(snapshot)
}

/// The snapshot's file, to be replaced.
pub(super) fn current_snapshot(place: &DbPlace) -> anyhow::Result<PathBuf> {
    if place.db_as_of.is_some() {
        bail!("--db-as-of does not go with a command that builds a snapshot");
    }
    Ok(db_dir(place)?.join(SNAPSHOT_FILE))
}

/// The snapshot that is meant: a file, a directory with one, or the day of a kept one.
pub(super) fn named_snapshot(name: &str, place: &DbPlace) -> anyhow::Result<PathBuf> {
    let path = Path::new(name);
    if path.is_dir() {
        return Ok(path.join(SNAPSHOT_FILE));
    }
    if !path.exists() && history::is_date(name) {
        let place =
            DbPlace { db: Some(db_dir(place)?), db_as_of: Some(name.to_owned()), db_public_key: None };
        return snapshot_path(&place);
    }
    Ok(path.to_owned())
}

/// The time that a snapshot says it was built at, and the day on which waivers hold: `SOURCE_DATE_EPOCH`, else now.
pub(super) fn build_time() -> u64 {
    variable("SOURCE_DATE_EPOCH").and_then(|text| text.to_str()?.parse().ok()).unwrap_or_else(now)
}

/// Seconds since the snapshot was built: by what it says, since copies have a time of their own; else by its file's.
pub(super) fn snapshot_age(snapshot: &Snapshot) -> Option<u64> {
    let by_file = || {
        let modified = fs::metadata(snapshot.path()).ok()?.modified().ok()?;
        Some(modified.duration_since(UNIX_EPOCH).ok()?.as_secs())
    };
    Some(now().saturating_sub(snapshot.built().or_else(by_file)?))
}

/// Scan options from the arguments and the repository's own exclusions.
///
/// # Errors
/// A curations file that cannot be used.
pub(super) fn scan_options(args: &TreeArgs, repository_excludes: &[String]) -> anyhow::Result<Options> {
    let mut limits = Limits::default();
    if let Some(size) = args.max_file_size {
        limits.file_size_bytes_max = size;
    }
    let mut exclude = args.exclude.clone();
    exclude.extend_from_slice(repository_excludes);
    let mut license_places: Vec<Arc<dyn LicensePlace>> = Vec::new();
    match (&args.license_db, license_snapshot()) {
        (Some(path), _) => license_places.push(Arc::new(SnapshotFile::new(path.clone())?)),
        (None, Ok(path)) if path.is_file() => license_places.push(Arc::new(SnapshotFile::new(path)?)),
        (None, _) => {}
    }
    if args.online && args.offline {
        bail!("--online does not go with --offline: leave one of them out");
    }
    if args.online {
        let kept = cache_dir().map(|dir| dir.join("licenses-online"));
        license_places.push(Arc::new(Online::new(&args.online_url, kept, now())?));
    }
    let mut curations = Vec::new();
    for path in &args.curations {
        let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy();
        let read = curation::read(&name, &text(path)?);
        curations.extend(read.with_context(|| format!("{}: cannot be used", path.display()))?);
    }
    Ok(Options {
        walk: walk::Options { exclude, gitignore: args.gitignore, jobs: args.jobs.unwrap_or(0) },
        limits,
        caches: if args.no_local_caches { Vec::new() } else { caches::caches() },
        with_tools: args.with_tools,
        license_places,
        headers: args.headers,
        curations,
        today: Some(time::date(build_time())),
        ..Options::default()
    })
}

/// A small file that is named on the command line.
pub(super) fn text(path: &Path) -> anyhow::Result<String> {
    fs::read_to_string(path).with_context(|| format!("{}: cannot be read", path.display()))
}

/// Whether a text is a day that exists, `YYYY-MM-DD`.
pub(super) fn is_day(text: &str) -> bool {
    crate::model::days(text).is_some()
}

/// The findings that were there before, by the name of their file.
pub(super) fn baseline(path: &Path) -> anyhow::Result<Baseline> {
    let read = fs::read(path).with_context(|| format!("{}: cannot be read", path.display()))?;
    let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
    Baseline::read(name, &read).with_context(|| path.display().to_string())
}

/// Runs `work` on a pool of `jobs` threads, or on the default pool.
pub(super) fn on_pool<T: Send>(jobs: Option<usize>, work: impl FnOnce() -> T + Send) -> anyhow::Result<T> {
    match jobs {
        None | Some(0) => Ok(work()),
        Some(jobs) => {
            let pool =
                rayon::ThreadPoolBuilder::new().num_threads(jobs).build().context("cannot start threads")?;
            Ok(pool.install(work))
        }
    }
}

/// The path's directory and, where it is a single file, the file's name.
pub(super) fn root_of(path: &Path) -> anyhow::Result<(PathBuf, Option<String>)> {
    let metadata = fs::metadata(path).with_context(|| format!("{}: cannot be scanned", path.display()))?;
    if metadata.is_dir() {
        return Ok((path.to_owned(), None));
    }
    if !metadata.is_file() {
        bail!("{}: is neither a directory nor a regular file", path.display());
    }
    let name = path.file_name().and_then(|name| name.to_str());
    let name = name.with_context(|| format!("{}: the name is not valid UTF-8", path.display()))?;
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    Ok((parent.to_owned(), Some(name.to_owned())))
}

/// The ids that rules may name.
fn ecosystem_ids() -> Vec<&'static str> {
    ecosystem::ALL.iter().map(|one| one.info().id).collect()
}

/// The rules in force whatever is scanned: the built-in ones and the organisation's.
pub(super) fn policy(rules: Option<&Path>) -> anyhow::Result<Policy> {
    let mut sources = policy::builtin::sources();
    if let Some(dir) = rules {
        sources.extend(policy::read_dir(dir, Layer::Organisation)?);
    }
    Ok(policy::load(&sources, &ecosystem_ids())?)
}

/// The rules with the scanned repository's own file on top; its mistakes are Gaps of the scan.
pub(super) fn with_repository(policy: Policy, root: &Path) -> Partial<Policy> {
    let file = root.join(REPOSITORY_FILE);
    if !file.is_file() {
        return policy.into();
    }
    match policy::read_file(&file, REPOSITORY_FILE.to_owned(), Layer::Repository) {
        Ok(source) => policy.with_repository(&source, &ecosystem_ids()),
        Err(errors) => Partial::new(policy, errors.into_gaps()),
    }
}

/// The rules with the flags about licences on top.
pub(super) fn with_terms(policy: Policy, args: &JudgingArgs) -> anyhow::Result<Policy> {
    let JudgingArgs { license_profile, distribution, outbound, .. } = args;
    Ok(policy.with_terms(license_profile.as_deref(), distribution.as_deref(), outbound.as_deref())?)
}

/// Seconds since 1970.
pub(super) fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

/// The time that goes into reports: `SOURCE_DATE_EPOCH`, else none, so that the same tree gives the same bytes
/// (reproducible-builds.org, "SOURCE_DATE_EPOCH").
pub(super) fn timestamp() -> anyhow::Result<Option<String>> {
    let Some(text) = variable("SOURCE_DATE_EPOCH") else { return Ok(None) };
    let text = text.to_string_lossy();
    let seconds =
        text.parse().with_context(|| format!("SOURCE_DATE_EPOCH={text} is not a number of seconds"))?;
    Ok(Some(time::rfc3339(seconds)))
}
