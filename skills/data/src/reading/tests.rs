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

#[test]
fn a_file_is_refused_by_its_size_before_it_is_read() {
    assert!(super::fits("f", 128 << 20).is_ok());
    let Err(Error::InvalidInput(why)) = super::fits("f", (128 << 20) + 1) else {
        panic!("it is too large");
    };
    assert!(why.contains("at most 128 MiB"), "{why}");
}

#[test]
fn too_many_rows_are_refused() {
    let csv = "a\n".repeat(1_048_578);
    assert!(refused(csv.as_bytes(), None).contains("1048576 rows"));
    let lines = "{\"a\":1}\n".repeat(1_048_577);
    assert!(refused(lines.as_bytes(), None).contains("1048576 rows"));
    // One array is as many rows as lines are.
    let array = format!("[{}0]", "0,".repeat(1_048_577));
    assert!(refused(array.as_bytes(), None).contains("rows"));
}

#[test]
fn too_many_cells_are_refused() {
    let header = (0..1_000).map(|at| format!("c{at}")).collect::<Vec<_>>();
    let csv = header.join(",") + &"\n1".repeat(6_001);
    assert!(refused(csv.as_bytes(), None).contains("6000000 cells"));
    let first: Vec<String> = header.iter().map(|name| format!("\"{name}\":1")).collect();
    let lines = format!("{{{}}}", first.join(",")) + &"\n{}".repeat(6_000);
    assert!(refused(lines.as_bytes(), None).contains("6000000 cells"));
    // Members that come late widen every row before them.
    let late = "{\"c0\":1}\n".repeat(6_000) + &format!("{{{}}}", first.join(","));
    assert!(refused(late.as_bytes(), None).contains("6000000 cells"));
    let wide: Vec<String> = (0..1_001).map(|at| format!("\"c{at}\":1")).collect();
    let wide = format!("[{{{}}}]", wide.join(","));
    assert!(refused(wide.as_bytes(), None).contains("1000 columns"));
}

/// A workbook as ZIP files say it: so many files, the first of which says it is this large.
fn archive(files: usize, says: u32) -> Vec<u8> {
    use std::io::Cursor;
    use zip::{CompressionMethod, ZipWriter, write::SimpleFileOptions};
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    let stored = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
    for at in 0..files {
        archive.start_file(format!("f{at}"), stored).unwrap();
    }
    let mut bytes = archive.finish().unwrap().into_inner();
    let entry = bytes
        .windows(4)
        .position(|four| four == b"PK\x01\x02")
        .unwrap();
    bytes.splice(entry + 24..entry + 28, says.to_le_bytes());
    bytes
}

#[test]
fn a_workbook_is_refused_by_what_it_says_of_itself() {
    for (files, says) in [(1, (384 << 20) + 1), (10_001, 0)] {
        let said = refused(&archive(files, says), None);
        assert!(
            said.contains("unpacks to more than 384 MiB or 10000 files"),
            "{said}"
        );
    }
    let said = refused(&archive(10_000, 384 << 20), None);
    assert!(!said.contains("unpacks"), "{said}");
}
