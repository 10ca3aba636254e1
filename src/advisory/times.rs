//! When the records of archives and folders were modified, read without building anything of them.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Deserialize;

use super::error::BuildError;
use super::source;

/// Ids and when each was modified, RFC 3339 as written.
pub type Times = BTreeMap<String, String>;

#[derive(Deserialize)]
struct Head {
    id: String,
    modified: String,
}

/// The newest time of each record in the inputs. What cannot be read is left out, as if it were not there.
///
/// # Errors
/// An input that cannot be read at all.
pub fn times(inputs: impl Iterator<Item = impl Into<PathBuf>>) -> Result<Times, BuildError> {
    let mut out = Times::new();
    for input in inputs {
        for one in source::discover(&input.into())? {
            one.read(&mut |documents| {
                let heads = documents
                    .into_iter()
                    .filter_map(|one| serde_json::from_slice::<Head>(&one.bytes.ok()?).ok());
                for Head { id, modified } in heads {
                    let known = out.entry(id).or_default();
                    if time_key(known) < time_key(&modified) {
                        *known = modified;
                    }
                }
                Ok(())
            })?;
        }
    }
    Ok(out)
}

/// Orders times in UTC as texts: `…:00Z` comes before `…:00.5Z`.
pub(super) fn time_key(time: &str) -> &str {
    time.trim_end_matches('Z')
}
