//! What a person proves themselves by: a password (argon2id) and a code from an authenticator (RFC 6238).

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use sha2::{Digest, Sha256};
use tokio::sync::Semaphore;

use crate::domain::problem::{Code, Mistake, Problem};
use crate::domain::text::Message;
use crate::service::{Error, Result};

/// Of these at once, so that signing in cannot take the machine away from everybody else (19 MiB and a core each).
static TURNS: Semaphore = Semaphore::const_new(2);

const SHORTEST: usize = 12;
const LONGEST: usize = 128;

/// What people take where twelve signs are wanted; compared without case.
const COMMON: [&str; 24] = [
    "password1234",
    "password12345",
    "passwordpassword",
    "123456789012",
    "1234567890123",
    "qwertyuiop12",
    "qwertyuiop123",
    "qwertyuiop[]",
    "1qaz2wsx3edc",
    "1q2w3e4r5t6y",
    "adminadminadmin",
    "administrator",
    "administrator1",
    "letmeinletmein",
    "iloveyou1234",
    "welcome12345",
    "changemechangeme",
    "abcdefghijkl",
    "abcd12345678",
    "woaini1314520",
    "woaizhongguo",
    "aa1234567890",
    "merestone1234",
    "borderborder",
];

/// Refuses a password that would be guessed.
///
/// # Errors
/// What is wrong with it.
pub fn acceptable(password: &str, name: &str) -> std::result::Result<(), Problem> {
    let low = password.to_lowercase();
    let distinct: std::collections::HashSet<char> = low.chars().collect();
    let said = match password.chars().count() {
        n if n < SHORTEST => Message::new(
            format!("It has {n} characters; {SHORTEST} are wanted at least."),
            format!("长度为 {n} 个字符，至少需要 {SHORTEST} 个。"),
        ),
        n if n > LONGEST => Message::new(
            format!("It has {n} characters; {LONGEST} are taken at most."),
            format!("长度为 {n} 个字符，最多 {LONGEST} 个。"),
        ),
        _ if distinct.len() < 5 || COMMON.contains(&low.as_str()) || low.contains(name) => Message::new(
            "It is one of the first that would be guessed.",
            "过于常见，容易被猜中。",
        ),
        _ => return Ok(()),
    };
    let detail = Message::new(
        format!("This password cannot be taken: {}", said.en),
        format!("不能使用此密码：{}", said.zh),
    );
    Err(Problem::new(
        Code::ValueInvalid,
        detail.clone(),
        Message::new(
            "Four or five words that have nothing to do with each other make a good one.",
            "建议由四五个互不相关的词组成。",
        ),
    )
    .with_mistakes(vec![Mistake {
        at: "password".to_owned(),
        detail,
    }]))
}

/// The hash of a password to be kept: 19 MiB, two passes, one lane.
///
/// # Errors
/// When the machine has no randomness to give.
pub async fn hash(password: String) -> Result<String> {
    let _turn = TURNS.acquire().await.map_err(|e| Error::Fault(Box::new(e)))?;
    let hashed = tokio::task::spawn_blocking(move || {
        Argon2::default()
            .hash_password(password.as_bytes())
            .map(|hash| hash.to_string())
    })
    .await?;
    hashed.map_err(|fault| Error::Fault(fault.to_string().into()))
}

/// Whether a password is the one; where there is none to compare with, it takes as long and is not.
///
/// # Errors
/// When the task breaks.
pub async fn is_right(password: String, kept: Option<String>) -> Result<bool> {
    /// Of a password that nobody has.
    const NOBODYS: &str =
        "$argon2id$v=19$m=19456,t=2,p=1$bWVyZXN0b25lLW5vYm9keQ$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    let _turn = TURNS.acquire().await.map_err(|e| Error::Fault(Box::new(e)))?;
    let right = tokio::task::spawn_blocking(move || {
        let there = kept.is_some();
        // A password longer than any that was taken is not hashed for minutes.
        let cut: String = password.chars().take(LONGEST + 1).collect();
        let text = kept.as_deref().unwrap_or(NOBODYS);
        let right =
            PasswordHash::new(text).is_ok_and(|hash| Argon2::default().verify_password(cut.as_bytes(), &hash).is_ok());
        right && there
    })
    .await?;
    Ok(right)
}

/// The secret of an authenticator.
///
/// # Errors
/// When the machine has no randomness to give.
pub fn new_totp() -> Result<Vec<u8>> {
    let mut secret = vec![0; 20];
    getrandom::fill(&mut secret).map_err(|fault| Error::Fault(Box::new(fault)))?;
    Ok(secret)
}

/// The address by which an authenticator takes a secret over, and the letters to type where it cannot see.
///
/// # Errors
/// When the name cannot stand in such an address.
pub fn totp_address(secret: &[u8], name: &str) -> Result<(String, String)> {
    let made = totp_rs::Builder::new()
        .with_secret(secret)
        .with_account_name(name)
        .with_issuer(Some("Merestone"))
        .build()
        .map_err(|fault| Error::Fault(fault.to_string().into()))?;
    let url = made.to_url().map_err(|fault| Error::Fault(fault.to_string().into()))?;
    Ok((url, data_encoding::BASE32_NOPAD.encode(secret)))
}

/// The step (30 s since 1970) that a code is of, the one before and the one after counted in; none where it is wrong.
pub fn totp_step(secret: &[u8], code: &str, unix: u64) -> Option<i64> {
    let code: String = code.chars().filter(|c| !c.is_whitespace()).collect();
    // The library reads formatted codes; only six digits are ours.
    if code.len() != 6 || !code.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let made = totp_rs::Builder::new().with_secret(secret).build().ok()?;
    made.check(&code, unix).and_then(|step| i64::try_from(step).ok())
}

/// The code of a moment, as an authenticator shows it. For tests and drills.
///
/// # Errors
/// When the secret is shorter than 16 bytes.
pub fn totp_code(secret: &[u8], unix: u64) -> Result<String> {
    let made = totp_rs::Builder::new()
        .with_secret(secret)
        .build()
        .map_err(|fault| Error::Fault(fault.to_string().into()))?;
    Ok(made.generate(unix).to_string())
}

/// A new secret of 160 or more bits, to be shown once, and the hash by which it is known again.
///
/// # Errors
/// When the machine has no randomness to give.
pub fn new_secret(prefix: &str) -> Result<(String, [u8; 32])> {
    let mut bytes = [0; 25];
    getrandom::fill(&mut bytes).map_err(|fault| Error::Fault(Box::new(fault)))?;
    let text = format!("{prefix}{}", data_encoding::BASE32_NOPAD.encode(&bytes).to_lowercase());
    let known = secret_hash(&text);
    Ok((text, known))
}

/// By what a secret is known. It is random through and through, so one round of SHA-256 is enough.
pub fn secret_hash(secret: &str) -> [u8; 32] {
    Sha256::digest(secret.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weak_passwords_are_refused() {
        let refused = |password: &str| acceptable(password, "wang.wei").is_err();
        assert!(refused("short") && refused("aaaaaaaaaaaaaaaa") && refused("Password1234"));
        assert!(refused("xx-wang.wei-xx1") && refused(&"ab1".repeat(50)));
        assert!(!refused("stone river lantern seven") && !refused("石桥旧灯七月渡口风筝雪夜"));
    }

    #[test]
    fn codes_are_those_of_the_standard() {
        // RFC 6238, appendix B, SHA-1; the last six of eight digits.
        let secret = b"12345678901234567890";
        for (unix, code) in [(59, "287082"), (1_111_111_109, "081804"), (20_000_000_000, "353130")] {
            assert_eq!(totp_code(secret, unix).unwrap(), code);
            let step = i64::try_from(unix / 30).unwrap();
            assert_eq!(totp_step(secret, code, unix), Some(step));
            assert_eq!(totp_step(secret, code, unix + 30), Some(step));
            assert_eq!(totp_step(secret, code, unix + 90), None);
        }
        assert_eq!(totp_step(secret, "28 70 82", 59), Some(1));
        for wrong in ["", "28708", "2870822", "abcdef", "２８７０８２"] {
            assert_eq!(totp_step(secret, wrong, 59), None, "{wrong}");
        }
    }

    #[tokio::test]
    async fn a_password_is_known_again_and_nobody_has_none() {
        let kept = hash("stone river lantern".to_owned()).await.unwrap();
        assert!(kept.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{kept}");
        assert!(
            is_right("stone river lantern".to_owned(), Some(kept.clone()))
                .await
                .unwrap()
        );
        assert!(!is_right("stone river lanterN".to_owned(), Some(kept)).await.unwrap());
        assert!(!is_right(String::new(), None).await.unwrap());
        // The stand-in is well made: else it would be told from a real one by its time.
        assert!(
            PasswordHash::new(
                "$argon2id$v=19$m=19456,t=2,p=1$bWVyZXN0b25lLW5vYm9keQ$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
            )
            .is_ok()
        );
    }
}
