//! What is packed is what is read, and nothing else is read.
#![expect(clippy::unwrap_used, reason = "tests")]

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::effect::Effect;

fn tool(name: &str) -> Tool {
    Tool {
        name: name.parse().unwrap(),
        title: None,
        description: "Says hello.".to_owned(),
        input_schema: json!({"type": "object"}),
        output_schema: None,
        effect: Effect::Read,
    }
}

#[test]
fn tools_are_written_with_the_names_mcp_uses() {
    let bytes = encode_tools(&[tool("hello")]).unwrap();
    let text = std::str::from_utf8(&bytes).unwrap();
    assert_eq!(
        text,
        r#"[{"name":"hello","description":"Says hello.","inputSchema":{"type":"object"},"effect":"read"}]"#
    );
    assert_eq!(decode_tools(&bytes).unwrap(), [tool("hello")]);
}

#[test]
fn tool_lists_that_lie_are_refused() {
    let sentence = |text: &str| decode_tools(text.as_bytes()).unwrap_err().to_string();
    assert!(
        sentence("[{\"name\":\"a b\",\"inputSchema\":{\"type\":\"object\"}}]")
            .contains("no tool name")
    );
    assert!(sentence("[{\"name\":\"a\",\"inputSchema\":{\"type\":\"array\"}}]").contains("object"));
    assert!(
        sentence("[{\"name\":\"a\",\"inputSchema\":{\"type\":\"object\"},\"x\":1}]")
            .contains("unknown field")
    );
    assert!(
        encode_tools(&[tool("a"), tool("a")])
            .unwrap_err()
            .to_string()
            .contains("twice")
    );
    let many: Vec<_> = (0..=MAX_TOOLS).map(|n| tool(&format!("t{n}"))).collect();
    assert!(matches!(encode_tools(&many), Err(ToolsError::TooMany)));
    assert!(matches!(
        decode_tools(&vec![b' '; MAX_TOOLS_BYTES + 1]),
        Err(ToolsError::TooLarge)
    ));
    let undeclared = decode_tools(br#"[{"name":"a","inputSchema":{"type":"object"}}]"#).unwrap();
    assert_eq!(undeclared[0].effect, Effect::Destructive);
}

fn path(text: &str) -> ResourcePath {
    text.parse().unwrap()
}

#[test]
fn resources_are_found_by_path() {
    let resources =
        Resources::new([(path("b/c.json"), &b"{}"[..]), (path("a.txt"), b"hello")]).unwrap();
    let section = resources.encode().unwrap();
    let read = Resources::decode(&section).unwrap();
    assert_eq!(read, resources);
    assert_eq!(read.get("b/c.json"), Some(&b"{}"[..]));
    assert_eq!(read.get("b"), None);
    let paths: Vec<_> = read.iter().map(|(path, _)| path.as_str()).collect();
    assert_eq!(paths, ["a.txt", "b/c.json"]);
}

#[test]
fn resource_paths_stay_inside() {
    for bad in [
        "",
        "/a",
        "a/",
        "a//b",
        "../a",
        "a/../b",
        ".",
        "a\\b",
        "c:/x",
        "a\nb",
        "a\u{202e}b",
        &"x".repeat(513),
    ] {
        assert!(bad.parse::<ResourcePath>().is_err(), "{bad:?}");
    }
}

#[test]
fn damaged_unsorted_and_oversized_sections_are_refused() {
    let entry = |path: &str, length: u32, body: &[u8]| {
        let mut bytes = u32::try_from(path.len()).unwrap().to_le_bytes().to_vec();
        bytes.extend_from_slice(path.as_bytes());
        bytes.extend_from_slice(&length.to_le_bytes());
        bytes.extend_from_slice(body);
        bytes
    };
    let decode = |bytes: &[u8]| Resources::decode(bytes).map(|_| ()).unwrap_err();
    assert_eq!(decode(&[1]), ResourcesError::Damaged);
    assert_eq!(decode(&entry("a", u32::MAX, b"x")), ResourcesError::Damaged);
    assert_eq!(decode(&u32::MAX.to_le_bytes()), ResourcesError::Damaged);
    let twice = [entry("a", 0, b""), entry("a", 0, b"")].concat();
    assert_eq!(decode(&twice), ResourcesError::Order(path("a")));
    let unsorted = [entry("b", 0, b""), entry("a", 0, b"")].concat();
    assert_eq!(decode(&unsorted), ResourcesError::Order(path("a")));
    assert!(matches!(
        decode(&entry("../a", 0, b"")),
        ResourcesError::Path(_)
    ));
    let many: Vec<u8> = (0..=MAX_RESOURCES)
        .flat_map(|n| entry(&format!("f{n:04}"), 0, b""))
        .collect();
    assert_eq!(decode(&many), ResourcesError::TooMany);
    let large = vec![0; MAX_RESOURCE_BYTES + 1];
    assert_eq!(
        Resources::new([(path("a"), &large[..])]),
        Err(ResourcesError::TooLarge)
    );
}

proptest! {
    #[test]
    fn any_bytes_are_refused_or_mean_exactly_themselves(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
        if let Ok(resources) = Resources::decode(&bytes) {
            prop_assert_eq!(resources.encode().unwrap(), bytes);
        }
    }

    #[test]
    fn what_is_packed_is_what_is_read(
        files in prop::collection::btree_map("[a-z]{1,4}(/[a-z]{1,4}){0,2}", prop::collection::vec(any::<u8>(), 0..32), 0..8)
    ) {
        let resources = Resources::new(files.iter().map(|(name, body)| (path(name), &body[..]))).unwrap();
        let section = resources.encode().unwrap();
        prop_assert_eq!(Resources::decode(&section).unwrap(), resources);
    }
}
