//! Where advisory records come from: archives and folders of OSV documents, read in batches within limits; and the lists
//! of CVEs beside them, see [`super::signals`].
//!
//! Names inside an archive are labels for messages; they are never used as paths.
#![expect(clippy::disallowed_methods, reason = "it reads the archives that are imported")]

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use zip::ZipArchive;

use super::error::BuildError;
use super::format::hex;
use super::name::is_known_ecosystem;
use super::signals;

/// Largest document.
const ENTRY_BYTES_MAX: u64 = 16 << 20;
/// Most bytes that one archive may unpack to.
const TOTAL_BYTES_MAX: u64 = 16 << 30;
/// Most bytes that one packed byte may unpack to, over a whole archive; records pack about 1 : 4.
const RATIO_MAX: u64 = 200;
/// Unpacked bytes that any archive is granted before its ratio counts.
const RATIO_FREE: u64 = 64 << 20;
/// Deepest folder below the imported one.
const DEPTH_MAX: usize = 16;
/// A batch is handed over when it has this many bytes or documents.
const BATCH_BYTES: usize = 8 << 20;
const BATCH_DOCUMENTS: usize = 4096;
/// Largest list of CVEs, unpacked; the real ones have 2 and 20 MiB.
const LIST_BYTES_MAX: u64 = 512 << 20;
/// How much of a file tells what it is.
const BEGINNING: u64 = 4096;

/// The folder beside an `all.zip` that holds records newer than it, a document each.
pub const CHANGED: &str = "changed";

/// How an input is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Archive,
    /// A folder of documents, or a single one.
    Folder,
    /// CISA's catalogue of known exploited vulnerabilities.
    Kev,
    /// A table of EPSS scores, plain or gzip.
    Epss,
}

/// One archive, folder or list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Input {
    pub(crate) path: PathBuf,
    /// Relative to what is imported, `/`-separated.
    pub(crate) label: String,
    /// The ecosystem that it holds by its name; it is covered even when empty. `None`: whatever its records name.
    pub(crate) ecosystem: Option<String>,
    pub(crate) kind: Kind,
    /// Of a folder, what is read of it; all, if empty.
    parts: Vec<PathBuf>,
}

/// One document, or why it could not be read.
#[derive(Debug)]
pub(crate) struct Document {
    pub(crate) name: String,
    pub(crate) bytes: Result<Vec<u8>, String>,
}

/// What was read of an input.
#[derive(Debug, Default)]
pub(crate) struct Summary {
    pub(crate) sha256: String,
    pub(crate) entries: usize,
}

/// Finds the inputs under a path, sorted by label. A file is what its name and its beginning say. Of a folder:
/// `<Ecosystem>/all.zip` (and [`CHANGED`] beside it), `<Ecosystem>/` with documents in it, `*.zip`, the lists of CVEs; and whatever documents are
/// left, which are an organisation's own.
pub(crate) fn discover(path: &Path) -> Result<Vec<Input>, BuildError> {
    let metadata = std::fs::metadata(path).map_err(|source| BuildError::input(path, source))?;
    let input = |path: &Path, label: String, ecosystem: Option<String>, kind| Input {
        path: path.to_owned(),
        label,
        ecosystem,
        kind,
        parts: Vec::new(),
    };
    if metadata.is_file() {
        let kind =
            kind_of_file(path).map_err(|source| BuildError::input(path, source))?.unwrap_or(Kind::Archive);
        let ecosystem = (kind == Kind::Archive).then(|| ecosystem_of_archive(path)).flatten();
        return Ok(vec![input(path, file_name(path), ecosystem, kind)]);
    }
    let mut out = Vec::new();
    let mut rest = Vec::new();
    for entry in children(path)? {
        let name = file_name(&entry);
        if name.starts_with('.') {
            continue;
        }
        let all = entry.join("all.zip");
        if all.is_file() {
            out.push(input(&all, format!("{name}/all.zip"), Some(name.clone()), Kind::Archive));
            let newer = entry.join(CHANGED);
            if newer.is_dir() {
                out.push(input(&newer, format!("{name}/{CHANGED}"), Some(name), Kind::Folder));
            }
            continue;
        }
        if entry.is_dir() && is_known_ecosystem(&name) {
            out.push(input(&entry, name.clone(), Some(name), Kind::Folder));
            continue;
        }
        let io = |source| BuildError::input(&entry, source);
        match if entry.is_file() { kind_of_file(&entry).map_err(io)? } else { Some(Kind::Folder) } {
            Some(Kind::Archive) => {
                let ecosystem = ecosystem_of_archive(&entry);
                out.push(input(&entry, name, ecosystem, Kind::Archive));
            }
            Some(kind @ (Kind::Kev | Kind::Epss)) => out.push(input(&entry, name, None, kind)),
            Some(Kind::Folder) => rest.push(entry),
            None => {}
        }
    }
    if !rest.is_empty() {
        let name = file_name(path);
        let ecosystem = is_known_ecosystem(&name).then(|| name.clone());
        out.push(Input { parts: rest, ..input(path, name, ecosystem, Kind::Folder) });
    }
    Ok(out)
}

/// What a file is by its name and, where that is not enough, its beginning; `None`: nothing that is imported.
fn kind_of_file(path: &Path) -> std::io::Result<Option<Kind>> {
    let list = has_extension(path, "csv") || has_extension(path, "gz");
    if has_extension(path, "zip") {
        return Ok(Some(Kind::Archive));
    }
    if is_document(&file_name(path)) || list {
        let begins = beginning(path)?;
        return Ok(match list {
            true => signals::is_epss(&begins).then_some(Kind::Epss),
            false if signals::is_kev(&begins) => Some(Kind::Kev),
            false => Some(Kind::Folder),
        });
    }
    Ok(None)
}

/// The first bytes of a file, unpacked.
fn beginning(path: &Path) -> std::io::Result<Vec<u8>> {
    let mut out = Vec::new();
    // A gzip file that does not even begin well is not what was looked for.
    let read = unpacked(File::open(path)?)?.take(BEGINNING).read_to_end(&mut out);
    if out.is_empty() && !has_extension(path, "gz") {
        read?;
    }
    Ok(out)
}

/// A file's content, unpacked where it is gzip (RFC 1952, section 2.3.1).
fn unpacked(file: File) -> std::io::Result<Box<dyn Read>> {
    let mut file = BufReader::new(file);
    let gzip = file.fill_buf()?.starts_with(&[0x1f, 0x8b]);
    Ok(if gzip { Box::new(flate2::bufread::MultiGzDecoder::new(file)) } else { Box::new(file) })
}

/// `npm.zip` holds npm, and so does `npm/all.zip`; any other name says nothing.
fn ecosystem_of_archive(path: &Path) -> Option<String> {
    let stem = path.file_stem()?.to_str()?;
    let name = if stem == "all" { path.parent()?.file_name()?.to_str()? } else { stem };
    is_known_ecosystem(name).then(|| name.to_owned())
}

impl Input {
    /// Hands all documents over, in batches, in an order that depends on the input alone.
    pub(crate) fn read(
        &self,
        each: &mut dyn FnMut(Vec<Document>) -> Result<(), BuildError>,
    ) -> Result<Summary, BuildError> {
        let mut batch = Batch { documents: Vec::new(), bytes: 0, each };
        let read = match self.kind {
            Kind::Archive => self.read_archive(&mut batch)?,
            Kind::Folder => self.read_folder(&mut batch)?,
            Kind::Kev | Kind::Epss => Summary::default(),
        };
        batch.hand_over()?;
        Ok(read)
    }

    /// A list of CVEs, whole, and the checksum of its file.
    pub(crate) fn read_list(&self) -> Result<(Vec<u8>, String), BuildError> {
        let io = |source| BuildError::input(&self.path, source);
        let mut bytes = Vec::new();
        let reader = unpacked(File::open(&self.path).map_err(io)?).map_err(io)?;
        reader.take(LIST_BYTES_MAX + 1).read_to_end(&mut bytes).map_err(io)?;
        if bytes.len() as u64 > LIST_BYTES_MAX {
            let reason = format!("it is larger than {LIST_BYTES_MAX} bytes");
            return Err(BuildError::Archive { path: self.path.clone(), reason });
        }
        Ok((bytes, digest(&self.path).map_err(io)?))
    }

    fn read_archive(&self, batch: &mut Batch<'_>) -> Result<Summary, BuildError> {
        let io = |source| BuildError::input(&self.path, source);
        let sha256 = digest(&self.path).map_err(io)?;
        let file = File::open(&self.path).map_err(io)?;
        let packed = file.metadata().map_err(io)?.len();
        let refused = |reason: String| BuildError::Archive { path: self.path.clone(), reason };
        let mut archive = ZipArchive::new(BufReader::with_capacity(1 << 16, file))
            .map_err(|error| refused(format!("it is not a readable zip archive: {error}")))?;
        let allowed = TOTAL_BYTES_MAX.min(RATIO_FREE.max(packed.saturating_mul(RATIO_MAX)));
        let (mut unpacked, mut entries) = (0u64, 0);
        for n in 0..archive.len() {
            let document = match archive.by_index(n) {
                Ok(mut entry) => {
                    let name = String::from_utf8_lossy(entry.name_raw()).into_owned();
                    if entry.is_dir() || !is_document(&name) || name.split('/').any(is_hidden) {
                        continue;
                    }
                    Document { name, bytes: bounded(&mut entry) }
                }
                Err(error) => Document { name: format!("entry {n}"), bytes: Err(error.to_string()) },
            };
            entries += 1;
            unpacked += document.bytes.as_ref().map_or(0, |bytes| bytes.len() as u64);
            if unpacked > allowed {
                return Err(refused(format!(
                    "it unpacks to more than {allowed} bytes, which no set of records does"
                )));
            }
            batch.push(document)?;
        }
        Ok(Summary { sha256, entries })
    }

    fn read_folder(&self, batch: &mut Batch<'_>) -> Result<Summary, BuildError> {
        let mut files = Vec::new();
        if self.path.is_file() {
            files.push((self.label.clone(), self.path.clone()));
        } else if self.parts.is_empty() {
            list(&self.path, "", 0, &mut files)?;
        }
        for part in &self.parts {
            take(part, "", 0, &mut files)?;
        }
        files.sort();
        let mut sha = Sha256::new();
        let entries = files.len();
        for (name, path) in files {
            let bytes =
                File::open(&path).map_err(|error| error.to_string()).and_then(|mut file| bounded(&mut file));
            sha.update(name.as_bytes());
            sha.update([0]);
            sha.update(bytes.as_deref().map(Sha256::digest).unwrap_or_default());
            batch.push(Document { name, bytes })?;
        }
        Ok(Summary { sha256: hex(&sha.finalize()), entries })
    }
}

/// All of a document, whatever size it claims to have.
fn bounded(reader: &mut dyn Read) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    reader.take(ENTRY_BYTES_MAX + 1).read_to_end(&mut bytes).map_err(|error| error.to_string())?;
    if bytes.len() as u64 > ENTRY_BYTES_MAX {
        return Err(format!("it is larger than {ENTRY_BYTES_MAX} bytes"));
    }
    Ok(bytes)
}

struct Batch<'a> {
    documents: Vec<Document>,
    bytes: usize,
    each: &'a mut dyn FnMut(Vec<Document>) -> Result<(), BuildError>,
}

impl Batch<'_> {
    fn push(&mut self, document: Document) -> Result<(), BuildError> {
        self.bytes += document.bytes.as_ref().map_or(0, Vec::len);
        self.documents.push(document);
        if self.bytes >= BATCH_BYTES || self.documents.len() >= BATCH_DOCUMENTS {
            return self.hand_over();
        }
        Ok(())
    }

    fn hand_over(&mut self) -> Result<(), BuildError> {
        self.bytes = 0;
        let documents = std::mem::take(&mut self.documents);
        if documents.is_empty() { Ok(()) } else { (self.each)(documents) }
    }
}

/// All documents below a folder, with their names relative to it. Links to folders are not followed.
fn list(
    folder: &Path,
    prefix: &str,
    depth: usize,
    out: &mut Vec<(String, PathBuf)>,
) -> Result<(), BuildError> {
    if depth > DEPTH_MAX {
        return Ok(());
    }
    children(folder)?.iter().try_for_each(|path| take(path, prefix, depth, out))
}

/// A document, or all documents below a folder. What is hidden belongs to other tools, as `.github` does.
fn take(path: &Path, prefix: &str, depth: usize, out: &mut Vec<(String, PathBuf)>) -> Result<(), BuildError> {
    let name = file_name(path);
    if is_hidden(&name) {
        return Ok(());
    }
    let full = format!("{prefix}{name}");
    let metadata = std::fs::symlink_metadata(path).map_err(|source| BuildError::input(path, source))?;
    if metadata.is_dir() {
        list(path, &format!("{full}/"), depth + 1, out)?;
    } else if is_document(&name) && path.is_file() {
        out.push((full, path.to_owned()));
    }
    Ok(())
}

fn is_hidden(name: &str) -> bool {
    name.starts_with('.') && name != "." && name != ".."
}

/// Whether a file of this name may hold an OSV record.
fn is_document(name: &str) -> bool {
    [".json", ".yaml", ".yml"].iter().any(|end| name.to_ascii_lowercase().ends_with(end))
}

fn children(folder: &Path) -> Result<Vec<PathBuf>, BuildError> {
    let io = |source| BuildError::input(folder, source);
    let mut out = std::fs::read_dir(folder)
        .map_err(io)?
        .map(|entry| Ok(entry.map_err(io)?.path()))
        .collect::<Result<Vec<_>, _>>()?;
    out.sort();
    Ok(out)
}

fn digest(path: &Path) -> std::io::Result<String> {
    let mut sha = Sha256::new();
    let mut file = File::open(path)?;
    let mut buffer = vec![0; 1 << 16];
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(hex(&sha.finalize())),
            n => sha.update(buffer.get(..n).unwrap_or_default()),
        }
    }
}

fn file_name(path: &Path) -> String {
    path.file_name().map_or_else(|| path.to_string_lossy(), |name| name.to_string_lossy()).into_owned()
}

fn has_extension(path: &Path, extension: &str) -> bool {
    path.extension().is_some_and(|one| one.eq_ignore_ascii_case(extension))
}
