#![expect(clippy::unwrap_used, reason = "tests")]

use super::read_table;
use crate::{
    bindings::{ColumnType, Format, metier::skill::types::Error},
    cell::Cell,
    frame::Frame,
};

fn table(bytes: &[u8]) -> Frame {
    read_table(bytes.to_vec(), None, None).unwrap().frame
}

fn refused(bytes: &[u8], format: Option<Format>) -> String {
    match read_table(bytes.to_vec(), format, None).unwrap_err() {
        Error::InvalidInput(why) => why,
        other => panic!("{other:?}"),
    }
}

fn text(text: &str) -> Cell {
    Cell::Text(text.to_owned())
}

#[test]
fn the_delimiter_is_found() {
    for delimiter in [",", ";", "\t", "|"] {
        let bytes = ["a", "b", "c\n1", "x", "2.5\n2", "y", "3\n"].join(delimiter);
        let frame = table(bytes.as_bytes());
        assert_eq!(frame.columns.len(), 3, "{delimiter:?}");
        assert_eq!(frame.columns[2].kind, ColumnType::Number);
    }
    let frame = table(b"name;price\nx;1,5\ny;2,5\n");
    assert_eq!(frame.rows[0][1], text("1,5"));
}

#[test]
fn encodings_are_found_and_told() {
    let utf16: Vec<u8> = "\u{feff}a,b\nü,1\n"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    for (bytes, remark) in [
        (b"\xef\xbb\xbfa,b\n\xc3\xbc,1\n".to_vec(), None),
        (b"a,b\n\xfc,1\n".to_vec(), Some("Windows-1252")),
        (utf16, Some("UTF-16LE")),
    ] {
        let frame = table(&bytes);
        assert_eq!(frame.columns[0].name, "a");
        assert_eq!(frame.rows[0][0], text("ü"));
        let said = frame.remarks.join(" ");
        assert!(
            remark.map_or(said.is_empty(), |remark| said.contains(remark)),
            "{said}"
        );
    }
}

#[test]
fn ragged_rows_are_evened_and_told() {
    let frame = table(b"a,b\n1\n2,x,extra\n3,y\n");
    assert!(frame.rows.iter().all(|row| row.len() == 2));
    assert_eq!(frame.rows[0][1], Cell::Empty);
    assert_eq!(frame.remarks.len(), 2, "{:?}", frame.remarks);
}

#[test]
fn json_comes_in_three_shapes() {
    for bytes in [
        r#"[{"a": 1, "b": "x"}, {"a": 2.5, "c": [1]}]"#,
        r#"{"total": 2, "items": [{"a": 1, "b": "x"}, {"a": 2.5, "c": [1]}]}"#,
        "{\"a\": 1, \"b\": \"x\"}\n{\"a\": 2.5, \"c\": [1]}\n",
    ] {
        let frame = table(bytes.as_bytes());
        let names: Vec<&str> = frame
            .columns
            .iter()
            .map(|column| column.name.as_str())
            .collect();
        assert_eq!(names, ["a", "b", "c"]);
        assert_eq!(frame.rows[1], [Cell::Number(2.5), Cell::Empty, text("[1]")]);
    }
}

#[test]
fn huge_numbers_keep_every_digit() {
    let frame = table(br#"[{"a": 123456789012345678901234567890}, {"a": 1}]"#);
    assert_eq!(frame.rows[0][0], text("123456789012345678901234567890"));
    let frame = table(b"a,b\n123456789012345678901234567890,9007199254740993\n1,0.5\n");
    assert_eq!(
        frame.rows[0],
        [
            text("123456789012345678901234567890"),
            text("9007199254740993")
        ]
    );
}

#[test]
fn what_is_no_table_is_refused_in_words() {
    for (bytes, format, words) in [
        (&b""[..], None, "empty"),
        (b" \n ", None, "empty"),
        (b"PK\x03\x04 broken", None, "no workbook"),
        (b"\xd0\xcf\x11\xe0 old", None, ".xls"),
        (b"[1, 2]", None, "no object"),
        (b"[{\"a\": ", None, "no JSON"),
        (
            b"{\"a\": [{\"x\": 1}], \"b\": [{\"x\": 1}]}",
            None,
            "several",
        ),
        (b"[]", None, "no objects"),
        (b"a,b\n1,2\n", Some(Format::Xlsx), "no workbook"),
    ] {
        let said = refused(bytes, format);
        assert!(said.contains(words), "{words}: {said}");
    }
    let sheet = read_table(b"a\n1\n".to_vec(), None, Some("Sheet1"));
    assert!(sheet.is_err(), "a CSV file has no sheets");
}

#[test]
fn too_many_columns_are_refused() {
    let header = vec!["a"; 1_001].join(",");
    assert!(refused(header.as_bytes(), None).contains("1000 columns"));
}
