//! The HTTP client: patient tries, conditional and resumed requests, and redirects that never leave the host.
#![expect(clippy::disallowed_methods, reason = "it writes the archives that it receives")]

use std::collections::BTreeSet;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::time::Duration;

use ureq::http::{Response, StatusCode};
use ureq::{Agent, Body};

use super::address::Base;
use super::archive::{Archive, Said};
use super::changes::{self, Todo};
use super::{FetchError, Progress, Request, io_at, is_folder_name};

/// Tries for one archive, the first included.
const ATTEMPTS: u32 = 5;
const REDIRECTS_MAX: u32 = 5;
const LIST_BYTES_MAX: u64 = 1 << 20;
const RECORD_BYTES_MAX: u64 = 16 << 20;
/// A server may ask for a longer pause, up to this.
const PAUSE_MAX: Duration = Duration::from_secs(30);

/// What became of an archive.
pub(super) enum Refreshed {
    Fetched,
    Kept,
    Missing,
}

/// A small document.
enum Text {
    New(String, Said),
    Kept,
    Missing,
}

/// The result of one try.
enum Try {
    Done(Refreshed),
    /// May work next time; why, and how long the server asks to wait.
    Again(String, Option<Duration>),
}

#[derive(Debug)]
pub(super) struct Client {
    base: Base,
    request: Request,
    agent: Agent,
}

impl Client {
    pub(super) fn new(base: Base, request: Request) -> Self {
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
    pub(super) fn list(&self) -> Result<BTreeSet<String>, FetchError> {
        let url = self.base.join("ecosystems.txt");
        let Text::New(text, _) = self.text(&url, None, LIST_BYTES_MAX)? else {
            return Err(server(&url, "the server does not have it".to_owned()));
        };
        let names = text.lines().map(str::trim).filter(|name| !name.contains(':') && is_folder_name(name));
        Ok(names.map(str::to_owned).collect())
    }

    /// A small document; `None` where the server has none.
    pub(super) fn document(&self, path: &str, bytes_max: u64) -> Result<Option<String>, FetchError> {
        match self.text(&self.base.join(path), None, bytes_max)? {
            Text::New(text, _) => Ok(Some(text)),
            Text::Kept | Text::Missing => Ok(None),
        }
    }

    /// A small document, unless it is as it was when `before` was said of it.
    fn text(&self, url: &str, before: Option<&Said>, bytes_max: u64) -> Result<Text, FetchError> {
        self.patiently(url, || self.try_text(url, before, bytes_max))
    }

    fn try_text(
        &self,
        url: &str,
        before: Option<&Said>,
        bytes_max: u64,
    ) -> Result<Result<Text, (String, Option<Duration>)>, FetchError> {
        let headers = before.map(conditions).unwrap_or_default();
        let response = match self.get(url, &headers)? {
            Ok(response) => response,
            Err(why) => return Ok(Err((why, None))),
        };
        if let Some(again) = worth_another_try(&response) {
            return Ok(Err(again));
        }
        match response.status() {
            StatusCode::OK => {}
            StatusCode::NOT_MODIFIED if before.is_some() => return Ok(Ok(Text::Kept)),
            StatusCode::NOT_FOUND | StatusCode::GONE => return Ok(Ok(Text::Missing)),
            status => return Err(server(url, format!("the server answered {status}"))),
        }
        let said = said(url, &response);
        let mut bytes = Vec::new();
        if let Err(error) = response.into_body().into_reader().take(bytes_max + 1).read_to_end(&mut bytes) {
            return Ok(Err((error.to_string(), None)));
        }
        if bytes.len() as u64 > bytes_max {
            return Err(server(url, format!("it is larger than {bytes_max} bytes")));
        }
        let text = String::from_utf8(bytes).map_err(|_| server(url, "it is not valid UTF-8".to_owned()))?;
        Ok(Ok(Text::New(text, said)))
    }

    /// Brings an archive up to date: record by record where the server lists what changed, else as a whole.
    pub(super) fn refresh(
        &self,
        ecosystem: &str,
        archive: &Archive,
        progress: &mut dyn FnMut(Progress<'_>),
    ) -> Result<Refreshed, FetchError> {
        if !archive.whole.is_file() {
            archive.drop_changed()?;
            return self.refresh_archive(ecosystem, archive, progress);
        }
        let url = self.url(ecosystem, "modified_id.csv");
        let before = Archive::said(&archive.list).filter(|said| said.url == url);
        let (list, said) = match self.text(&url, before.as_ref(), changes::LIST_BYTES_MAX)? {
            Text::Kept => {
                progress(Progress::Kept { ecosystem });
                return Ok(Refreshed::Kept);
            }
            Text::Missing => {
                archive.drop_changed()?;
                return self.refresh_archive(ecosystem, archive, progress);
            }
            Text::New(list, said) => (list, said),
        };
        let mut todo = changes::todo(&list, archive, false)?;
        let mut refreshed = Refreshed::Kept;
        if todo == Todo::Archive {
            archive.drop_changed()?;
            refreshed = match self.refresh_archive(ecosystem, archive, progress)? {
                Refreshed::Missing => return Ok(Refreshed::Missing),
                // Without the records beside it, it is not what was imported.
                Refreshed::Fetched | Refreshed::Kept => Refreshed::Fetched,
            };
            todo = changes::todo(&list, archive, true)?;
        }
        match todo {
            Todo::Records(ids) => {
                self.fetch_records(ecosystem, archive, &ids, progress)?;
                refreshed = Refreshed::Fetched;
            }
            Todo::Nothing => {}
            // The list is no list, or still far ahead: it is asked again next time.
            Todo::Archive => return Ok(refreshed),
        }
        Archive::remember(&archive.list, &said)?;
        if matches!(refreshed, Refreshed::Kept) {
            progress(Progress::Kept { ecosystem });
        }
        Ok(refreshed)
    }

    /// A record that the server has no more is left out: its list was a moment older.
    fn fetch_records(
        &self,
        ecosystem: &str,
        archive: &Archive,
        ids: &[String],
        progress: &mut dyn FnMut(Progress<'_>),
    ) -> Result<(), FetchError> {
        for (done, id) in ids.iter().enumerate() {
            progress(Progress::Records { ecosystem, done, total: ids.len() });
            let url = self.url(ecosystem, &format!("{id}.json"));
            if let Text::New(record, _) = self.text(&url, None, RECORD_BYTES_MAX)? {
                archive.change(id, record.as_bytes())?;
            }
        }
        Ok(())
    }

    fn url(&self, ecosystem: &str, file: &str) -> String {
        self.base.join(&format!("{}/{file}", ecosystem.replace(' ', "%20")))
    }

    fn refresh_archive(
        &self,
        ecosystem: &str,
        archive: &Archive,
        progress: &mut dyn FnMut(Progress<'_>),
    ) -> Result<Refreshed, FetchError> {
        let url = self.url(ecosystem, "all.zip");
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
            headers.extend(conditions(said));
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
                archive.drop_part();
                Archive::remember(&archive.part, &said(url, &response))?;
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

/// What asks for a document only if it is another one than then (RFC 9110, section 13.1).
fn conditions(said: &Said) -> Vec<(&'static str, &str)> {
    let both = [("If-None-Match", said.etag.as_str()), ("If-Modified-Since", said.last_modified.as_str())];
    both.into_iter().filter(|(_, value)| !value.is_empty()).collect()
}

fn said(url: &str, response: &Response<Body>) -> Said {
    Said {
        url: url.to_owned(),
        etag: header(response, "etag").to_owned(),
        last_modified: header(response, "last-modified").to_owned(),
    }
}

fn header<'r>(response: &'r Response<Body>, name: &str) -> &'r str {
    response.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

fn server(url: &str, reason: String) -> FetchError {
    FetchError::Server { url: url.to_owned(), reason }
}
