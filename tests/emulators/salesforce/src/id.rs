//! Record ids: fifteen case-sensitive characters and a three-character checksum of their case.
//!
//! The first three characters name the object, as in Salesforce (`001` Account, `003` Contact …),
//! and both the 15- and the 18-character form name the same record.

const BASE62: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const CHECKSUM: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ012345";

/// The pod and reserved characters every id of this org has after its prefix.
const POD: &str = "5g0000";

/// The 18-character id of the `number`th record of the object with this three-character prefix.
#[must_use]
pub fn make(prefix: &str, number: u64) -> String {
    let mut digits = [b'0'; 6];
    let mut rest = number;
    for digit in digits.iter_mut().rev() {
        *digit = char_at(BASE62, rest % 62);
        rest /= 62;
    }
    let short: String = prefix
        .chars()
        .chain(POD.chars())
        .chain(digits.iter().map(|byte| char::from(*byte)))
        .collect();
    let sum = checksum(&short);
    format!("{short}{sum}")
}

/// The 18-character form of an id given in either form; none when it is not an id at all.
///
/// A wrong checksum is not an id: it is what a case-folding spreadsheet leaves behind.
#[must_use]
pub fn normalise(text: &str) -> Option<String> {
    if !text.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return None;
    }
    match text.len() {
        15 => Some(format!("{text}{}", checksum(text))),
        18 => (checksum(&text[..15]) == text[15..]).then(|| text.to_owned()),
        _ => None,
    }
}

/// One character per five: a bit is set where the character is an upper-case letter.
fn checksum(short: &str) -> String {
    short
        .as_bytes()
        .chunks(5)
        .map(|chunk| {
            let bits = chunk.iter().enumerate().fold(0u64, |bits, (at, byte)| {
                bits | u64::from(byte.is_ascii_uppercase()) << at
            });
            char::from(char_at(CHECKSUM, bits))
        })
        .collect()
}

fn char_at(alphabet: &[u8], index: u64) -> u8 {
    usize::try_from(index)
        .ok()
        .and_then(|index| alphabet.get(index).copied())
        .unwrap_or(b'0')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_known_id_has_its_known_checksum() {
        // From Salesforce's own documentation of the 18-character form.
        assert_eq!(
            normalise("001A0000006Vm9r").as_deref(),
            Some("001A0000006Vm9rIAC")
        );
        assert_eq!(normalise("001A0000006Vm9rIAX"), None);
        assert_eq!(normalise("001A0000006Vm9"), None);
        assert_eq!(normalise("001A0000006Vm9'"), None);
    }

    proptest! {
        #[test]
        fn both_forms_name_one_record(number in 0u64..50_000_000) {
            let id = make("001", number);
            prop_assert_eq!(normalise(&id), Some(id.clone()));
            prop_assert_eq!(normalise(&id[..15]), Some(id));
        }
    }
}
