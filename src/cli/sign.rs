//! Has somebody's key sign bytes: `ssh-keygen`, which knows agents, passphrases and hardware keys. Checking needs no other program.

use super::codes::NOT_SIGNED;
use crate::diag::Error;
use crate::model::Purpose;
use std::ffi::OsString;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

/// The signature over bytes, for one purpose, by the key in a file, which may be a public one whose private part an agent or a device holds.
///
/// # Errors
/// [`NOT_SIGNED`] with what the program said.
pub(super) fn sign(purpose: Purpose, bytes: &[u8], key: &Path) -> Result<Vec<u8>, Error> {
    let shown = key.display();
    let fail = |why: String| {
        Error::new(&NOT_SIGNED, format!("`{shown}` did not sign: {why}"))
            .help("name a private key, or a public one whose private part your agent holds, with `--key`")
    };
    // A name that begins with a hyphen is a file all the same.
    let mut file = OsString::new();
    if key.as_os_str().as_encoded_bytes().starts_with(b"-") {
        file.push("./");
    }
    file.push(key);
    let mut child = Command::new("ssh-keygen")
        .args(["-Y", "sign", "-n", purpose.namespace(), "-f"])
        .arg(file)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        // It asks for a passphrase, and for a touch of a hardware key, there.
        .stderr(Stdio::inherit())
        .spawn()
        .map_err(|error| fail(format!("`ssh-keygen` cannot be started ({error})")))?;
    // It reads everything before it writes, so neither side waits for the other. Dropping the pipe ends the input.
    let written = child.stdin.take().map(|mut input| input.write_all(bytes));
    let output = child.wait_with_output().map_err(|error| fail(error.to_string()))?;
    match written {
        Some(Ok(())) if output.status.success() => Ok(output.stdout),
        _ => Err(fail(format!("`ssh-keygen` ended with {}", output.status))),
    }
}
