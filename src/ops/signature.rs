//! Signatures on statements, hand-overs and receipts: SSH keys, checked in process and offline.
//!
//! The one place where something becomes *verified*: [`Verified`] can be had from [`verify`] only.

use crate::model::{Date, Moment, Purpose};
use ssh_key::{Algorithm, PublicKey, SshSig};

/// A key that a person signs with, and how long.
#[derive(Debug, Clone)]
pub struct SigningKey {
    key: PublicKey,
    /// What it may sign.
    purposes: Vec<Purpose>,
    /// The first moment at which it may sign.
    pub valid_after: Option<Moment>,
    /// The moment from which it may sign no more.
    pub valid_before: Option<Moment>,
    /// The moment from which it is not trusted any more.
    pub revoked_at: Option<Moment>,
}

/// A signature by a known key over exactly these bytes, made for what it was asked for.
#[derive(Debug, Clone)]
pub struct Verified {
    fingerprint: String,
    limits: Option<Limits>,
}

impl Verified {
    /// The key's fingerprint: `SHA256:…`.
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    /// What limits the key in time; none where nothing does.
    pub fn limits(&self) -> Option<Limits> {
        self.limits
    }
}

/// The time in which a key may sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    after: Option<Moment>,
    before: Option<Moment>,
}

impl Limits {
    /// The moment from which the key may sign no more.
    pub fn before(&self) -> Option<Moment> {
        self.before
    }

    /// Whether a moment is within them.
    pub fn hold(&self, time: Moment) -> bool {
        self.after.is_none_or(|after| time >= after) && self.before.is_none_or(|before| time < before)
    }
}

impl SigningKey {
    /// Reads a line as in OpenSSH's `allowed_signers`, without the principals: options, type, key, comment. What is not supported is
    /// refused, not skipped, because a skipped restriction would make the key worth more than it says.
    pub fn parse(line: &str) -> Result<Self, String> {
        let (options, rest) = split_options(line.trim())?;
        let key = PublicKey::from_openssh(rest)
            .map_err(|error| format!("it is no SSH public key that tom knows ({error})"))?;
        match key.algorithm() {
            Algorithm::Ed25519
            | Algorithm::SkEd25519
            | Algorithm::Ecdsa { .. }
            | Algorithm::SkEcdsaSha2NistP256
            | Algorithm::Rsa { .. } => {}
            other => return Err(format!("keys of type `{other}` are not supported")),
        }
        let mut parsed = Self {
            key,
            purposes: Purpose::ALL.to_vec(),
            valid_after: None,
            valid_before: None,
            revoked_at: None,
        };
        for (name, value) in options {
            let time = || moment(value).ok_or_else(|| format!("`{name}` is no time such as `20271231`"));
            match name {
                "valid-after" => parsed.valid_after = Some(time()?),
                "valid-before" => parsed.valid_before = Some(time()?),
                "revoked-at" => parsed.revoked_at = Some(time()?),
                "namespaces" => {
                    let is_named =
                        |purpose: &Purpose| value.split(',').any(|name| name == purpose.namespace());
                    parsed.purposes.retain(is_named);
                    if parsed.purposes.is_empty() {
                        let known: Vec<&str> = Purpose::ALL.into_iter().map(Purpose::namespace).collect();
                        return Err(format!("its namespaces leave out all of `{}`", known.join("`, `")));
                    }
                }
                _ => return Err(format!("the option `{}` is not supported", name.escape_debug())),
            }
        }
        Ok(parsed)
    }

    /// The key's fingerprint.
    pub fn fingerprint(&self) -> String {
        self.key.fingerprint(ssh_key::HashAlg::Sha256).to_string()
    }

    /// Whether anything limits it in time.
    pub fn is_limited(&self) -> bool {
        self.limits().is_some()
    }

    /// Whether it may sign something of this kind.
    pub fn signs(&self, purpose: Purpose) -> bool {
        self.purposes.contains(&purpose)
    }

    /// The moment from which it may sign no more, or is not trusted any more.
    pub fn ends(&self) -> Option<Moment> {
        [self.valid_before, self.revoked_at].into_iter().flatten().min()
    }

    fn limits(&self) -> Option<Limits> {
        let before = self.ends();
        (self.valid_after.is_some() || before.is_some()).then_some(Limits { after: self.valid_after, before })
    }
}

type Options<'l> = Vec<(&'l str, &'l str)>;

/// The options before a key, and the rest. Values stand in double quotes.
fn split_options(line: &str) -> Result<(Options<'_>, &str), String> {
    let mut options = Vec::new();
    let mut rest = line;
    let is_key = |text: &str| ["ssh-", "ecdsa-", "sk-"].iter().any(|start| text.starts_with(start));
    while !is_key(rest) {
        let wrong = || format!("`{}` is neither an option nor a key", rest.escape_debug());
        let name = rest.split(['=', ',', ' ']).next().unwrap_or_default();
        let Some(value) = rest[name.len()..].strip_prefix("=\"") else {
            return Err(if name.is_empty() || rest.is_empty() {
                wrong()
            } else {
                format!("the option `{}` is not supported", name.escape_debug())
            });
        };
        let end = value.find('"').ok_or_else(wrong)?;
        options.push((name, &value[..end]));
        rest = value[end + 1..].trim_start_matches([',', ' ', '\t']);
    }
    Ok((options, rest))
}

/// `YYYYMMDD`, `YYYYMMDDHHMM` or `YYYYMMDDHHMMSS`, with or without `Z`: always read as UTC, so that every machine reads the same.
fn moment(text: &str) -> Option<Moment> {
    let digits = text.strip_suffix('Z').unwrap_or(text);
    if !matches!(digits.len(), 8 | 12 | 14) || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let part = |from: usize, to: usize| digits.get(from..to).map_or(Some(0), |part| part.parse::<i64>().ok());
    let (year, month, day) = (part(0, 4)?, part(4, 6)?, part(6, 8)?);
    let date = Date::new(year.try_into().ok()?, month.try_into().ok()?, day.try_into().ok()?).ok()?;
    let (hour, minute, second) = (part(8, 10)?, part(10, 12)?, part(12, 14)?);
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    Some(Moment(Moment::start_of(date).0 + hour * 3600 + minute * 60 + second))
}

/// Checks a signature over bytes against the keys that may have made it.
///
/// # Errors
/// Why it does not count: it is no signature, was made for something else, over other bytes, or by another key, or the key may not sign this.
pub fn verify<'k>(
    purpose: Purpose,
    bytes: &[u8],
    signature: &[u8],
    keys: impl IntoIterator<Item = &'k SigningKey>,
) -> Result<Verified, String> {
    let armored = std::str::from_utf8(signature).map_err(|_| "the signature is not text".to_owned())?;
    // One signature and nothing else: what stands beside it would be signed by nobody.
    if !armored.starts_with("-----BEGIN")
        || armored.matches("-----BEGIN").count() != 1
        || armored.matches("-----END").count() != 1
    {
        return Err("the signature's file does not hold exactly one signature".to_owned());
    }
    let parsed =
        SshSig::from_pem(armored).map_err(|error| format!("the signature cannot be read ({error})"))?;
    let namespace = purpose.namespace();
    if parsed.namespace() != namespace {
        let other = parsed.namespace().escape_debug();
        return Err(format!("the signature was made for `{other}`, not for `{namespace}`"));
    }
    let key =
        keys.into_iter().find(|known| known.key.key_data() == parsed.public_key()).ok_or_else(|| {
            let fingerprint = parsed.public_key().fingerprint(ssh_key::HashAlg::Sha256);
            format!("it was made with the key {fingerprint}, which is not listed for them")
        })?;
    if !key.signs(purpose) {
        return Err(format!("the namespaces of its key leave out `{namespace}`"));
    }
    key.key
        .verify(namespace, bytes, &parsed)
        .map_err(|_| "the signature is not over these bytes".to_owned())?;
    Ok(Verified { fingerprint: key.fingerprint(), limits: key.limits() })
}
