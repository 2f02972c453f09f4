//! Checkpoints of a log: the size and the root of its tree, signed with Ed25519 (C2SP tlog-checkpoint, signed-note).
//!
//! [`write()`] and [`read()`] are the whole of it; [`Signer`] and [`Verifier`] work on any text. No key is made here:
//! the caller gives 32 bytes that nobody can guess. The tree is that of [`merkle`](crate::domain::merkle).

use std::fmt;
use std::str::FromStr;

use data_encoding::{BASE64, HEXLOWER};
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use sha2::{Digest, Sha256};

use crate::domain::merkle::{Hash, LARGEST};

/// Bytes of a whole note, at most.
pub const NOTE_BYTES: usize = 64 << 10;
/// Signatures under one note, at most: as many as a reader must accept.
pub const SIGNATURES: usize = 16;

/// Begins a line of a signature.
const DASH: &str = "\u{2014} ";
/// The kind of key that is named 1 there: Ed25519.
const ED25519: u8 = 0x01;

type KeyId = [u8; 4];

/// What is wrong with a note, a key or a checkpoint.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    #[error("the note is longer than {NOTE_BYTES} bytes")]
    TooLong,
    #[error("the note has a control character other than a line feed")]
    ControlCharacter,
    #[error("the text of the note does not end with a line feed")]
    TextEnd,
    #[error("no signatures stand behind an empty line at the end of the note")]
    Unsigned,
    #[error("the note has more than {SIGNATURES} signatures")]
    TooManySignatures,
    /// From 1, among the signatures.
    #[error("line {0} of the signatures is not a dash, the name of a key and a signature in base64")]
    SignatureLine(usize),
    #[error("the note is not signed by {name} with the key {id}")]
    UnknownKeys { name: String, id: String },
    #[error("a signature of {0} does not match the text of the note")]
    WrongSignature(String),
    #[error("the name of a key is empty, or has a space, a plus or a control character")]
    KeyName,
    #[error("the key is not a name, eight hexadecimal digits and base64, with a plus between them")]
    KeyText,
    #[error("the key is no Ed25519 public key")]
    KeyKind,
    #[error("the key does not have the number that stands in front of it")]
    KeyId,
    #[error("the first line of the checkpoint is no name of a log")]
    Origin,
    #[error("the checkpoint is of the log {found}, not of {expected}")]
    OtherOrigin { expected: String, found: String },
    #[error("the second line of the checkpoint is no size of a tree")]
    Size,
    #[error("the third line of the checkpoint is not 32 bytes in base64")]
    Root,
    #[error("the checkpoint has an empty line")]
    EmptyLine,
    #[error("the checkpoint does not read back as it was written")]
    Unreadable,
}

/// The state of a log at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// The name of the log, by the rules for names of keys.
    pub origin: String,
    /// Leaves of the tree.
    pub size: u64,
    pub root: Hash,
    /// Lines that say something more, without their ends; mostly none.
    pub extensions: Vec<String>,
}

impl Checkpoint {
    /// The lines that are signed.
    pub fn text(&self) -> String {
        let mut text = format!("{}\n{}\n{}\n", self.origin, self.size, BASE64.encode(&self.root));
        for line in &self.extensions {
            text.push_str(line);
            text.push('\n');
        }
        text
    }

    /// Reads the lines that are signed; there is exactly one way to write a checkpoint.
    ///
    /// # Errors
    /// When it is not three lines or more, each as it must be, and each with its end.
    pub fn parse(text: &str) -> Result<Self, Fault> {
        check_text(text)?;
        let mut lines = text.strip_suffix('\n').ok_or(Fault::TextEnd)?.split('\n');
        let origin = lines.next().filter(|line| is_key_name(line)).ok_or(Fault::Origin)?;
        let size = lines.next().and_then(size).ok_or(Fault::Size)?;
        let root = lines.next().and_then(|line| BASE64.decode(line.as_bytes()).ok());
        let root = root.and_then(|root| root.try_into().ok()).ok_or(Fault::Root)?;
        let extensions: Vec<String> = lines.map(str::to_owned).collect();
        if extensions.iter().any(String::is_empty) {
            return Err(Fault::EmptyLine);
        }
        Ok(Self {
            origin: origin.to_owned(),
            size,
            root,
            extensions,
        })
    }
}

/// A number without sign or leading zeros, within what a tree may have.
fn size(line: &str) -> Option<u64> {
    // The parser also takes a plus and leading zeros.
    let is_plain = line.bytes().all(|byte| byte.is_ascii_digit()) && (line == "0" || !line.starts_with('0'));
    line.parse().ok().filter(|size| is_plain && *size <= LARGEST)
}

/// Whether a key, or a log, may be called so (signed-note, "Format").
fn is_key_name(name: &str) -> bool {
    !name.is_empty() && !name.contains(|c: char| c.is_whitespace() || c.is_control() || c == '+')
}

/// What holds for a whole note and so for its text.
fn check_text(text: &str) -> Result<(), Fault> {
    if text.len() > NOTE_BYTES {
        return Err(Fault::TooLong);
    }
    if text.bytes().any(|byte| byte < b' ' && byte != b'\n') {
        return Err(Fault::ControlCharacter);
    }
    Ok(())
}

/// The public key as it is written, its kind in front.
fn encoded(key: &VerifyingKey) -> Vec<u8> {
    [&[ED25519], key.as_bytes().as_slice()].concat()
}

/// Tells keys of one name apart (signed-note, "Ed25519 signatures").
fn key_id(name: &str, key: &VerifyingKey) -> KeyId {
    let hash = Sha256::new()
        .chain_update(name)
        .chain_update("\n")
        .chain_update(encoded(key));
    let [a, b, c, d, ..]: Hash = hash.finalize().into();
    [a, b, c, d]
}

/// A secret key with its name.
pub struct Signer {
    key: SigningKey,
    verifier: Verifier,
}

/// Never shows the secret.
impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Signer").field(&self.verifier).finish()
    }
}

impl Signer {
    /// # Errors
    /// When no key may be called so.
    pub fn new(name: &str, secret: &[u8; 32]) -> Result<Self, Fault> {
        let key = SigningKey::from_bytes(secret);
        let verifier = Verifier::new(name, key.verifying_key())?;
        Ok(Self { key, verifier })
    }

    /// The key for those who read what this one signs.
    pub const fn verifier(&self) -> &Verifier {
        &self.verifier
    }

    /// The whole note: the text, an empty line, the signature. The same text always gives the same note.
    ///
    /// # Errors
    /// When no reader would take it: the text does not end with a line feed, is too long, or has control characters.
    pub fn sign(&self, text: &str) -> Result<String, Fault> {
        check_text(text)?;
        if !text.ends_with('\n') {
            return Err(Fault::TextEnd);
        }
        let signature = self.key.sign(text.as_bytes()).to_bytes();
        let signature = BASE64.encode(&[self.verifier.id.as_slice(), signature.as_slice()].concat());
        let note = format!("{text}\n{DASH}{} {signature}\n", self.verifier.name);
        check_text(&note)?;
        Ok(note)
    }
}

/// A public key with its name. As text: `name+number of the key+kind and key`, elsewhere called a vkey.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verifier {
    name: String,
    id: KeyId,
    key: VerifyingKey,
}

impl fmt::Display for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (id, key) = (HEXLOWER.encode(&self.id), BASE64.encode(&encoded(&self.key)));
        write!(f, "{}+{id}+{key}", self.name)
    }
}

impl FromStr for Verifier {
    type Err = Fault;

    fn from_str(text: &str) -> Result<Self, Fault> {
        // Base64 has a plus too.
        let mut parts = text.splitn(3, '+');
        let (Some(name), Some(id), Some(key)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(Fault::KeyText);
        };
        let id = HEXLOWER.decode(id.as_bytes()).map_err(|_| Fault::KeyText)?;
        let id = KeyId::try_from(id).map_err(|_| Fault::KeyText)?;
        let key = BASE64.decode(key.as_bytes()).map_err(|_| Fault::KeyText)?;
        let key = key.strip_prefix(&[ED25519]).and_then(|key| key.try_into().ok());
        let key = VerifyingKey::from_bytes(key.ok_or(Fault::KeyKind)?).map_err(|_| Fault::KeyKind)?;
        let verifier = Self::new(name, key)?;
        if verifier.id != id {
            return Err(Fault::KeyId);
        }
        Ok(verifier)
    }
}

impl Verifier {
    fn new(name: &str, key: VerifyingKey) -> Result<Self, Fault> {
        if !is_key_name(name) {
            return Err(Fault::KeyName);
        }
        // Under a weak key one signature matches many texts.
        if key.is_weak() {
            return Err(Fault::KeyKind);
        }
        Ok(Self {
            name: name.to_owned(),
            id: key_id(name, &key),
            key,
        })
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    /// The text of a note that this key signed.
    ///
    /// Signatures of other keys are passed over, also those of the same name. Every one of this key has to match.
    ///
    /// # Errors
    /// When this key did not sign the text, or the note is not as notes are.
    pub fn open<'n>(&self, note: &'n str) -> Result<&'n str, Fault> {
        check_text(note)?;
        // The text may have empty lines; the last one of the note ends it.
        let (text, lines) = note
            .rfind("\n\n")
            .and_then(|at| note.split_at_checked(at + 1))
            .ok_or(Fault::Unsigned)?;
        let lines = lines.strip_prefix('\n').and_then(|lines| lines.strip_suffix('\n'));
        let lines = lines.ok_or(Fault::Unsigned)?;
        if lines.split('\n').count() > SIGNATURES {
            return Err(Fault::TooManySignatures);
        }
        let mut is_signed = false;
        for (number, line) in (1..).zip(lines.split('\n')) {
            let (name, id, signature) = signature_line(line).ok_or(Fault::SignatureLine(number))?;
            if name != self.name || id != self.id {
                continue;
            }
            // Strict: of no signature there is a second form that matches too.
            Signature::from_slice(&signature)
                .and_then(|signature| self.key.verify_strict(text.as_bytes(), &signature))
                .map_err(|_| Fault::WrongSignature(self.name.clone()))?;
            is_signed = true;
        }
        if is_signed {
            Ok(text)
        } else {
            Err(Fault::UnknownKeys {
                name: self.name.clone(),
                id: HEXLOWER.encode(&self.id),
            })
        }
    }
}

/// Name of the key, its number, and the signature, which is not empty.
fn signature_line(line: &str) -> Option<(&str, KeyId, Vec<u8>)> {
    let (name, signature) = line.strip_prefix(DASH)?.split_once(' ')?;
    let signature = BASE64.decode(signature.as_bytes()).ok()?;
    let (id, signature) = signature.split_first_chunk()?;
    (is_key_name(name) && !signature.is_empty()).then(|| (name, *id, signature.to_vec()))
}

/// Reads a signed checkpoint of the log whose key `verifier` is.
///
/// # Errors
/// When the key did not sign it, it is not as checkpoints are, or it is of a log that is not called as the key is.
pub fn read(note: &str, verifier: &Verifier) -> Result<Checkpoint, Fault> {
    let checkpoint = Checkpoint::parse(verifier.open(note)?)?;
    check_origin(&checkpoint, verifier)?;
    Ok(checkpoint)
}

/// Writes a checkpoint and signs it.
///
/// # Errors
/// When [`read`] would not give it back.
pub fn write(checkpoint: &Checkpoint, signer: &Signer) -> Result<String, Fault> {
    check_origin(checkpoint, &signer.verifier)?;
    let text = checkpoint.text();
    if Checkpoint::parse(&text)? != *checkpoint {
        return Err(Fault::Unreadable);
    }
    signer.sign(&text)
}

/// A key that signs for several logs could show each reader another one.
fn check_origin(checkpoint: &Checkpoint, verifier: &Verifier) -> Result<(), Fault> {
    if checkpoint.origin == verifier.name {
        return Ok(());
    }
    Err(Fault::OtherOrigin {
        expected: verifier.name.clone(),
        found: checkpoint.origin.clone(),
    })
}

#[cfg(test)]
#[path = "checkpoint_tests.rs"]
mod tests;
