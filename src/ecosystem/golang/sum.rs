//! `go.sum` and `go.work.sum`: checksums of everything Go ever looked at, which is more than what is built.

use crate::ecosystem::Facts;
use crate::model::{Diagnostic, Hash, HashAlgorithm, Partial, diagnostic::quoted};
use crate::parse::{SourceFile, lines};

/// The lines that name a module's contents; those that name only its `go.mod` say nothing about what is built.
#[derive(Debug, Default)]
pub(super) struct Sums {
    pub(super) modules: Vec<Sum>,
}

#[derive(Debug)]
pub(super) struct Sum {
    pub(super) module: String,
    pub(super) version: String,
    /// `None` where the algorithm is not known.
    pub(super) hash: Option<Hash>,
    pub(super) line: u32,
}

pub(super) fn parse(source: &SourceFile<'_>) -> Partial<Facts> {
    let (text, mut diagnostics) = source.text();
    let mut sums = Sums::default();
    for (n, line) in lines::numbered(&text) {
        let words: Vec<&str> = line.split_ascii_whitespace().collect();
        let [module, version, hash] = words.as_slice() else {
            if !words.is_empty() {
                let message = format!("{} is not `module version hash`", quoted(line.trim()));
                diagnostics.push(Diagnostic::gap("entry-broken", n, message).help("run `go mod tidy`"));
            }
            continue;
        };
        if version.ends_with("/go.mod") {
            continue;
        }
        let hash = hash.strip_prefix("h1:").map(|digest| Hash::from_base64(HashAlgorithm::GoH1, digest));
        if hash == Some(None) {
            let message = format!("the checksum of {} is damaged", quoted(module));
            diagnostics.push(Diagnostic::gap("entry-broken", n, message).help("run `go mod tidy`"));
        }
        sums.modules.push(Sum {
            module: (*module).to_owned(),
            version: (*version).to_owned(),
            hash: hash.flatten(),
            line: n,
        });
    }
    Partial::new(Facts::new(sums), diagnostics)
}
