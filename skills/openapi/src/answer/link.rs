//! The next page, from `Link` headers (RFC 8288).

/// Longest URL handed on, in bytes.
const MAX_URL: usize = 2_048;

/// The target of the first link whose relation is `next`: an absolute URL, or one to be read against the request's own.
pub fn next<'h>(headers: impl Iterator<Item = &'h str>, request_url: &str) -> Option<String> {
    let mut links = headers.flat_map(links);
    let (target, _) = links.find(|(_, parameters)| is_next(parameters))?;
    let target = match target.starts_with('/') && !target.starts_with("//") {
        true => format!("{}{target}", origin(request_url)?),
        false => target.to_owned(),
    };
    let plain = target.len() <= MAX_URL
        && !target.is_empty()
        && target.bytes().all(|byte| (b'!'..=b'~').contains(&byte));
    plain.then_some(target)
}

/// Each `<target>; parameters` of a header.
fn links(header: &str) -> Vec<(&str, &str)> {
    let mut links = Vec::new();
    let mut rest = header;
    while let Some((target, after)) = rest
        .split_once('<')
        .and_then(|(_, open)| open.split_once('>'))
    {
        let end = end_of_parameters(after);
        let (parameters, next) = after.split_at_checked(end).unwrap_or((after, ""));
        links.push((target, parameters));
        rest = next;
    }
    links
}

/// The comma that ends a link's parameters, which is in no quotes.
fn end_of_parameters(text: &str) -> usize {
    let mut quoted = false;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'"' => quoted = !quoted,
            b',' if !quoted => return at,
            _ => {}
        }
    }
    text.len()
}

fn is_next(parameters: &str) -> bool {
    parameters.split(';').any(|parameter| {
        let Some((name, value)) = parameter.split_once('=') else {
            return false;
        };
        let relations = value.trim().trim_matches('"');
        name.trim().eq_ignore_ascii_case("rel")
            && relations
                .split_whitespace()
                .any(|one| one.eq_ignore_ascii_case("next"))
    })
}

/// `https://host` of a URL.
fn origin(url: &str) -> Option<&str> {
    let host = url.find("://")? + 3;
    let end = url
        .get(host..)?
        .find(['/', '?', '#'])
        .map_or(url.len(), |at| host + at);
    url.get(..end)
}
