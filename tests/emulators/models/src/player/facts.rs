//! What a prompt says: the quarter, the issue, the meeting, the people.

/// The facts of an account review.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Facts {
    /// `2026-Q3`
    pub quarter: String,
    /// The quarter's days, as dates.
    pub first: String,
    pub last: String,
    /// `ABC-1`
    pub issue: Option<String>,
    /// When the meeting begins and ends.
    pub meeting: Option<(String, String)>,
    pub people: Vec<String>,
}

impl Facts {
    /// None where no quarter is named.
    pub(super) fn of(prompt: &str) -> Option<Self> {
        let is_end = |c: char| c.is_whitespace() || "[](){}\"',;".contains(c);
        let words = prompt
            .split(is_end)
            .map(|word| word.trim_matches(['.', ':', '?', '!']));
        let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
        let quarter = words.iter().find_map(|word| quarter(word))?;
        let times: Vec<&&str> = words.iter().filter(|word| is_time(word)).collect();
        Some(Self {
            issue: words
                .iter()
                .find(|word| is_issue(word))
                .map(ToString::to_string),
            meeting: match times.as_slice() {
                [start, end, ..] => Some((start.to_string(), end.to_string())),
                _ => None,
            },
            people: words
                .iter()
                .filter(|word| is_address(word))
                .map(ToString::to_string)
                .collect(),
            ..quarter
        })
    }
}

fn quarter(word: &str) -> Option<Facts> {
    let (year, number) = word.split_once("-Q")?;
    let is_year = year.len() == 4 && year.bytes().all(|byte| byte.is_ascii_digit());
    let (first, last) = match number {
        "1" => ("01-01", "03-31"),
        "2" => ("04-01", "06-30"),
        "3" => ("07-01", "09-30"),
        "4" => ("10-01", "12-31"),
        _ => return None,
    };
    is_year.then(|| Facts {
        quarter: word.to_owned(),
        first: format!("{year}-{first}"),
        last: format!("{year}-{last}"),
        ..Facts::default()
    })
}

/// `ABC-1`
fn is_issue(word: &str) -> bool {
    word.split_once('-').is_some_and(|(project, number)| {
        !project.is_empty()
            && !number.is_empty()
            && project.bytes().all(|byte| byte.is_ascii_uppercase())
            && number.bytes().all(|byte| byte.is_ascii_digit())
    })
}

/// `2026-10-06T10:00:00+02:00`
fn is_time(word: &str) -> bool {
    word.split_once('T').is_some_and(|(date, time)| {
        date.len() == 10
            && date
                .bytes()
                .all(|byte| byte.is_ascii_digit() || byte == b'-')
            && time.contains(':')
    })
}

fn is_address(word: &str) -> bool {
    word.split_once('@')
        .is_some_and(|(who, place)| !who.is_empty() && place.contains('.'))
}
