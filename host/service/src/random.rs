//! Chance, from the system.

use aws_lc_rs::rand;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use metier_core::{Code, Fault};

/// `N` bytes nobody can guess.
///
/// # Errors
/// Never in practice: the system has no chance to give.
pub fn bytes<const N: usize>() -> Result<[u8; N], Fault> {
    let mut bytes = [0; N];
    rand::fill(&mut bytes)
        .map_err(|_| Fault::new(Code::HostInternal, "The system gave no random bytes."))?;
    Ok(bytes)
}

/// 256 bits as text that is safe in URLs and headers.
///
/// # Errors
/// As [`bytes`].
pub fn secret() -> Result<String, Fault> {
    Ok(URL_SAFE_NO_PAD.encode(bytes::<32>()?))
}

/// 64 bits as sixteen lower-case hexadecimal digits.
///
/// # Errors
/// As [`bytes`].
pub fn name() -> Result<String, Fault> {
    Ok(format!("{:016x}", u64::from_be_bytes(bytes::<8>()?)))
}
