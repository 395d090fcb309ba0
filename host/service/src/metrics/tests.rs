#![expect(clippy::unwrap_used, reason = "tests")]

use std::{sync::Arc, time::Duration};

use metier_core::{Code, TenantId};

use super::{Format, MAX_SERIES, Metrics, Question, Settings, Standing};

fn text(metrics: &Arc<Metrics>) -> String {
    metrics.text(Format::Text, Standing::default())
}

fn tenant(name: &str) -> TenantId {
    name.parse().unwrap()
}

#[test]
fn a_request_is_in_its_bucket_and_in_all_above() {
    let metrics = Arc::new(Metrics::default());
    metrics.request("GET", "/api/v1/me", Some(200), Duration::from_millis(3));
    metrics.request("GET", "/api/v1/me", Some(200), Duration::from_secs(60));
    metrics.request("GET", "", None, Duration::ZERO);
    let text = text(&metrics);
    let labels =
        "http_request_method=\"GET\",http_route=\"/api/v1/me\",http_response_status_code=\"200\"";
    let name = "http_server_request_duration_seconds";
    for line in [
        format!("{name}_bucket{{{labels},le=\"0.0025\"}} 0"),
        format!("{name}_bucket{{{labels},le=\"0.005\"}} 1"),
        format!("{name}_bucket{{{labels},le=\"10\"}} 1"),
        format!("{name}_bucket{{{labels},le=\"+Inf\"}} 2"),
        format!("{name}_count{{{labels}}} 2"),
        format!("{name}_sum{{{labels}}} 60.003"),
        format!("# TYPE {name} histogram"),
        format!("{name}_count{{http_request_method=\"GET\"}} 1"),
    ] {
        let found = text.lines().any(|told| told.starts_with(&line));
        assert!(found, "{line}\n{text}");
    }
}

#[test]
fn no_family_grows_without_end() {
    let metrics = Arc::new(Metrics::default());
    for number in 0..MAX_SERIES + 500 {
        let took = Duration::from_millis(1);
        metrics.call(&tenant("a"), "com.acme/x", &number.to_string(), "ok", took);
    }
    let text = text(&metrics);
    let counted = text
        .lines()
        .filter(|line| line.starts_with("metier_tool_call_duration_seconds_count"));
    assert_eq!(counted.count(), MAX_SERIES + 1);
    let other = "metier_tool_call_duration_seconds_count{skill=\"_other\",tool=\"_other\",code=\"_other\"} 500";
    assert!(text.contains(other));
}

#[test]
fn a_tenant_is_a_label_only_where_that_is_said() {
    for tenants in [false, true] {
        let settings = Settings {
            tenants,
            ..Settings::default()
        };
        let metrics = Arc::new(Metrics::new(settings));
        metrics.call(&tenant("acme"), "x", "y", "ok", Duration::ZERO);
        metrics.refused(&tenant("acme"), "key");
        let text = text(&metrics);
        assert_eq!(text.contains("tenant=\"acme\""), tenants, "{text}");
        assert!(text.contains("metier_limits_refused_total{limit=\"key\""));
    }
}

#[test]
fn a_question_counts_tokens_money_and_time() {
    let metrics = Arc::new(Metrics::default());
    let question = Question {
        provider: "openai",
        model: "m.x",
        took: Duration::from_millis(15),
        result: Ok((12, 30)),
        nano_dollars: 1_500_000_000,
    };
    metrics.question(&question);
    metrics.question(&Question {
        result: Err(Code::UpstreamTimeout),
        nano_dollars: 0,
        ..question
    });
    let text = text(&metrics);
    let who = "gen_ai_operation_name=\"chat\",gen_ai_provider_name=\"openai\",gen_ai_request_model=\"m.x\"";
    for line in [
        format!("gen_ai_client_token_usage_sum{{{who},gen_ai_token_type=\"input\"}} 12"),
        format!("gen_ai_client_token_usage_sum{{{who},gen_ai_token_type=\"output\"}} 30"),
        format!("gen_ai_client_operation_duration_seconds_count{{{who}}} 1"),
        format!("gen_ai_client_operation_duration_seconds_count{{{who},error_type=\"upstream-timeout\"}} 1"),
        "metier_model_cost_dollars_total{gen_ai_provider_name=\"openai\",gen_ai_request_model=\"m.x\"} 1.5".to_owned(),
    ] {
        assert!(text.contains(&line), "{line}\n{text}");
    }
}

#[test]
fn a_label_cannot_break_out_of_its_line() {
    let metrics = Arc::new(Metrics::default());
    metrics.call(&tenant("a"), "x\u{1f}y", "a\"b\n# c", "ok", Duration::ZERO);
    let text = text(&metrics);
    assert!(
        text.contains(r#"skill="_other",tool="a\"b\n# c""#),
        "{text}"
    );
    assert!(text.lines().all(|line| !line.starts_with("# c")));
}

#[test]
fn open_metrics_end_as_they_must() {
    let metrics = Arc::new(Metrics::default());
    let accept = "application/openmetrics-text;version=1.0.0;q=0.5,text/plain;q=0.3";
    assert_eq!(Format::wanted(Some(accept)), Format::OpenMetrics);
    assert_eq!(Format::wanted(Some("*/*")), Format::Text);
    assert_eq!(Format::wanted(None), Format::Text);
    let text = metrics.text(Format::OpenMetrics, Standing::default());
    assert!(text.ends_with("# EOF\n"));
}
