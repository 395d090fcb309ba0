//! How a skill fails.

use metier_core::{Blame, Code};
use serde_json::{Value, json};

use super::{Checked, Row, expect, row};
use crate::languages::Crash;
use crate::scene::Scene;

pub(super) const ROWS: &[Row] = &[
    row!(
        "errors",
        "each case of the standard error has its code and blame",
        errors
    ),
    row!(
        "rate-limited",
        "how long to stay away is told",
        rate_limited
    ),
    row!(
        "crash",
        "an uncaught exception is reported with its source line",
        crash
    ),
    row!(
        "crash-plain",
        "also in a tool that cannot fail",
        crash_plain
    ),
    row!("after-crash", "the next call does not notice", after_crash),
];

async fn errors(scene: &Scene) -> Checked {
    let cases = [
        ("invalid-input", Code::InvalidArguments, Blame::Caller),
        ("unauthorized", Code::UpstreamUnauthorized, Blame::Operator),
        ("denied", Code::UpstreamDenied, Blame::Operator),
        ("not-found", Code::NotFound, Blame::Caller),
        ("conflict", Code::Conflict, Blame::Caller),
        ("unavailable", Code::UpstreamUnavailable, Blame::Upstream),
        ("internal", Code::SkillInternal, Blame::Skill),
    ];
    for (case, code, blame) in cases {
        let words = format!("the words of {case} 😀");
        let ended = scene
            .call("fail-with", json!({"error": {case: words}}))
            .await;
        expect::blames(&ended, code, blame, &[&words])?;
    }
    Ok(())
}

async fn rate_limited(scene: &Scene) -> Checked {
    for seconds in [Some(9), None] {
        let limit = json!({"message": "slow down", "retry-after-seconds": seconds});
        let ended = scene
            .call("fail-with", json!({"error": {"rate-limited": limit}}))
            .await;
        expect::fails(&ended, Code::UpstreamRateLimited, &["slow down"])?;
        let told = ended
            .outcome
            .result
            .err()
            .and_then(|fault| fault.retry_after);
        expect::same("the wait", &told.map(|wait| wait.as_secs()), &seconds)?;
    }
    Ok(())
}

const MESSAGE: &str = "the sky fell at noon";

fn message() -> Value {
    json!({"message": MESSAGE})
}

async fn crashed(scene: &Scene, tool: &str, code: Code) -> Checked {
    let ended = scene.call(tool, message()).await;
    expect::fails(&ended, code, &[])?;
    let report = expect::report(&ended);
    expect::holds(report.contains(MESSAGE), || {
        format!("the message is not in the report: {report}")
    })?;
    let places = scene.places().map_err(|error| error.to_string())?;
    let placed = places.iter().any(|place| names(&report, place));
    expect::holds(placed, || {
        format!("none of {places:?} is in the report: {report}")
    })
}

/// Whether the report has the place and not only its beginning: `lib.rs:12` is not in `lib.rs:123`.
fn names(report: &str, place: &str) -> bool {
    report.match_indices(place).any(|(at, _)| {
        let rest = &report[at + place.len()..];
        !rest.starts_with(|next: char| next.is_ascii_digit())
    })
}

async fn crash(scene: &Scene) -> Checked {
    let code = match scene.language.crash {
        Crash::Trap => Code::SkillTrap,
        Crash::Internal => Code::SkillInternal,
    };
    crashed(scene, "crash", code).await
}

async fn crash_plain(scene: &Scene) -> Checked {
    crashed(scene, "crash-plain", Code::SkillTrap).await
}

async fn after_crash(scene: &Scene) -> Checked {
    let ended = scene.call("crash-plain", message()).await;
    expect::holds(ended.outcome.result.is_err(), || "it did not crash".into())?;
    let ended = scene.call("greet", json!({"name": "Ada"})).await;
    expect::answers(&ended, &json!("Hello, Ada!"))
}

#[cfg(test)]
mod tests {
    use super::names;

    #[test]
    fn a_line_is_not_the_beginning_of_another() {
        assert!(names("at lib.rs:12:5", "lib.rs:12"));
        assert!(names("at lib.rs:123 and lib.rs:12", "lib.rs:12"));
        assert!(!names("at lib.rs:123:5", "lib.rs:12"));
    }
}
