//! What the operating system shall refuse this process from now on.

use super::UNREADABLE;
use crate::diag::Error;

/// Takes memory beyond what is given, processor time and core dumps from this process, for good. For a child, before it reads what is not
/// trusted. macOS does not bound memory so; there the time does.
///
/// # Errors
///
/// Where the system does not limit a process: then nothing that is not trusted is to be read.
#[cfg(unix)]
pub fn limit_process(memory: u64, seconds: u64) -> Result<(), Error> {
    use rustix::process::{Resource, Rlimit, setrlimit};
    let limits = [
        (Resource::Core, 0, true),
        // Two threads work at once, so processor time may pass twice as fast as the clock.
        (Resource::Cpu, seconds.saturating_mul(4), true),
        (Resource::As, memory, !cfg!(target_os = "macos")),
    ];
    for (resource, most, is_needed) in limits {
        let limit = Rlimit { current: Some(most), maximum: Some(most) };
        if let Err(error) = setrlimit(resource, limit)
            && is_needed
        {
            return Err(Error::new(&UNREADABLE, format!("this process cannot be limited: {error}")));
        }
    }
    Ok(())
}

/// Elsewhere a process cannot be limited.
#[cfg(not(unix))]
pub fn limit_process(_memory: u64, _seconds: u64) -> Result<(), Error> {
    Err(Error::new(&UNREADABLE, "this system has no limits for a process"))
}
