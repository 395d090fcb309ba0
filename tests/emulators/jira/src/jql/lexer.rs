//! Words, quoted texts and signs of a query.

/// One of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Token {
    pub text: String,
    /// Whether it was quoted: then it is never a keyword.
    pub quoted: bool,
}

/// Signs, the longer ones first.
const SIGNS: [&str; 11] = ["!=", "!~", ">=", "<=", "=", "~", ">", "<", "(", ")", ","];

pub(super) fn tokens(text: &str) -> Result<Vec<Token>, String> {
    let mut found = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let (token, after) = if matches!(first, '"' | '\'') {
            quoted(&rest[1..], first)?
        } else if let Some(sign) = SIGNS.into_iter().find(|sign| rest.starts_with(sign)) {
            (word(sign), &rest[sign.len()..])
        } else {
            let ends = |char: char| char.is_whitespace() || "()=!~<>,\"'".contains(char);
            let end = rest.find(ends).unwrap_or(rest.len());
            if end == 0 {
                return Err(format!("unexpected character '{first}'."));
            }
            (word(&rest[..end]), &rest[end..])
        };
        found.push(token);
        rest = after.trim_start();
    }
    Ok(found)
}

fn word(text: &str) -> Token {
    Token {
        text: text.to_owned(),
        quoted: false,
    }
}

/// What stands before the closing quote, and what comes after it.
fn quoted(text: &str, quote: char) -> Result<(Token, &str), String> {
    let mut inner = String::new();
    let mut chars = text.char_indices();
    while let Some((at, char)) = chars.next() {
        match char {
            '\\' => inner.extend(chars.next().map(|(_, escaped)| escaped)),
            _ if char == quote => {
                let token = Token {
                    text: inner,
                    quoted: true,
                };
                return Ok((token, &text[at + char.len_utf8()..]));
            }
            _ => inner.push(char),
        }
    }
    Err("a quoted text has no end.".to_owned())
}
