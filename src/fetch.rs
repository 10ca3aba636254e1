//! Refreshes the advisory snapshot over the network: the only module that opens sockets. A scan never comes here.
//!
//! Archives are kept beside the snapshot with what the server said about them, so that an unchanged one is not sent
//! again and a broken download goes on where it stopped. The snapshot is replaced at the end, at once, or not at all.
#![expect(clippy::disallowed_methods, reason = "it keeps the archives that it receives")]

use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use ureq::http::{Response, StatusCode};
use ureq::{Agent, Body};

use crate::advisory::{self, BuildError, BuildReport, Snapshot};

/// The public export of the OSV database.
pub const DEFAULT_URL: &str = "https://osv-vulnerabilities.storage.googleapis.com";
/// The directory of the archives in [`Request::dir`].
const ARCHIVES: &str = "archives";

/// Tries for one archive, the first included.
const ATTEMPTS: u32 = 5;
const REDIRECTS_MAX: u32 = 5;
const LIST_BYTES_MAX: u64 = 1 << 20;
/// A server may ask for a longer pause, up to this.
const PAUSE_MAX: Duration = Duration::from_secs(30);

/// What to refresh, and how patiently.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// `<base>/<Ecosystem>/all.zip` is fetched. HTTPS, unless the host is this machine.
    pub base_url: String,
    /// Names as in OSV records, `crates.io`. Empty: everything that `<base>/ecosystems.txt` lists.
    pub ecosystems: Vec<String>,
    /// Where the archives are kept.
    pub dir: PathBuf,
    /// The snapshot that is built of them.
    pub snapshot: PathBuf,
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
    let base = Base::new(&request.base_url)?;
    let archives = request.dir.join(ARCHIVES);
    fs::create_dir_all(&archives).map_err(io_at(&archives))?;
    let _lock = lock(&request.dir)?;
    let client = Client::new(&base, request);

    let mut ecosystems: BTreeSet<String> = request.ecosystems.iter().cloned().collect();
    if ecosystems.is_empty() {
        ecosystems = client.list()?;
    }
    if let Some(name) = ecosystems.iter().find(|name| !is_folder_name(name)) {
        return Err(FetchError::Name(name.clone()));
    }
    ecosystems.extend(cached(&archives)?);

    let mut out = Outcome::default();
    for ecosystem in ecosystems {
        let archive = Archive::new(&archives, &ecosystem)?;
        match client.refresh(&ecosystem, &archive, progress)? {
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
    if !out.fetched.is_empty() || !is_current(&request.snapshot, &out.kept) {
        let built =
            advisory::build(&[archives], &request.snapshot, &mut |one| progress(Progress::Building(one)))?;
        out.built = Some(built);
    }
    Ok(out)
}

/// Whether the snapshot is whole and made of exactly these archives.
fn is_current(snapshot: &Path, kept: &[String]) -> bool {
    Snapshot::open(snapshot).is_ok_and(|snapshot| {
        let sources = snapshot.meta().sources.iter().map(|one| one.name.as_str());
        sources.eq(kept.iter().map(|one| format!("{one}/all.zip"))) && snapshot.verify().is_ok()
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

/// A server's list becomes folders here: nothing but plain names.
fn is_folder_name(name: &str) -> bool {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b' ' | b'.' | b'-' | b'_');
    name.len() <= 64
        && name.starts_with(|c: char| c.is_ascii_alphanumeric())
        && name.bytes().all(plain)
        && !name.ends_with(['.', ' '])
}

/// The archive of one ecosystem, on disk.
struct Archive {
    folder: PathBuf,
    whole: PathBuf,
    part: PathBuf,
}

/// What the server said about an archive or a part of one.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
struct Said {
    url: String,
    etag: String,
    last_modified: String,
}

impl Said {
    /// For `If-Range`: a strong entity tag, else the date (RFC 9110, section 13.1.5).
    fn for_range(&self) -> Option<&str> {
        let strong = Some(self.etag.as_str()).filter(|tag| tag.starts_with('"'));
        strong.or(Some(self.last_modified.as_str())).filter(|one| !one.is_empty())
    }
}

impl Archive {
    fn new(archives: &Path, ecosystem: &str) -> Result<Self, FetchError> {
        let folder = archives.join(ecosystem);
        fs::create_dir_all(&folder).map_err(io_at(&folder))?;
        Ok(Self { whole: folder.join("all.zip"), part: folder.join("all.zip.part"), folder })
    }

    fn said(of: &Path) -> Option<Said> {
        serde_json::from_slice(&fs::read(said_path(of)).ok()?).ok()
    }

    fn remember(of: &Path, said: &Said) -> Result<(), FetchError> {
        let path = said_path(of);
        let text = serde_json::to_vec(said).expect("texts are always JSON");
        fs::write(&path, text).map_err(io_at(&path))
    }

    /// Bytes of a broken download that can be gone on with, and what they are part of.
    fn resumable(&self, url: &str) -> Option<(u64, Said)> {
        let said = Self::said(&self.part).filter(|said| said.url == url && said.for_range().is_some())?;
        let length = fs::metadata(&self.part).ok()?.len();
        (length > 0).then_some((length, said))
    }

    fn drop_part(&self) {
        // Left behind, it would only be overwritten.
        let _ = fs::remove_file(&self.part);
        let _ = fs::remove_file(said_path(&self.part));
    }

    /// Puts a finished download in place. What was said of the old archive goes first: it must never vouch for the
    /// new one, nor the new for the old.
    fn accept(&self) -> Result<(), FetchError> {
        let said = Self::said(&self.part).unwrap_or_default();
        let _ = fs::remove_file(said_path(&self.whole));
        fs::rename(&self.part, &self.whole).map_err(io_at(&self.whole))?;
        let _ = fs::remove_file(said_path(&self.part));
        Self::remember(&self.whole, &said)
    }

    fn remove(&self) -> Result<(), FetchError> {
        fs::remove_dir_all(&self.folder).map_err(io_at(&self.folder))
    }
}

fn said_path(of: &Path) -> PathBuf {
    let mut path = of.as_os_str().to_owned();
    path.push(".http");
    path.into()
}

enum Refreshed {
    Fetched,
    Kept,
    Missing,
}

/// The result of one try.
enum Try {
    Done(Refreshed),
    /// May work next time; why, and how long the server asks to wait.
    Again(String, Option<Duration>),
}

struct Client<'a> {
    base: &'a Base,
    request: &'a Request,
    agent: Agent,
}

impl<'a> Client<'a> {
    fn new(base: &'a Base, request: &'a Request) -> Self {
        let mut config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .user_agent(concat!("tidewaiter/", env!("CARGO_PKG_VERSION")))
            // A range of a packed body would be a range of something else.
            .accept_encoding("identity")
            .timeout_connect(Some(request.patience))
            .timeout_per_read(Some(request.patience))
            .timeout_recv_response(Some(request.patience));
        if base.is_loopback {
            config = config.proxy(None);
        }
        Self { base, request, agent: config.build().new_agent() }
    }

    /// The ecosystems that the server has; releases (`Debian:12`) are part of their ecosystem's archive.
    fn list(&self) -> Result<BTreeSet<String>, FetchError> {
        let url = self.base.join("ecosystems.txt");
        let text = self.patiently(&url, || self.try_list(&url))?;
        let names = text.lines().map(str::trim).filter(|name| !name.contains(':') && is_folder_name(name));
        Ok(names.map(str::to_owned).collect())
    }

    fn try_list(&self, url: &str) -> Result<Result<String, (String, Option<Duration>)>, FetchError> {
        let response = match self.get(url, &[])? {
            Ok(response) => response,
            Err(why) => return Ok(Err((why, None))),
        };
        if let Some(again) = worth_another_try(&response) {
            return Ok(Err(again));
        }
        if response.status() != StatusCode::OK {
            return Err(server(url, format!("the server answered {}", response.status())));
        }
        let mut text = String::new();
        match response.into_body().into_reader().take(LIST_BYTES_MAX).read_to_string(&mut text) {
            Ok(_) => Ok(Ok(text)),
            Err(error) => Ok(Err((error.to_string(), None))),
        }
    }

    fn refresh(
        &self,
        ecosystem: &str,
        archive: &Archive,
        progress: &mut dyn FnMut(Progress<'_>),
    ) -> Result<Refreshed, FetchError> {
        let url = self.base.join(&format!("{}/all.zip", ecosystem.replace(' ', "%20")));
        self.patiently(&url, || {
            Ok(match self.try_refresh(&url, ecosystem, archive, progress)? {
                Try::Done(refreshed) => Ok(refreshed),
                Try::Again(why, pause) => Err((why, pause)),
            })
        })
    }

    /// Tries until there is an answer, an error, or no patience left.
    fn patiently<T>(
        &self,
        url: &str,
        mut attempt: impl FnMut() -> Result<Result<T, (String, Option<Duration>)>, FetchError>,
    ) -> Result<T, FetchError> {
        let mut pause = self.request.pause;
        for left in (0..ATTEMPTS).rev() {
            match attempt()? {
                Ok(out) => return Ok(out),
                Err((why, _)) if left == 0 => {
                    return Err(server(url, format!("{why} (gave up after {ATTEMPTS} tries)")));
                }
                Err((_, asked)) => std::thread::sleep(asked.unwrap_or(pause).min(PAUSE_MAX)),
            }
            pause *= 2;
        }
        unreachable!("the last try returns")
    }

    fn try_refresh(
        &self,
        url: &str,
        ecosystem: &str,
        archive: &Archive,
        progress: &mut dyn FnMut(Progress<'_>),
    ) -> Result<Try, FetchError> {
        let part = archive.resumable(url);
        let range;
        let mut headers: Vec<(&str, &str)> = Vec::new();
        let known = Archive::said(&archive.whole).filter(|said| said.url == url && archive.whole.is_file());
        if let Some((length, said)) = &part {
            range = format!("bytes={length}-");
            headers.extend([("Range", range.as_str()), ("If-Range", said.for_range().unwrap_or_default())]);
        } else if let Some(said) = &known {
            let conditions =
                [("If-None-Match", said.etag.as_str()), ("If-Modified-Since", said.last_modified.as_str())];
            headers.extend(conditions.into_iter().filter(|(_, value)| !value.is_empty()));
        }
        let response = match self.get(url, &headers)? {
            Ok(response) => response,
            Err(why) => return Ok(Try::Again(why, None)),
        };
        if let Some((why, pause)) = worth_another_try(&response) {
            return Ok(Try::Again(why, pause));
        }
        match (response.status(), part) {
            (StatusCode::NOT_MODIFIED, None) if known.is_some() => {
                progress(Progress::Kept { ecosystem });
                Ok(Try::Done(Refreshed::Kept))
            }
            (StatusCode::NOT_FOUND | StatusCode::GONE, _) => Ok(Try::Done(Refreshed::Missing)),
            (StatusCode::OK, _) => {
                let said = Said {
                    url: url.to_owned(),
                    etag: header(&response, "etag").to_owned(),
                    last_modified: header(&response, "last-modified").to_owned(),
                };
                archive.drop_part();
                Archive::remember(&archive.part, &said)?;
                self.receive(url, ecosystem, archive, response, 0, progress)
            }
            (StatusCode::PARTIAL_CONTENT, Some((have, _)))
                if header(&response, "content-range").starts_with(&format!("bytes {have}-")) =>
            {
                self.receive(url, ecosystem, archive, response, have, progress)
            }
            (
                StatusCode::PARTIAL_CONTENT | StatusCode::RANGE_NOT_SATISFIABLE | StatusCode::NOT_MODIFIED,
                _,
            ) => {
                archive.drop_part();
                Ok(Try::Again("the server did not go on where the download stopped".to_owned(), None))
            }
            (status, _) => Err(server(url, format!("the server answered {status}"))),
        }
    }

    /// Writes the body behind the first `have` bytes, and accepts the whole if it is a zip archive.
    fn receive(
        &self,
        url: &str,
        ecosystem: &str,
        archive: &Archive,
        response: Response<Body>,
        have: u64,
        progress: &mut dyn FnMut(Progress<'_>),
    ) -> Result<Try, FetchError> {
        let total =
            header(&response, "content-length").parse::<u64>().ok().and_then(|rest| rest.checked_add(have));
        let too_large = || {
            archive.drop_part();
            server(url, format!("the archive is larger than {} bytes", self.request.archive_bytes_max))
        };
        if total.is_some_and(|total| total > self.request.archive_bytes_max) {
            return Err(too_large());
        }
        let at_part = io_at(&archive.part);
        let mut file = OpenOptions::new().create(true).append(true).open(&archive.part).map_err(&at_part)?;
        let mut reader = response.into_body().into_reader();
        let (mut bytes, mut buffer) = (have, vec![0; 1 << 16]);
        loop {
            let n = match reader.read(&mut buffer) {
                Ok(0) => break,
                Ok(n) => n,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Ok(Try::Again(error.to_string(), None)),
            };
            file.write_all(buffer.get(..n).unwrap_or_default()).map_err(&at_part)?;
            bytes += n as u64;
            if bytes > self.request.archive_bytes_max {
                return Err(too_large());
            }
            progress(Progress::Receiving { ecosystem, bytes, total });
        }
        if total.is_some_and(|total| bytes < total) {
            return Ok(Try::Again("the connection ended early".to_owned(), None));
        }
        file.sync_all().map_err(&at_part)?;
        drop(file);
        if let Err(error) = File::open(&archive.part).map_err(&at_part).map(zip::ZipArchive::new)? {
            archive.drop_part();
            return Err(server(url, format!("what the server sent is not a zip archive: {error}")));
        }
        archive.accept()?;
        Ok(Try::Done(Refreshed::Fetched))
    }

    /// One request, following redirects that stay with the same host and scheme. The inner error may pass.
    fn get(&self, url: &str, headers: &[(&str, &str)]) -> Result<Result<Response<Body>, String>, FetchError> {
        let mut target = url.to_owned();
        for _ in 0..=REDIRECTS_MAX {
            let mut request = self.agent.get(&target);
            for (name, value) in headers {
                request = request.header(*name, *value);
            }
            let response = match request.call() {
                Ok(response) => response,
                Err(
                    error @ (ureq::Error::BadUri(_)
                    | ureq::Error::Http(_)
                    | ureq::Error::Tls(_)
                    | ureq::Error::InvalidProxyUrl),
                ) => {
                    return Err(server(url, error.to_string()));
                }
                Err(error) => return Ok(Err(error.to_string())),
            };
            if !response.status().is_redirection() || response.status() == StatusCode::NOT_MODIFIED {
                return Ok(Ok(response));
            }
            let location = header(&response, "location");
            target = match location.strip_prefix('/') {
                Some(path) if !path.starts_with('/') => format!("{}/{path}", self.base.origin),
                _ if Base::new(location).is_ok_and(|other| other.origin == self.base.origin) => {
                    location.to_owned()
                }
                _ => {
                    let to = crate::model::diagnostic::quoted(location);
                    return Err(server(
                        url,
                        format!(
                            "the server redirects to another host, {to}; name it as the address if you trust it"
                        ),
                    ));
                }
            };
        }
        Err(server(url, "the server redirects in circles".to_owned()))
    }
}

/// Answers that may be different in a moment: why, and how long the server asks to wait.
fn worth_another_try(response: &Response<Body>) -> Option<(String, Option<Duration>)> {
    let status = response.status();
    let passing = status.is_server_error()
        || status == StatusCode::TOO_MANY_REQUESTS
        || status == StatusCode::REQUEST_TIMEOUT;
    let asked = header(response, "retry-after").parse().ok().map(Duration::from_secs);
    passing.then(|| (format!("the server answered {status}"), asked))
}

fn header<'r>(response: &'r Response<Body>, name: &str) -> &'r str {
    response.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

/// An address that may be asked.
struct Base {
    /// Without a slash at its end.
    url: String,
    /// `https://host:port`.
    origin: String,
    is_loopback: bool,
}

impl Base {
    fn new(url: &str) -> Result<Self, FetchError> {
        let insecure = || FetchError::Insecure(url.to_owned());
        let (scheme, rest) = url.split_once("://").ok_or_else(insecure)?;
        let scheme = scheme.to_ascii_lowercase();
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default().to_ascii_lowercase();
        if authority.contains(['@', '\\']) || authority.is_empty() {
            return Err(insecure());
        }
        let host = match authority.strip_prefix('[') {
            Some(v6) => v6.split(']').next().unwrap_or_default(),
            None => authority.split(':').next().unwrap_or_default(),
        };
        let address: Option<std::net::IpAddr> = host.parse().ok();
        let is_loopback = host == "localhost" || address.is_some_and(|one| one.is_loopback());
        if scheme != "https" && !(scheme == "http" && is_loopback) {
            return Err(insecure());
        }
        Ok(Self {
            url: url.trim_end_matches('/').to_owned(),
            origin: format!("{scheme}://{authority}"),
            is_loopback,
        })
    }

    fn join(&self, path: &str) -> String {
        format!("{}/{path}", self.url)
    }
}

fn server(url: &str, reason: String) -> FetchError {
    FetchError::Server { url: url.to_owned(), reason }
}

fn io_at(path: &Path) -> impl Fn(io::Error) -> FetchError {
    let path = path.to_owned();
    move |source| FetchError::Io { path: path.clone(), source }
}
