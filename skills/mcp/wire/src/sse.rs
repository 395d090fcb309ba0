//! A stream of server-sent events, read whole (WHATWG HTML, section 9.2.6).

/// The data of every event that has some, in order. What is after the last empty line is no event: it was cut off.
pub fn data(text: &str) -> Vec<String> {
    let text = text.strip_prefix('\u{FEFF}').unwrap_or(text);
    let mut events = Vec::new();
    let mut lines: Vec<&str> = Vec::new();
    for line in Lines(text) {
        if line.is_empty() {
            if !lines.is_empty() {
                events.push(lines.join("\n"));
                lines.clear();
            }
            continue;
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        if field == "data" {
            lines.push(value.strip_prefix(' ').unwrap_or(value));
        }
    }
    events
}

/// Lines that end in CR LF, LF or CR.
struct Lines<'t>(&'t str);

impl<'t> Iterator for Lines<'t> {
    type Item = &'t str;

    fn next(&mut self) -> Option<&'t str> {
        let end = self.0.find(['\r', '\n'])?;
        let (line, rest) = (self.0.get(..end)?, self.0.get(end..)?);
        let rest = rest.strip_prefix("\r\n").or_else(|| rest.get(1..))?;
        self.0 = rest;
        Some(line)
    }
}

#[cfg(test)]
mod tests {
    use super::data;

    #[test]
    fn events_are_their_data() {
        let table: [(&str, &[&str]); 9] = [
            ("data: a\n\ndata: b\n\n", &["a", "b"]),
            ("data:a\r\ndata: b\r\n\r\n", &["a\nb"]),
            ("data: a\r\rdata: b\r\r", &["a", "b"]),
            (
                ": ping\n\nevent: message\nid: 7\nretry: 10\ndata: a\n\n",
                &["a"],
            ),
            ("data\n\n", &[""]),
            ("data:  two\n\n", &[" two"]),
            ("\u{FEFF}data: a\n\n", &["a"]),
            ("data: whole\n\ndata: cut off", &["whole"]),
            ("data: cut off\n", &[]),
        ];
        for (text, events) in table {
            assert_eq!(data(text), events, "{text:?}");
        }
    }
}
