//! What DSSE signs: never the bytes alone, always with their type.

/// Payload type of in-toto statements.
pub(super) const IN_TOTO: &str = "application/vnd.in-toto+json";

/// The pre-authentication encoding of DSSE v1: lengths and a domain, so that a payload of one type is never taken for one of another.
///
/// ```
/// use metier_market::trust::pae;
/// let signed = pae("http://example.com/HelloWorld", b"hello world");
/// assert_eq!(signed, b"DSSEv1 29 http://example.com/HelloWorld 11 hello world");
/// ```
pub fn pae(payload_type: &str, payload: &[u8]) -> Vec<u8> {
    let head = format!(
        "DSSEv1 {} {payload_type} {} ",
        payload_type.len(),
        payload.len()
    );
    [head.as_bytes(), payload].concat()
}
