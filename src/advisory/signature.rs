//! Whether a snapshot is signed with a key that the user trusts: minisign's detached signatures, `<snapshot>.minisig`
//! (<https://jedisct1.github.io/minisign/>, "Signature format").
#![expect(clippy::disallowed_methods, reason = "it reads the signature beside the snapshot")]

use std::io::Read;
use std::path::{Path, PathBuf};

use minisign_verify::{Error, PublicKey, Signature};

/// A signature has four lines; a key has two.
const TEXT_BYTES_MAX: u64 = 4096;

/// Why a file does not count as signed.
#[derive(Debug, thiserror::Error)]
pub enum SignatureError {
    #[error("`{0}` is no minisign public key: give the key itself, or the .pub file that holds it")]
    Key(String),
    #[error("{path}: there is no signature: {reason}; sign it with `minisign -Sm`, or leave the public key out", path = path.display())]
    Missing { path: PathBuf, reason: std::io::Error },
    #[error("{path}: this is not a minisign signature", path = .0.display())]
    Unreadable(PathBuf),
    #[error("{path}: the signature is of another key", path = .0.display())]
    OtherKey(PathBuf),
    #[error("{path}: the file is not what was signed: it was changed, or signed before it was last built", path = .0.display())]
    Wrong(PathBuf),
}

/// Checks `content`, which was read from `path`, against the signature beside it. `key` is a public key, or the path of
/// a file that holds one.
///
/// # Errors
/// Whatever keeps it from counting as signed; see [`SignatureError`].
pub fn check(content: &[u8], path: &Path, key: &str) -> Result<(), SignatureError> {
    let public = public_key(key).ok_or_else(|| SignatureError::Key(key.to_owned()))?;
    let mut beside = path.as_os_str().to_owned();
    beside.push(".minisig");
    let beside = PathBuf::from(beside);
    let text = read(&beside).map_err(|reason| SignatureError::Missing { path: beside.clone(), reason })?;
    let signature = Signature::decode(&text).map_err(|_| SignatureError::Unreadable(beside.clone()))?;
    // Older tools signed the file itself and not its hash; either says the same.
    public.verify(content, &signature, true).map_err(|error| match error {
        Error::UnexpectedKeyId => SignatureError::OtherKey(beside),
        _ => SignatureError::Wrong(path.to_owned()),
    })
}

fn public_key(key: &str) -> Option<PublicKey> {
    let text = read(Path::new(key)).unwrap_or_else(|_| key.to_owned());
    PublicKey::decode(&text).or_else(|_| PublicKey::from_base64(text.trim())).ok()
}

fn read(path: &Path) -> std::io::Result<String> {
    let mut text = String::new();
    std::fs::File::open(path)?.take(TEXT_BYTES_MAX).read_to_string(&mut text)?;
    Ok(text)
}
