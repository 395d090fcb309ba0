//! Pictures and documents, as clients send them.

use metier_agent::models::{Media, MediaSource, Part};

use super::failure::Failure;

/// A picture by its URL, or within one: `data:image/png;base64,…`.
///
/// # Errors
/// When it is neither.
pub fn image(url: String, at: &str) -> Result<Part, Failure> {
    if url.starts_with("data:") {
        let media = within(url, None, at)?;
        return match media.media_type.starts_with("image/") {
            true => Ok(Part::Image(media)),
            false => Err(Failure::invalid(
                at,
                "The data URL is not one of a picture.",
            )),
        };
    }
    if !(url.starts_with("https://") || url.starts_with("http://")) {
        let message = "A picture is a URL, or a data URL: data:image/png;base64,…";
        return Err(Failure::invalid(at, message));
    }
    Ok(Part::Image(Media {
        media_type: kind_of(&url).to_owned(),
        name: None,
        // The provider fetches it, not this host.
        source: MediaSource::Url(url),
    }))
}

/// A document within a data URL.
///
/// # Errors
/// When it is none.
pub fn document(data: String, name: Option<String>, at: &str) -> Result<Part, Failure> {
    within(data, name, at).map(Part::Document)
}

/// A data URL in Base64. Whether it is Base64 is looked at when it is sent.
fn within(mut url: String, name: Option<String>, at: &str) -> Result<Media, Failure> {
    let comma = url.find(',').filter(|_| url.starts_with("data:"));
    let head = comma.and_then(|comma| url.get("data:".len()..comma));
    let kind = head.and_then(|head| head.strip_suffix(";base64"));
    let kind = kind.and_then(|kind| kind.split(';').next());
    let (Some(comma), Some(kind)) = (comma, kind.filter(|kind| is_kind(kind))) else {
        let message = "It has to be a data URL in Base64: data:TYPE;base64,…";
        return Err(Failure::invalid(at, message));
    };
    let media_type = kind.to_ascii_lowercase();
    let data = url.split_off(comma + 1);
    Ok(Media {
        media_type,
        name,
        source: MediaSource::Base64(data),
    })
}

fn is_kind(kind: &str) -> bool {
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || b"/.+-_".contains(&byte);
    kind.contains('/') && kind.len() <= 128 && kind.bytes().all(is_word)
}

/// What the end of a URL says; some providers want to be told.
fn kind_of(url: &str) -> &'static str {
    let path = url.split(['?', '#']).next().unwrap_or_default();
    let ending = path.rsplit('.').next().unwrap_or_default();
    match ending.to_ascii_lowercase().as_str() {
        "png" => "image/png",
        "webp" => "image/webp",
        "gif" => "image/gif",
        _ => "image/jpeg",
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use metier_agent::models::{MediaSource, Part};

    use super::{document, image};

    #[test]
    fn a_picture_is_taken_out_of_its_data_url() {
        let Part::Image(media) = image("data:image/PNG;base64,AAAA".into(), "x").unwrap() else {
            unreachable!("an image")
        };
        assert_eq!(media.media_type, "image/png");
        assert_eq!(media.source, MediaSource::Base64("AAAA".into()));
    }

    #[test]
    fn what_is_no_picture_or_document_is_refused() {
        for url in [
            "",
            "data:",
            "data:image/png,AAAA",
            "data:text/plain;base64,AAAA",
            "data:image/p\u{e9}ng;base64,AAAA",
            "file:///etc/passwd",
            "AAAA",
        ] {
            assert!(image(url.into(), "x").is_err(), "{url}");
        }
        assert!(document("AAAA".into(), None, "x").is_err());
        assert!(document("https://a.example/x.pdf".into(), None, "x").is_err());
    }
}
