//! Licences from deps.dev's HTTP API, version 3 (docs.deps.dev/api/v3, "GetVersion"), package by package: only with `--online`.
//!
//! Answers are kept on disk, also that a package is not known. A service that fails several times in a row is not asked
//! again in the same run.
#![expect(clippy::disallowed_methods, reason = "it keeps the answers in the user's cache")]

use std::fs;
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::address::Base;
use super::client::Client;
use super::{FetchError, Request};
use crate::license::place::{LicensePlace, Said};
use crate::model::{LicenseSource, Purl};

/// The public service.
pub const DEFAULT_URL: &str = "https://api.deps.dev";

const ANSWER_BYTES_MAX: u64 = 4 << 20;
/// Pause between two questions.
const PAUSE: Duration = Duration::from_millis(40);
/// Failures in a row after which the service is left alone.
const FAILURES_MAX: u32 = 3;
/// Seconds for which an answer holds; licences of a version hardly change, but packages become known.
const KEPT: u64 = 90 * 86_400;
const UNKNOWN_KEPT: u64 = 7 * 86_400;

/// Ecosystems that the service knows, by type of package URL.
const SYSTEMS: &[&str] = &["cargo", "golang", "maven", "npm", "nuget", "pypi", "gem"];

/// The service.
#[derive(Debug)]
pub struct Online {
    client: Client,
    /// What the answers are kept under, beside the package.
    url: String,
    dir: Option<PathBuf>,
    now: u64,
    next: Mutex<Instant>,
    failures: AtomicU32,
}

/// An answer as it is kept.
#[derive(Serialize, Deserialize)]
struct Kept {
    path: String,
    /// Seconds from 1970.
    asked: u64,
    licenses: Vec<String>,
}

/// The part of an answer that is of use.
#[derive(Deserialize)]
struct Version {
    #[serde(default)]
    licenses: Vec<String>,
}

impl Online {
    /// `dir`: where answers are kept; `now`: seconds from 1970. Nothing is asked yet.
    ///
    /// # Errors
    /// An address that is neither HTTPS nor this machine's.
    pub fn new(url: &str, dir: Option<PathBuf>, now: u64) -> Result<Self, FetchError> {
        let request = Request { pause: Duration::from_millis(200), ..Request::new("", "") };
        Ok(Self {
            client: Client::new(Base::new(url)?, request),
            url: url.to_owned(),
            dir,
            now,
            next: Mutex::new(Instant::now()),
            failures: AtomicU32::new(0),
        })
    }

    fn fetch(&self, path: &str) -> Result<Vec<String>, String> {
        if self.failures.load(Ordering::Relaxed) >= FAILURES_MAX {
            return Err("the service failed several times and is not asked again".to_owned());
        }
        self.wait();
        let answer = self.client.document(path, ANSWER_BYTES_MAX).map_err(|error| error.to_string());
        let answer = answer.and_then(|text| match text {
            None => Ok(Vec::new()),
            Some(text) => match serde_json::from_str::<Version>(&text) {
                Ok(version) => Ok(version.licenses),
                Err(error) => Err(format!("the answer is not as documented: {error}")),
            },
        });
        match &answer {
            Ok(_) => self.failures.store(0, Ordering::Relaxed),
            Err(_) => drop(self.failures.fetch_add(1, Ordering::Relaxed)),
        }
        answer
    }

    /// Until it is this question's turn.
    fn wait(&self) {
        let Ok(mut next) = self.next.lock() else { return };
        let now = Instant::now();
        let turn = (*next).max(now);
        *next = turn + PAUSE;
        drop(next);
        std::thread::sleep(turn - now);
    }

    fn file(&self, path: &str) -> Option<PathBuf> {
        let digest = Sha256::digest(format!("{} {path}", self.url));
        let name: String = digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
        Some(self.dir.as_ref()?.join(format!("{name}.json")))
    }

    fn kept(&self, path: &str) -> Option<Vec<String>> {
        let kept: Kept = serde_json::from_slice(&fs::read(self.file(path)?).ok()?).ok()?;
        let holds = if kept.licenses.is_empty() { UNKNOWN_KEPT } else { KEPT };
        (kept.path == path && self.now.saturating_sub(kept.asked) < holds).then_some(kept.licenses)
    }

    /// Best effort: without it, the question is asked again.
    fn keep(&self, path: &str, licenses: &[String]) -> Option<()> {
        let file = self.file(path)?;
        let dir = file.parent()?;
        fs::create_dir_all(dir).ok()?;
        let kept = Kept { path: path.to_owned(), asked: self.now, licenses: licenses.to_vec() };
        let mut temporary = tempfile::NamedTempFile::new_in(dir).ok()?;
        serde_json::to_writer(&mut temporary, &kept).ok()?;
        temporary.persist(file).ok().map(drop)
    }
}

/// Where the service has a package's version; `None` where it cannot have one.
fn path_of(purl: &Purl) -> Option<String> {
    let (kind, namespace, version) = (purl.kind(), purl.namespace(), purl.version());
    if !SYSTEMS.contains(&kind) || version.is_empty() {
        return None;
    }
    let separator = if kind == "maven" { ":" } else { "/" };
    let separator = if namespace.is_empty() { "" } else { separator };
    let name = format!("{namespace}{separator}{}", purl.name());
    let system = match kind {
        "golang" => "go",
        "gem" => "rubygems",
        kind => kind,
    };
    Some(format!("v3/systems/{system}/packages/{}/versions/{}", segment(&name), segment(&version)))
}

/// One segment of a path: everything but unreserved characters as `%XX` (RFC 3986, section 2.3).
fn segment(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => out.push(char::from(byte)),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

impl LicensePlace for Online {
    fn name(&self) -> String {
        format!("online, {}", self.url)
    }

    fn source(&self) -> LicenseSource {
        LicenseSource::Online
    }

    fn ask(&self, purl: &Purl) -> Result<Vec<Said>, String> {
        let Some(path) = path_of(purl) else { return Ok(Vec::new()) };
        let licenses = match self.kept(&path) {
            Some(licenses) => licenses,
            None => {
                let licenses = self.fetch(&path)?;
                let _ = self.keep(&path, &licenses);
                licenses
            }
        };
        let origin = format!("<online>:{}", purl.as_str());
        // What is no licence of the SPDX list is called so, whatever it is.
        let named = licenses.into_iter().filter(|one| one != "non-standard");
        Ok(named.map(|text| (text, origin.clone())).collect())
    }
}
