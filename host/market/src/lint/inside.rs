//! Looks for secrets in bytes, whatever they are: JSON, text, and what is inside zip archives (`.xlsx`, `.docx` and `.pptx` are
//! such) and gzip streams, also inside one another.
//!
//! The bytes are a stranger's. What is unpacked is thrown away entry by entry, and there is an end to how much of one skill and how
//! deep; beyond it, or where an archive cannot be read, nobody knows what is inside, and that is told.

use std::io::{self, Cursor, Read};

use base64::{Engine, engine::general_purpose::STANDARD};
use flate2::read::MultiGzDecoder;
use serde_json::Value;
use zip::ZipArchive;

use super::secret;

/// Bytes that are unpacked of one skill: all files, all their entries and what is in them together.
const MAX_UNPACKED: u64 = 32 << 20;
/// Longest JSON whose members are looked at, in bytes; longer ones are read as text. Members take much more room than their text.
const MAX_JSON: usize = 8 << 20;
/// Archives inside archives.
const MAX_DEPTH: u32 = 4;
/// Entries of one archive.
const MAX_ENTRIES: usize = 4096;

const ZIP: &[u8] = b"PK\x03\x04";
const GZIP: &[u8] = &[0x1f, 0x8b];

/// What was seen in a file.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Seen {
    /// Everything was looked at, and there is no secret.
    Clean,
    /// What the first secret looks like, and in which entry it is: `a GitHub token in xl/sharedStrings.xml`.
    Secret(String),
    /// It could not be looked at whole; the end of a sentence.
    Unread(String),
}

/// How files that are not compressed are looked at.
#[derive(Clone, Copy)]
enum As {
    /// By the members of JSON, and by the text of everything else.
    Fixture,
    /// By the text alone: a schema that is packed has many members that are only named like a secret.
    Resource,
}

/// The look at one skill's files, with what it may still unpack.
pub(super) struct Look {
    left: u64,
}

impl Look {
    pub(super) fn new() -> Look {
        Look { left: MAX_UNPACKED }
    }

    /// What a fixture, or a file that fixtures hand over, has in it.
    pub(super) fn fixture(&mut self, bytes: &[u8]) -> Seen {
        self.at(As::Fixture, bytes, 0)
    }

    /// What any other packed file has in it.
    pub(super) fn resource(&mut self, bytes: &[u8]) -> Seen {
        self.at(As::Resource, bytes, 0)
    }

    fn at(&mut self, what: As, bytes: &[u8], depth: u32) -> Seen {
        let is_archive = bytes.starts_with(ZIP);
        if !is_archive && !bytes.starts_with(GZIP) {
            return match what {
                As::Fixture if bytes.len() <= MAX_JSON => self.json(bytes, depth),
                As::Fixture | As::Resource => in_text(bytes),
            };
        }
        if depth == MAX_DEPTH {
            return Seen::Unread(format!("has archives in it more than {MAX_DEPTH} deep"));
        }
        let seen = match is_archive {
            true => self.archive(what, bytes, depth),
            false => self.unpacked(what, MultiGzDecoder::new(bytes), depth),
        };
        seen.unwrap_or_else(|why| Seen::Unread(format!("cannot be unpacked: {why}")))
    }

    fn archive(&mut self, what: As, bytes: &[u8], depth: u32) -> io::Result<Seen> {
        let mut archive = ZipArchive::new(Cursor::new(bytes))?;
        if archive.len() > MAX_ENTRIES {
            let why = format!("has more than {MAX_ENTRIES} entries");
            return Ok(Seen::Unread(why));
        }
        let mut all = Seen::Clean;
        for index in 0..archive.len() {
            let entry = archive.by_index(index)?;
            let name = entry.name()?.into_owned();
            match self.unpacked(what, entry, depth)? {
                Seen::Clean => {}
                Seen::Secret(kind) => return Ok(Seen::Secret(format!("{kind} in its `{name}`"))),
                unread @ Seen::Unread(_) => all = unread,
            }
        }
        Ok(all)
    }

    fn unpacked(&mut self, what: As, packed: impl Read, depth: u32) -> io::Result<Seen> {
        let mut bytes = Vec::new();
        packed.take(self.left + 1).read_to_end(&mut bytes)?;
        let Some(left) = self.left.checked_sub(bytes.len() as u64) else {
            self.left = 0;
            return Err(io::Error::other(
                "all that is compressed in the skill is too much to look at",
            ));
        };
        self.left = left;
        Ok(self.at(what, &bytes, depth + 1))
    }

    fn json(&mut self, bytes: &[u8], depth: u32) -> Seen {
        let Ok(value) = serde_json::from_slice::<Value>(bytes) else {
            return in_text(bytes);
        };
        match secret::in_json(&value) {
            Some(kind) => Seen::Secret(kind),
            None => self.encoded(&value, depth),
        }
    }

    /// What stands in JSON as base64, as bodies of fixtures do.
    fn encoded(&mut self, value: &Value, depth: u32) -> Seen {
        let mut all = Seen::Clean;
        let items = value.as_array().into_iter().flatten();
        let members = value.as_object().into_iter().flatten();
        let named = members.map(|(name, value)| (name.as_str(), value));
        for (name, value) in items.map(|item| ("", item)).chain(named) {
            let bytes = value.as_str().filter(|_| name == "base64");
            let seen = match bytes.and_then(|text| STANDARD.decode(text).ok()) {
                Some(bytes) => self.at(As::Fixture, &bytes, depth),
                None => self.encoded(value, depth),
            };
            match seen {
                Seen::Clean => {}
                secret @ Seen::Secret(_) => return secret,
                unread @ Seen::Unread(_) => all = unread,
            }
        }
        all
    }
}

fn in_text(bytes: &[u8]) -> Seen {
    let text = std::str::from_utf8(bytes).ok();
    match text.and_then(secret::in_text) {
        Some(kind) => Seen::Secret(kind.to_owned()),
        None => Seen::Clean,
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

    use std::io::{Cursor, Write};

    use base64::{Engine, engine::general_purpose::STANDARD};
    use flate2::{Compression, write::GzEncoder};
    use zip::{ZipWriter, write::SimpleFileOptions};

    use super::{Look, MAX_DEPTH, MAX_ENTRIES, Seen};

    const TOKEN: &str = "ghp_0123456789abcdefghijABCDEFGHIJ012345";

    fn zip(entries: &[(&str, &[u8])]) -> Vec<u8> {
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, bytes) in entries {
            let options = SimpleFileOptions::default();
            writer.start_file(*name, options).unwrap();
            writer.write_all(bytes).unwrap();
        }
        writer.finish().unwrap().into_inner()
    }

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn fixture(bytes: &[u8]) -> Seen {
        Look::new().fixture(bytes)
    }

    fn why(seen: Seen) -> String {
        match seen {
            Seen::Unread(why) => why,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_secret_is_found_in_what_is_compressed() {
        let text = format!("<t>{TOKEN}</t>");
        let sheet = zip(&[
            ("a.xml", b"<x/>"),
            ("xl/sharedStrings.xml", text.as_bytes()),
        ]);
        let body = |bytes: &[u8]| {
            let text = STANDARD.encode(bytes);
            format!(r#"{{"exchanges": [{{"response": {{"body": {{"base64": "{text}"}}}}}}]}}"#)
        };
        for bytes in [
            sheet.clone(),
            gzip(text.as_bytes()),
            [gzip(b"a"), gzip(text.as_bytes())].concat(),
            zip(&[("inner.zip", &gzip(&sheet))]),
            body(&sheet).into_bytes(),
            body(text.as_bytes()).into_bytes(),
            zip(&[("answer.json", br#"{"clientSecret": "hunter22"}"#)]),
        ] {
            assert!(matches!(fixture(&bytes), Seen::Secret(_)));
        }
        let found = Seen::Secret("a GitHub token in its `xl/sharedStrings.xml`".to_owned());
        assert_eq!(fixture(&sheet), found);
        assert_eq!(Look::new().resource(&sheet), found);
    }

    #[test]
    fn what_is_clean_is_clean() {
        let sheet = zip(&[("xl/sharedStrings.xml", b"<t>Total</t>"), ("empty", b"")]);
        assert_eq!(fixture(&sheet), Seen::Clean);
        assert_eq!(fixture(&gzip(&sheet)), Seen::Clean);
        assert_eq!(fixture(br#"{"base64": "no base64"}"#), Seen::Clean);
        let schema = br#"{"password": "its description"}"#;
        assert_eq!(Look::new().resource(schema), Seen::Clean);
    }

    /// One skill's files have one end together, whatever each of them unpacks to.
    #[test]
    fn a_bomb_is_left_alone_and_told() {
        let bomb = gzip(&[b' '; 5_000]);
        let mut look = Look { left: 10_000 };
        assert_eq!(look.resource(&bomb), Seen::Clean);
        assert_eq!(look.resource(&bomb), Seen::Clean);
        assert!(why(look.resource(&gzip(b"a"))).contains("too much"));
    }

    #[test]
    fn what_cannot_be_read_is_told() {
        let mut deep = TOKEN.as_bytes().to_vec();
        for _ in 0..=MAX_DEPTH {
            deep = gzip(&deep);
        }
        assert!(why(fixture(&deep)).contains("deep"));

        let names: Vec<String> = (0..=MAX_ENTRIES).map(|at| at.to_string()).collect();
        let many: Vec<(&str, &[u8])> = names.iter().map(|name| (name.as_str(), &b""[..])).collect();
        assert!(why(fixture(&zip(&many))).contains("entries"));

        let sheet = zip(&[("a", TOKEN.as_bytes())]);
        why(fixture(&sheet[..sheet.len() - 9]));
        let packed = gzip(&[b'a'; 9000]);
        why(fixture(&packed[..packed.len() - 12]));
        why(fixture(b"PK\x03\x04"));
        why(fixture(&[0x1f, 0x8b]));
    }
}
