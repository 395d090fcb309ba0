//! What a grant lets a skill do, in plain words.

use metier_core::{Grant, grant::HttpGrant};

/// Each thing it may do; each goes on after "may".
pub fn sentences(grant: &Grant) -> Vec<String> {
    let mut said: Vec<String> = grant
        .http
        .iter()
        .flat_map(|http| requests(&http.value))
        .collect();
    let buckets = grant.kv.iter();
    said.extend(buckets.map(|bucket| format!("remember things in `{bucket}`")));
    for files in &grant.files {
        let files = &files.value;
        said.push(format!(
            "{} files in {}, which is {} of this host",
            files.access, files.path, files.source
        ));
    }
    let settings = grant.config.keys();
    said.extend(settings.map(|key| format!("read the setting `{key}`")));
    said.extend(grant.artifacts.map(|_| "hand back files".to_owned()));
    said.extend(grant.log.map(|_| "write to the log".to_owned()));
    let routes = grant.model.iter();
    said.extend(routes.map(|route| format!("ask models by the route `{route}`, within a run")));
    let tools = grant.calls.iter();
    said.extend(tools.map(|tool| format!("call the tool `{tool}`, within a run")));
    said
}

/// One sentence per path: a rule with ten paths is easier to read as ten lines.
fn requests(http: &HttpGrant) -> impl Iterator<Item = String> + '_ {
    let rule = &http.rule;
    let port = match rule.port == rule.scheme.default_port() {
        true => String::new(),
        false => format!(":{}", rule.port),
    };
    // What is not said is the usual.
    let scheme = match rule.scheme.to_string().as_str() {
        "https" => String::new(),
        other => format!("{other}://"),
    };
    let credential = http.credential.as_ref().map_or(String::new(), |name| {
        format!(", with your credential `{name}`")
    });
    let inside = match http.reach == Default::default() {
        true => "",
        false => ", also inside this host's own network",
    };
    rule.paths.iter().map(move |path| {
        format!(
            "{} {scheme}{}{port}{path}{credential}{inside}",
            rule.methods, rule.host
        )
    })
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use metier_core::Grant;

    use super::sentences;

    #[test]
    fn authority_is_said_in_plain_words() {
        let grant = Grant::parse(
            r#"
skill = "com.acme/x"
tools = ["*"]

[kv]
buckets = ["cache"]

[[http]]
host = "api.acme.com"
methods = ["GET"]
paths = ["/v1/*", "/v2/**"]
credential = "jira"

[credentials.jira]
kind = "bearer"
secret = { vault = "jira" }
hosts = ["api.acme.com"]
"#,
        );
        assert_eq!(
            sentences(&grant.unwrap()),
            [
                "GET api.acme.com/v1/*, with your credential `jira`",
                "GET api.acme.com/v2/**, with your credential `jira`",
                "remember things in `cache`",
            ]
        );
    }
}
