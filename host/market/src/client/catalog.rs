//! The index, kept with its ETags, and which version is wanted.

use std::{
    fs,
    time::{Duration, SystemTime},
};

use http::StatusCode;
use metier_core::SkillName;

use super::{
    Client, ClientError,
    http::{Request, json, not_json},
    kept::index_name,
    market::within,
};
use crate::index::{IndexError, IndexFile, MAX_FILE_BYTES};

/// How long an index that is kept is warm: it is used without asking.
pub const WARM: Duration = Duration::from_secs(60);

/// Largest answer of a search or about a skill, in bytes.
const MAX_TOLD: usize = 4 << 20;

/// Whether a market is asked although its index is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ask {
    /// Only when the index is not warm.
    WhenCold,
    /// Always; it says whether there is something new.
    Always,
}

impl Client {
    /// The versions of a skill.
    ///
    /// # Errors
    /// When the market has none of that name, or its file is not one; what was kept stays then.
    pub async fn index(&self, name: &SkillName, ask: Ask) -> Result<IndexFile, ClientError> {
        let wrong = |error: IndexError| ClientError::Index {
            name: name.clone(),
            error,
        };
        let kept = self.kept_index(name);
        if ask == Ask::WhenCold
            && let Some((file, _, true)) = &kept
        {
            return Ok(file.clone());
        }
        let path = index_name(name);
        let etag = kept.as_ref().and_then(|(_, etag, _)| etag.clone());
        let request = Request {
            etag,
            ..Request::get(&path)
        };
        let answer = self.ask(request).await?;
        if answer.status == StatusCode::NOT_MODIFIED {
            let (file, etag, _) =
                kept.ok_or_else(|| not_json(&path, b"", "nobody said that it is known"))?;
            self.keep_etag(name, etag.as_deref())?;
            return Ok(file);
        }
        let etag = answer.etag();
        let most = MAX_FILE_BYTES;
        let bytes = within(super::http::PATIENCE, &path, answer.whole(&path, most)).await?;
        if bytes.trim_ascii_start().starts_with(b"<") {
            return Err(not_json(&path, &bytes, ""));
        }
        let file = IndexFile::read(name, &bytes).map_err(wrong)?;
        // The ETag goes first and comes last: it never stands beside another file than its own.
        self.forget_index(name);
        self.kept.write(&path, &bytes)?;
        self.keep_etag(name, etag.as_deref())?;
        Ok(file)
    }

    /// The index is asked for anew next time: something was changed.
    pub(super) fn forget_index(&self, name: &SkillName) {
        self.kept.forget(&format!("etag/{name}"));
    }

    /// The file that is kept, its ETag, and whether it is warm. The file of the ETag says when it was asked for last.
    fn kept_index(&self, name: &SkillName) -> Option<(IndexFile, Option<String>, bool)> {
        let etag = self.kept.read(&format!("etag/{name}"))?;
        let etag = String::from_utf8(etag).ok()?;
        let file = IndexFile::read(name, &self.kept.read(&index_name(name))?).ok()?;
        let asked = fs::metadata(self.kept.find(&format!("etag/{name}"))).ok()?;
        let age = SystemTime::now()
            .duration_since(asked.modified().ok()?)
            .ok();
        let warm = age.is_some_and(|age| age < WARM);
        Some((file, (!etag.is_empty()).then_some(etag), warm))
    }

    fn keep_etag(&self, name: &SkillName, etag: Option<&str>) -> Result<(), ClientError> {
        let etag = etag.unwrap_or_default();
        self.kept.write(&format!("etag/{name}"), etag.as_bytes())
    }

    /// Searches; what a market says is shown, and nothing rests on it.
    ///
    /// # Errors
    /// When the market cannot be asked.
    pub async fn search(&self, query: &[(&str, &str)]) -> Result<serde_json::Value, ClientError> {
        let mut text = url::form_urlencoded::Serializer::new(String::new());
        text.extend_pairs(query);
        let path = format!("api/v1/market/search?{}", text.finish());
        let bytes = self.read(Request::get(&path), MAX_TOLD).await?;
        json(&path, &bytes)
    }
}
