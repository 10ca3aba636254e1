//! The HTTP client: patient tries, conditional and resumed requests, and redirects that never leave the host.

use std::collections::BTreeSet;
use std::io::Read;
use std::time::Duration;

use ureq::http::{Response, StatusCode};
use ureq::{Agent, Body};

use super::address::Base;
use super::archive::Said;
use super::{FetchError, Request, is_folder_name};

/// Tries for one archive, the first included.
const ATTEMPTS: u32 = 5;
const REDIRECTS_MAX: u32 = 5;
const LIST_BYTES_MAX: u64 = 1 << 20;
/// A server may ask for a longer pause, up to this.
const PAUSE_MAX: Duration = Duration::from_secs(30);

/// A small document.
pub(super) enum Text {
    New(String, Said),
    Kept,
    Missing,
}

#[derive(Debug)]
pub(super) struct Client {
    pub(super) base: Base,
    pub(super) request: Request,
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
    pub(super) fn text(&self, url: &str, before: Option<&Said>, bytes_max: u64) -> Result<Text, FetchError> {
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

    /// Tries until there is an answer, an error, or no patience left.
    pub(super) fn patiently<T>(
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

    /// One request, following redirects that stay with the same host and scheme. The inner error may pass.
    pub(super) fn get(
        &self,
        url: &str,
        headers: &[(&str, &str)],
    ) -> Result<Result<Response<Body>, String>, FetchError> {
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
pub(super) fn worth_another_try(response: &Response<Body>) -> Option<(String, Option<Duration>)> {
    let status = response.status();
    let passing = status.is_server_error()
        || status == StatusCode::TOO_MANY_REQUESTS
        || status == StatusCode::REQUEST_TIMEOUT;
    let asked = header(response, "retry-after").parse().ok().map(Duration::from_secs);
    passing.then(|| (format!("the server answered {status}"), asked))
}

/// What asks for a document only if it is another one than then (RFC 9110, section 13.1).
pub(super) fn conditions(said: &Said) -> Vec<(&'static str, &str)> {
    let both = [("If-None-Match", said.etag.as_str()), ("If-Modified-Since", said.last_modified.as_str())];
    both.into_iter().filter(|(_, value)| !value.is_empty()).collect()
}

pub(super) fn said(url: &str, response: &Response<Body>) -> Said {
    Said {
        url: url.to_owned(),
        etag: header(response, "etag").to_owned(),
        last_modified: header(response, "last-modified").to_owned(),
    }
}

pub(super) fn header<'r>(response: &'r Response<Body>, name: &str) -> &'r str {
    response.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

pub(super) fn server(url: &str, reason: String) -> FetchError {
    FetchError::Server { url: url.to_owned(), reason }
}
