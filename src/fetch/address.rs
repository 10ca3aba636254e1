//! Addresses that may be asked: HTTPS, or this machine itself.

use super::FetchError;

/// An address that may be asked.
#[derive(Debug, Clone)]
pub(super) struct Base {
    /// Without a slash at its end.
    url: String,
    /// `https://host:port`.
    pub(super) origin: String,
    pub(super) is_loopback: bool,
}

impl Base {
    pub(super) fn new(url: &str) -> Result<Self, FetchError> {
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

    pub(super) fn join(&self, path: &str) -> String {
        format!("{}/{path}", self.url)
    }
}
