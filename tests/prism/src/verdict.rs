//! What Prism thought of a request.

use serde::Deserialize;
use serde_json::Value;

use crate::prism::Exchange;

/// Longest reason told, in characters.
const MAX_REASON: usize = 400;

/// What became of one sampled operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Prism accepts the request as valid.
    Accepted,
    /// Prism names what is wrong with it.
    Refused(String),
    /// There was no request: the generator, the component or the host had a reason.
    NotSent(String),
    /// Prism failed before it could tell.
    Unjudged(String),
}

/// Problems that say the request is wrong. Any other means that it was accepted, and that there was nothing to answer with.
const REFUSALS: [&str; 7] = [
    "NO_PATH_MATCHED_ERROR",
    "NO_METHOD_MATCHED_ERROR",
    "NO_SERVER_MATCHED_ERROR",
    "NO_SERVER_CONFIGURATION_PROVIDED_ERROR",
    "UNPROCESSABLE_ENTITY",
    "NOT_ACCEPTABLE",
    "INVALID_CONTENT_TYPE",
];

/// Problems that say Prism has no answer for a request it accepted.
const NO_ANSWER: [&str; 6] = [
    "NO_RESPONSE_DEFINED",
    "NO_SUCCESS_RESPONSE_DEFINED",
    "NO_COMPLEX_OBJECT_TEXT",
    "SCHEMA_TOO_COMPLEX",
    "NOT_FOUND",
    "METHOD_NOT_ALLOWED",
];

/// How Prism begins when an answer's media type is beyond it.
const UNWRITABLE: &str = "Cannot find serializer";

#[derive(Deserialize)]
struct Problem {
    #[serde(rename = "type", default)]
    kind: String,
    #[serde(default)]
    title: String,
    #[serde(default)]
    detail: String,
    #[serde(default)]
    validation: Option<Value>,
}

/// Reads the verdict off the exchanges of one call; `fault` is why the call failed, when it did.
pub fn of(exchanges: &[Exchange], fault: Option<&str>) -> Verdict {
    let Some(exchange) = exchanges.first() else {
        return Verdict::NotSent(
            fault
                .unwrap_or("the call ended without a request")
                .to_owned(),
        );
    };
    let told = |why: String| {
        let content = exchange.content_type.as_deref().unwrap_or("no body");
        let whole = format!("{why} [{} {} · {content}]", exchange.method, exchange.url);
        whole.chars().take(MAX_REASON).collect::<String>()
    };
    if let Some(why) = exchange.violations.as_deref().and_then(violated) {
        return Verdict::Refused(told(why));
    }
    let Some(text) = &exchange.problem else {
        return Verdict::Accepted;
    };
    let Ok(problem) = serde_json::from_str::<Problem>(text) else {
        return match exchange.status {
            0 => Verdict::Unjudged(told(text.clone())),
            // A description's own answer that happens to be a problem document.
            _ => Verdict::Accepted,
        };
    };
    let kind = problem.kind.rsplit('#').next().unwrap_or_default();
    let words = match &problem.validation {
        Some(validation) => format!("{}: {validation}", problem.title),
        None => format!("{} {}", problem.title, problem.detail),
    };
    if !problem.kind.starts_with("https://stoplight.io/prism/") || NO_ANSWER.contains(&kind) {
        return Verdict::Accepted;
    }
    // It accepted the request and made an answer it has no way to write.
    if problem.detail.is_empty() && problem.title.starts_with(UNWRITABLE)
        || problem.detail.starts_with(UNWRITABLE)
    {
        return Verdict::Accepted;
    }
    match REFUSALS.contains(&kind) {
        true => Verdict::Refused(told(format!("{kind}: {words}"))),
        false => Verdict::Unjudged(told(format!("{kind}: {words}"))),
    }
}

/// What is wrong with the request, when one of Prism's violations is the request's.
fn violated(header: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct Violation {
        location: Vec<Value>,
        severity: String,
        message: String,
    }
    let Ok(violations) = serde_json::from_str::<Vec<Violation>>(header) else {
        // Too many to fit the header, which is cut then.
        return Some(header.chars().take(MAX_REASON).collect());
    };
    let ours = violations.iter().filter(|violation| {
        violation.severity == "Error"
            && violation
                .location
                .first()
                .is_some_and(|place| place == "request")
    });
    let words: Vec<String> = ours
        .map(|violation| {
            let place = violation.location.iter().map(|step| {
                step.as_str()
                    .map_or_else(|| step.to_string(), str::to_owned)
            });
            format!(
                "{}: {}",
                place.collect::<Vec<_>>().join("."),
                violation.message
            )
        })
        .collect();
    (!words.is_empty()).then(|| words.join("; "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exchange(status: u16, violations: Option<&str>, problem: Option<&str>) -> Exchange {
        Exchange {
            method: "GET".to_owned(),
            url: "/a".to_owned(),
            content_type: None,
            status,
            credential: true,
            violations: violations.map(str::to_owned),
            problem: problem.map(str::to_owned),
        }
    }

    #[test]
    fn only_violations_of_the_request_count() {
        let answers = r#"[{"location":["response","body"],"severity":"Error","code":"type","message":"must be string"}]"#;
        assert_eq!(
            of(&[exchange(200, Some(answers), None)], None),
            Verdict::Accepted
        );
        let ours = answers.replace("response", "request");
        let refused = of(&[exchange(422, Some(&ours), None)], None);
        let why = "request.body: must be string [GET /a · no body]".to_owned();
        assert_eq!(refused, Verdict::Refused(why));
        let cut = of(
            &[exchange(200, Some("Too many violations! [{"), None)],
            None,
        );
        assert!(matches!(cut, Verdict::Refused(_)), "{cut:?}");
    }

    #[test]
    fn a_problem_is_the_requests_prisms_or_nobodys() {
        let problem = |kind: &str| {
            format!(
                r#"{{"type":"https://stoplight.io/prism/errors#{kind}","title":"t","status":500,"detail":"d"}}"#
            )
        };
        let judge = |kind: &str| of(&[exchange(500, None, Some(&problem(kind)))], None);
        assert!(matches!(
            judge("NO_PATH_MATCHED_ERROR"),
            Verdict::Refused(_)
        ));
        assert_eq!(judge("NO_RESPONSE_DEFINED"), Verdict::Accepted);
        assert!(matches!(judge("UNKNOWN"), Verdict::Unjudged(_)));
        let own = of(
            &[exchange(404, None, Some(r#"{"type":"about:blank"}"#))],
            None,
        );
        assert_eq!(own, Verdict::Accepted);
        assert_eq!(of(&[], Some("why")), Verdict::NotSent("why".to_owned()));
    }
}
