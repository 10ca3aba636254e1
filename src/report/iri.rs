//! Makes locations from lockfiles fit for fields that must hold a URL (RFC 3986, RFC 3987).

use std::fmt::Write;

/// A valid absolute URL with the meaning of `text`, or `None` where it has no such meaning: relative paths, empty text.
/// `git@host.example:team/repo.git`, as git writes it, becomes `ssh://git@host.example/team/repo.git`.
pub(super) fn url(text: &str) -> Option<String> {
    let text = text.trim();
    let (scheme, rest) = match text.split_once(':') {
        Some((scheme, rest)) if is_scheme(scheme) => (scheme, rest),
        Some((host, path)) if host.contains('@') && !host.contains('/') => {
            return url(&format!("ssh://{host}/{}", path.trim_start_matches('/')));
        }
        _ => return None,
    };
    let mut out = format!("{scheme}:");
    let Some(rest) = rest.strip_prefix("//") else {
        escape(rest, &mut out);
        return Some(out);
    };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, tail) = rest.split_at_checked(end)?;
    out.push_str("//");
    let (user, host) =
        authority.rsplit_once('@').map_or((None, authority), |(user, host)| (Some(user), host));
    if let Some(user) = user {
        escape(&user.replace('@', "%40"), &mut out);
        out.push('@');
    }
    match host.rsplit_once(':') {
        // An address in brackets has colons of its own (RFC 3986, section 3.2.2).
        _ if host.starts_with('[') && host.ends_with(']') && is_address(host) => out.push_str(host),
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => {
            escape(&name.replace(':', "%3A"), &mut out);
            out.push(':');
            out.push_str(port);
        }
        // `ssh://git@host:team/repo`: git's two spellings mixed.
        Some((name, path)) => {
            escape(&name.replace(':', "%3A"), &mut out);
            out.push('/');
            escape(path, &mut out);
        }
        None => escape(host, &mut out),
    }
    escape(tail, &mut out);
    Some(out)
}

/// A path of the tree as a relative URI reference, `/` between segments.
pub(super) fn path(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    // An empty reference would mean the document itself, a leading slash another host.
    match out.trim_start_matches('/') {
        "" => ".".to_owned(),
        relative => relative.to_owned(),
    }
}

/// One segment of a path; empty for empty text.
pub(super) fn segment(text: &str) -> String {
    if text.is_empty() { String::new() } else { path(text).replace('/', "%2F") }
}

fn is_scheme(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b))
}

fn is_address(host: &str) -> bool {
    host.trim_start_matches('[').trim_end_matches(']').parse::<std::net::Ipv6Addr>().is_ok()
}

/// Escapes what no part of a URL may hold, keeps what is escaped already, and lets one `#` stand.
fn escape(text: &str, out: &mut String) {
    let mut fragment = false;
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        let escaped = || {
            let mut ahead = rest.clone();
            ahead.next().is_some_and(|b| b.is_ascii_hexdigit())
                && ahead.next().is_some_and(|b| b.is_ascii_hexdigit())
        };
        let keep = match byte {
            b'%' => escaped(),
            b'#' => !std::mem::replace(&mut fragment, true),
            _ => byte.is_ascii_alphanumeric() || b"-._~:/?@!$&'()*+,;=".contains(&byte),
        };
        if keep {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
}
