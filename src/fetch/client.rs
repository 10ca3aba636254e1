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
use super::{FetchError, Progress, Request, io_at, is_folder_name};

/// Tries for one archive, the first included.
const ATTEMPTS: u32 = 5;
const REDIRECTS_MAX: u32 = 5;
const LIST_BYTES_MAX: u64 = 1 << 20;
/// A server may ask for a longer pause, up to this.
const PAUSE_MAX: Duration = Duration::from_secs(30);

/// What became of an archive.
pub(super) enum Refreshed {
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

pub(super) struct Client<'a> {
    base: &'a Base,
    request: &'a Request,
    agent: Agent,
}

impl<'a> Client<'a> {
    pub(super) fn new(base: &'a Base, request: &'a Request) -> Self {
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

    pub(super) fn refresh(
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

fn server(url: &str, reason: String) -> FetchError {
    FetchError::Server { url: url.to_owned(), reason }
}
