//! From bytes to text: by the mark at the beginning, as UTF-8, or as what Windows programs in the West write.

use encoding_rs::{Encoding, UTF_8, WINDOWS_1252};

/// The text, and what is to be said about its encoding.
pub fn decode(bytes: Vec<u8>) -> (String, Option<String>) {
    if let Some((encoding, mark)) = Encoding::for_bom(&bytes) {
        let body = bytes.get(mark..).unwrap_or_default();
        let (text, broken) = encoding.decode_without_bom_handling(body);
        let name = (encoding != UTF_8).then(|| format!("the file is {}", encoding.name()));
        let broken = broken.then(|| {
            format!(
                "some bytes are no {} and were replaced by `\u{fffd}`",
                encoding.name()
            )
        });
        return (text.into_owned(), broken.or(name));
    }
    match String::from_utf8(bytes) {
        Ok(text) => (text, None),
        Err(error) => {
            let (text, _) = WINDOWS_1252.decode_without_bom_handling(error.as_bytes());
            let remark = "the file is not UTF-8 and was read as Windows-1252".to_owned();
            (text.into_owned(), Some(remark))
        }
    }
}
