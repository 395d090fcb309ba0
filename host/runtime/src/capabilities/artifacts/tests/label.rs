//! Names and media types, both ways.

use super::*;

#[test]
fn file_names() {
    let longest = "n".repeat(MAX_NAME_BYTES);
    for good in [
        "a",
        "deck.pptx",
        "...",
        ".hidden",
        "Bericht März 2026.csv",
        "報告.pdf",
        "a b",
        &longest,
    ] {
        assert_eq!(FileName::try_from(good.to_owned()).unwrap().as_str(), good);
    }
    let too_long = "ü".repeat(MAX_NAME_BYTES / 2 + 1);
    for bad in [
        "",
        ".",
        "..",
        "a/b",
        "/",
        "/etc/passwd",
        "a\\b",
        "a\nb",
        "a\0",
        "\u{1b}[2J",
        "\u{7f}",
        "\u{85}",
        "invoice\u{202e}fdp.exe",
        "\u{2066}a",
        "a\u{200b}b",
        "\u{feff}a",
        "a\u{e0041}",
        &too_long,
    ] {
        assert!(
            matches!(
                FileName::try_from(bad.to_owned()),
                Err(ArtifactError::Invalid(_))
            ),
            "{bad:?}"
        );
    }
}

#[test]
fn media_types() {
    let pptx = "application/vnd.openxmlformats-officedocument.presentationml.presentation";
    for (good, kept) in [
        ("text/csv", "text/csv"),
        ("Image/SVG+XML", "image/svg+xml"),
        (pptx, pptx),
        ("a/b", "a/b"),
    ] {
        assert_eq!(MediaType::try_from(good.to_owned()).unwrap().as_str(), kept);
    }
    let too_long = format!("text/{}", "x".repeat(128));
    for bad in [
        "",
        "/",
        "text",
        "text/",
        "/csv",
        "text/csv/x",
        "text/csv; charset=utf-8",
        "text /csv",
        "text/csv\r\nX: y",
        "*/*",
        "text/*",
        "tëxt/csv",
        &too_long,
    ] {
        assert!(
            matches!(
                MediaType::try_from(bad.to_owned()),
                Err(ArtifactError::Invalid(_))
            ),
            "{bad:?}"
        );
    }
}
