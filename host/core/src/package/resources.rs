//! Files packed into a skill, as one section.
//!
//! The format is a sequence of entries up to the end of the section, each
//!
//! ```text
//! u32 LE  length of the path in bytes
//! bytes   path, UTF-8
//! u32 LE  length of the body in bytes
//! bytes   body
//! ```
//!
//! sorted by path, no path twice. There is exactly one encoding of a set of files, so equal contents have equal digests.

use std::{fmt, str::FromStr, sync::Arc};

/// Most files in one skill; what clients of skills-over-MCP must accept.
pub const MAX_RESOURCES: usize = 512;

/// Most bytes of all files together; the same source.
pub const MAX_RESOURCE_BYTES: usize = 16 << 20;

/// Longest path, in bytes.
const MAX_PATH_BYTES: usize = 512;

/// The path of a packed file: `references/fields.json`.
///
/// Relative, with `/`; no empty, `.` or `..` segment, no `\`, no `:`, no control character.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ResourcePath(Arc<str>);

impl ResourcePath {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ResourcePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// The text is no path of a packed file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is no path of a packed file; write a relative path with `/`, such as `references/fields.json`"
)]
pub struct InvalidResourcePath(String);

impl FromStr for ResourcePath {
    type Err = InvalidResourcePath;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let plain = |segment: &str| {
            !matches!(segment, "" | "." | "..")
                && segment
                    .chars()
                    .all(|c| !matches!(c, '\\' | ':') && crate::ids::is_plain(c))
        };
        if text.len() <= MAX_PATH_BYTES && text.split('/').all(plain) {
            Ok(ResourcePath(text.into()))
        } else {
            Err(InvalidResourcePath(crate::ids::shown(text)))
        }
    }
}

/// The packed files of one skill, sorted by path; bodies borrow from the section.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Resources<'b> {
    entries: Vec<(ResourcePath, &'b [u8])>,
}

/// The files cannot be packed, or the section cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ResourcesError {
    /// More than [`MAX_RESOURCES`].
    #[error("the skill packs more than {MAX_RESOURCES} files")]
    TooMany,
    /// More than [`MAX_RESOURCE_BYTES`].
    #[error("the packed files are larger than {MAX_RESOURCE_BYTES} bytes together")]
    TooLarge,
    /// A path that is none.
    #[error(transparent)]
    Path(#[from] InvalidResourcePath),
    /// The same path twice, or not in order.
    #[error("the packed files are not sorted by path, or `{0}` is there twice")]
    Order(ResourcePath),
    /// Ends in the middle of an entry.
    #[error("the section of packed files is damaged")]
    Damaged,
}

impl<'b> Resources<'b> {
    /// A set of files, in any order.
    pub fn new(
        files: impl IntoIterator<Item = (ResourcePath, &'b [u8])>,
    ) -> Result<Self, ResourcesError> {
        let mut entries: Vec<_> = files.into_iter().collect();
        entries.sort_by(|(a, _), (b, _)| a.cmp(b));
        let resources = Resources { entries };
        resources.check()?;
        Ok(resources)
    }

    /// Reads a `metier:resources` section.
    pub fn decode(section: &'b [u8]) -> Result<Self, ResourcesError> {
        let mut entries = Vec::new();
        let mut rest = section;
        while !rest.is_empty() {
            if entries.len() == MAX_RESOURCES {
                return Err(ResourcesError::TooMany);
            }
            let path =
                std::str::from_utf8(take(&mut rest)?).map_err(|_| ResourcesError::Damaged)?;
            entries.push((path.parse()?, take(&mut rest)?));
        }
        let resources = Resources { entries };
        resources.check()?;
        Ok(resources)
    }

    /// The bytes of a `metier:resources` section.
    pub fn encode(&self) -> Result<Vec<u8>, ResourcesError> {
        let mut section = Vec::new();
        for (path, body) in &self.entries {
            for bytes in [path.as_str().as_bytes(), body] {
                let length = u32::try_from(bytes.len()).map_err(|_| ResourcesError::TooLarge)?;
                section.extend_from_slice(&length.to_le_bytes());
                section.extend_from_slice(bytes);
            }
        }
        Ok(section)
    }

    /// The files, sorted by path.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&ResourcePath, &'b [u8])> {
        self.entries.iter().map(|(path, body)| (path, *body))
    }

    /// The file of this path.
    pub fn get(&self, path: &str) -> Option<&'b [u8]> {
        let found = self
            .entries
            .binary_search_by(|(other, _)| other.as_str().cmp(path))
            .ok()?;
        Some(self.entries[found].1)
    }

    fn check(&self) -> Result<(), ResourcesError> {
        if self.entries.len() > MAX_RESOURCES {
            return Err(ResourcesError::TooMany);
        }
        if self
            .entries
            .iter()
            .map(|(_, body)| body.len())
            .sum::<usize>()
            > MAX_RESOURCE_BYTES
        {
            return Err(ResourcesError::TooLarge);
        }
        match self
            .entries
            .array_windows::<2>()
            .find(|[(a, _), (b, _)]| a >= b)
        {
            Some([_, (path, _)]) => Err(ResourcesError::Order(path.clone())),
            None => Ok(()),
        }
    }
}

/// The next length and as many bytes.
fn take<'b>(rest: &mut &'b [u8]) -> Result<&'b [u8], ResourcesError> {
    let (length, after) = rest
        .split_first_chunk::<4>()
        .ok_or(ResourcesError::Damaged)?;
    let length =
        usize::try_from(u32::from_le_bytes(*length)).map_err(|_| ResourcesError::Damaged)?;
    let (bytes, after) = after
        .split_at_checked(length)
        .ok_or(ResourcesError::Damaged)?;
    *rest = after;
    Ok(bytes)
}
