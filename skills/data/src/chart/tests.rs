#![expect(clippy::unwrap_used, reason = "tests")]

use super::draw;
use crate::{
    bindings::{Chart, ChartKind, Picture, metier::skill::types::Error},
    cell::Cell,
    sql::Rows,
};

fn chart(kind: ChartKind) -> Chart {
    Chart {
        kind,
        title: "Robots & <parts>".to_owned(),
        subtitle: None,
        x_title: None,
        y_title: None,
        series: None,
        stacked: None,
        labels: None,
        prefix: None,
        suffix: None,
        width: None,
        height: None,
        format: None,
        file_name: None,
    }
}

fn rows(rows: &[(&str, f64)]) -> Rows {
    let row =
        |(name, value): &(&str, f64)| vec![Cell::Text((*name).to_owned()), Cell::Number(*value)];
    Rows {
        columns: vec!["name".to_owned(), "value".to_owned()],
        rows: rows.iter().map(row).collect(),
        total: rows.len() as u64,
    }
}

fn refused(rows: Rows, chart: &Chart) -> String {
    match draw(rows, chart).unwrap_err() {
        Error::InvalidInput(why) => why,
        other => panic!("{other:?}"),
    }
}

#[test]
fn every_kind_draws_every_value() {
    for (kind, mark, count) in [
        (ChartKind::Column, "<rect", 3),
        (ChartKind::Bar, "<rect", 3),
        (ChartKind::Line, "<circle", 2),
        (ChartKind::Area, "<path", 1),
        (ChartKind::Pie, "<path", 2),
    ] {
        let drawn = draw(rows(&[("a", 1.0), ("b", 3.0)]), &chart(kind)).unwrap();
        let svg = String::from_utf8(drawn.bytes).unwrap();
        let found = svg.matches(mark).count();
        assert!(found >= count, "{kind:?}: {found} of {mark}\n{svg}");
        assert!(
            svg.contains("Robots &amp; &lt;parts&gt;") && !svg.contains("NaN"),
            "{svg}"
        );
        assert_eq!((drawn.points, drawn.name.as_str()), (2, "robots-parts.svg"));
    }
}

#[test]
fn a_png_has_words_and_twice_the_pixels() {
    let png = Chart {
        format: Some(Picture::Png),
        ..chart(ChartKind::Column)
    };
    let with = draw(rows(&[("a", 1.0)]), &png).unwrap();
    assert!(with.bytes.starts_with(b"\x89PNG"));
    assert_eq!(
        with.bytes.get(16..24),
        Some(&[0, 0, 6, 64, 0, 0, 3, 132][..]),
        "1600 x 900"
    );
    let other = Chart {
        title: "Other words".to_owned(),
        ..png.clone()
    };
    assert_ne!(draw(rows(&[("a", 1.0)]), &other).unwrap().bytes, with.bytes);
    let chinese = draw(rows(&[("中文", 1.0)]), &png).unwrap();
    assert!(
        chinese.remarks[0].contains("2 letters"),
        "{:?}",
        chinese.remarks
    );
    assert!(with.remarks.is_empty(), "{:?}", with.remarks);
}

#[test]
fn what_is_no_chart_is_refused_in_words() {
    let many: Vec<(&str, f64)> = vec![("a", 1.0); 61];
    let cases: [(ChartKind, Rows, &str); 5] = [
        (ChartKind::Column, rows(&[]), "no rows"),
        (ChartKind::Column, rows(&many), "60 fit"),
        (ChartKind::Pie, rows(&[("a", -1.0)]), "negative"),
        (ChartKind::Pie, rows(&many[..13]), "12 fit"),
        (
            ChartKind::Scatter,
            rows(&[("a", 1.0)]),
            "has to be a number",
        ),
    ];
    for (kind, rows, words) in cases {
        let said = refused(rows, &chart(kind));
        assert!(said.contains(words), "{said}");
    }
    let mut words = rows(&[("a", 1.0)]);
    words.rows[0][1] = Cell::Text("x".to_owned());
    assert!(refused(words, &chart(ChartKind::Line)).contains("no number"));
    let mut more = rows(&[("a", 1.0)]);
    more.total = 6_000;
    assert!(refused(more, &chart(ChartKind::Line)).contains("GROUP BY"));
    let wide = Chart {
        width: Some(5_000),
        ..chart(ChartKind::Line)
    };
    assert!(refused(rows(&[("a", 1.0)]), &wide).contains("320 to 2000"));
}

#[test]
fn rows_of_category_series_and_value_are_turned() {
    let row = |cells: [&str; 2], value: f64| {
        let mut row: Vec<Cell> = cells
            .iter()
            .map(|text| Cell::Text((*text).to_owned()))
            .collect();
        row.push(Cell::Number(value));
        row
    };
    let rows = Rows {
        columns: ["month", "kind", "sum"].map(str::to_owned).to_vec(),
        rows: vec![
            row(["1", "x"], 1.0),
            row(["1", "y"], 2.0),
            row(["2", "y"], 3.0),
        ],
        total: 3,
    };
    let chart = Chart {
        series: Some("kind".to_owned()),
        ..chart(ChartKind::Column)
    };
    let plot = super::data::plot(rows, &chart).unwrap();
    assert_eq!(plot.categories, ["1", "2"]);
    assert_eq!(plot.series[0].values, [Some(1.0), None]);
    assert_eq!(plot.series[1].values, [Some(2.0), Some(3.0)]);
}

#[test]
fn more_series_than_colours_are_refused() {
    let wide = |series: usize| {
        let mut row = vec![Cell::Text("a".to_owned())];
        row.resize(series + 1, Cell::Number(1.0));
        Rows {
            columns: (0..=series).map(|at| format!("c{at}")).collect(),
            rows: vec![row],
            total: 1,
        }
    };
    assert!(draw(wide(8), &chart(ChartKind::Line)).is_ok());
    assert!(refused(wide(9), &chart(ChartKind::Line)).contains("9 series and 8"));
}

#[test]
fn as_many_bars_and_slices_as_fit_are_drawn() {
    let many: Vec<(&str, f64)> = vec![("a", 1.0); 60];
    assert!(draw(rows(&many), &chart(ChartKind::Bar)).is_ok());
    assert!(draw(rows(&many[..12]), &chart(ChartKind::Pie)).is_ok());
}
