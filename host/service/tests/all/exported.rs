//! The export, against the schema.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use metier_core::{
    AuditRecord, Code, Digest, Effect, EgressOutcome, EgressRecord, Fault, NanoDollars,
    PrincipalId, TenantId, Usage,
};
use metier_runtime::audit::Audit;
use metier_service::{
    Right, Role,
    audit::{
        AccountChange, AgentChange, Decision, Event, Filter, HostState, KeyChange, Notes,
        PolicyChange, RunChange, SecretChange, Settings, SkillChange, TenantChange, Trail,
        TriggerChange, What, export::export,
    },
};
use serde_json::Value;

use crate::checker::Schema;

/// Every kind of record there is, each in all its forms.
fn written(data: &std::path::Path) -> Arc<Trail> {
    let trail = Arc::new(Trail::open(&Settings::in_data(data)).unwrap());
    let digest = Digest::of(b"skill");
    let policies = ["p1".to_owned()];
    let mut events = vec![
        What::Denied {
            right: Some(Right::Operate),
            tool: None,
            code: Code::Forbidden,
            left_out: 0,
        },
        What::Denied {
            right: None,
            tool: Some("math.ad"),
            code: Code::UnknownTool,
            left_out: 0,
        },
        What::Denied {
            right: None,
            tool: None,
            code: Code::RateLimited,
            left_out: 5,
        },
        What::Login {
            opened: true,
            key: Some("0123456789abcdef"),
            left_out: 0,
        },
        What::Login {
            opened: false,
            key: None,
            left_out: 5,
        },
        What::Grant {
            alias: "math",
            before: None,
            after: Some(digest),
            text: Some("tools = []"),
        },
        What::Grant {
            alias: "math",
            before: Some(digest),
            after: None,
            text: None,
        },
        What::PolicySet {
            change: PolicyChange::Set,
            mode: Some("enforce"),
            before: None,
            after: Some(digest),
            text: Some("permit (principal, action, resource);"),
        },
        What::PolicySet {
            change: PolicyChange::Removed,
            mode: None,
            before: Some(digest),
            after: None,
            text: None,
        },
        What::Account {
            change: AccountChange::Connected,
            alias: "mail",
            credential: "mailbox",
        },
        What::Account {
            change: AccountChange::Disconnected,
            alias: "mail",
            credential: "mailbox",
        },
        What::Approval {
            run: "r1",
            question: 7,
            verdict: "approved",
        },
    ];
    for change in [KeyChange::Made, KeyChange::Rotated, KeyChange::Revoked] {
        events.push(What::Key {
            change,
            key: "0123456789abcdef",
            role: Role::Viewer,
        });
    }
    for change in [
        TenantChange::Made,
        TenantChange::Suspended,
        TenantChange::Resumed,
    ] {
        events.push(What::Tenant { change });
    }
    let skills = [
        SkillChange::Installed,
        SkillChange::Replaced,
        SkillChange::Enabled,
        SkillChange::Disabled,
        SkillChange::Removed,
    ];
    for change in skills {
        events.push(What::Skill {
            change,
            alias: "math",
            digest,
            vouched_by: Some("market.example"),
            before: Some(digest),
        });
    }
    for change in [AgentChange::Deployed, AgentChange::MadeCurrent] {
        events.push(What::Agent {
            change,
            agent: "sums",
            version: "1.0.0",
            digest,
        });
    }
    for change in [SecretChange::Set, SecretChange::Removed] {
        events.push(What::Secret {
            change,
            name: "token",
        });
    }
    let runs = [
        RunChange::Started,
        RunChange::Cancelled,
        RunChange::Resumed,
        RunChange::Forked,
    ];
    for change in runs {
        events.push(What::Run {
            change,
            run: "r1",
            agent: Some("sums"),
            version: None,
        });
    }
    hooks(&mut events);
    for decision in [Decision::Allowed, Decision::Denied, Decision::WouldDeny] {
        events.push(What::Policy {
            decision,
            tool: "math.add",
            policies: &policies,
        });
    }
    for state in [HostState::Torn, HostState::Broken, HostState::Lost] {
        events.push(What::Host {
            state,
            count: 5,
            detail: Some("why"),
        });
    }
    for what in events {
        note(&trail, what);
    }
    calls(&trail, digest);
    trail
}

fn hooks(events: &mut Vec<What<'_>>) {
    let changes = [
        TriggerChange::Made,
        TriggerChange::Replaced,
        TriggerChange::Enabled,
        TriggerChange::Disabled,
        TriggerChange::Rotated,
        TriggerChange::Removed,
    ];
    for change in changes {
        events.push(What::Trigger {
            change,
            trigger: "nightly",
            agent: "sums",
        });
        let endpoint = "out";
        events.push(What::Webhook { change, endpoint });
    }
    for outcome in ["started", "overlapped", "missed", "failed", "forged"] {
        let is_started = outcome == "started";
        events.push(What::Fired {
            trigger: "nightly",
            outcome,
            tick: Some("2026-11-29T02:00:00Z"),
            run: is_started.then_some("r1"),
            code: (!is_started).then_some(Code::NotFound),
            left_out: 2,
        });
    }
    for outcome in ["dead", "dropped", "redelivered"] {
        events.push(What::Delivery {
            endpoint: "out",
            event: "evt_1",
            outcome,
        });
    }
}

/// With everybody named, and with nobody.
fn note(trail: &Trail, what: What<'_>) {
    let (tenant, principal) = (
        "acme".parse().unwrap(),
        "key/0123456789abcdef".parse().unwrap(),
    );
    let request = "request-1".parse().unwrap();
    let (tenant, principal, request) = (Some(&tenant), Some(&principal), Some(&request));
    trail.note(&Event {
        what,
        tenant,
        principal,
        request,
    });
    trail.note(&Event {
        what,
        tenant: None,
        principal: None,
        request: None,
    });
}

fn calls(trail: &Trail, digest: Digest) {
    let call = AuditRecord {
        started_unix_ms: 1_795_932_886_123,
        call: "call-1".parse().unwrap(),
        within: None,
        tenant: TenantId::local(),
        principal: PrincipalId::local(),
        skill: Some("com.acme/math".parse().unwrap()),
        digest,
        tool: "add".parse().unwrap(),
        effect: Effect::Read,
        fault: None,
        usage: Usage::default(),
        price: NanoDollars::default(),
    };
    for effect in Effect::ALL {
        trail.call(&AuditRecord {
            effect,
            ..call.clone()
        });
    }
    let fault = Some(Fault::new(Code::SkillTrap, "The skill says hunter2."));
    let within = Some("call-0".parse().unwrap());
    trail.call(&AuditRecord {
        fault,
        within,
        skill: None,
        ..call.clone()
    });
    let request = EgressRecord {
        started_unix_ms: 1_795_932_886_123,
        call: call.call,
        tenant: call.tenant,
        digest,
        method: "GET".into(),
        target: "https://api.acme.example/v1/things".into(),
        address: Some("192.0.2.1".parse().unwrap()),
        credential: Some("token".parse().unwrap()),
        outcome: EgressOutcome::Answered { status: 200 },
        request_bytes: 5,
        response_bytes: 6,
        wall: Duration::from_micros(7_001),
    };
    let methods = [
        "CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "POST", "PUT", "TRACE", "PATCH", "PURGE",
    ];
    for method in methods {
        trail.egress(&EgressRecord {
            method: method.into(),
            ..request.clone()
        });
    }
    let code = Code::HttpNotGranted;
    let outcomes = [
        EgressOutcome::Denied { code },
        EgressOutcome::Failed { code },
    ];
    for outcome in outcomes {
        trail.egress(&EgressRecord {
            outcome,
            address: None,
            ..request.clone()
        });
        let target = "the URL has no host".to_owned();
        trail.egress(&EgressRecord {
            outcome,
            target,
            ..request.clone()
        });
    }
}

fn exported(trail: &Trail, filter: &Filter) -> Vec<Value> {
    let mut out = Vec::new();
    let count = export(trail.folder(), filter, &mut out).unwrap();
    let text = String::from_utf8(out).unwrap();
    let events: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(events.len() as u64, count);
    events
}

#[test]
fn every_record_becomes_an_event_of_the_schema() {
    let data = tempfile::tempdir().unwrap();
    let trail = written(data.path());
    let schema = Schema::new();
    let events = exported(&trail, &Filter::default());
    assert_eq!(events.len() as u64, trail.head().seq);
    let mut classes = BTreeSet::new();
    for event in &events {
        let wrong = schema.check(event);
        assert!(wrong.is_empty(), "{wrong:#?}\n{event:#}");
        classes.insert(event["class_uid"].as_u64().unwrap());
    }
    assert_eq!(classes, BTreeSet::from([3002, 3004, 4002, 6002, 6003]));
    let sequence = events.iter().map(|event| &event["metadata"]["sequence"]);
    assert!(
        sequence.eq((1..=events.len())
            .map(Value::from)
            .collect::<Vec<_>>()
            .iter())
    );
    assert!(
        !events
            .iter()
            .any(|event| event.to_string().contains("hunter2"))
    );
}

/// The checker is worth what it finds.
#[test]
fn an_event_that_is_wrong_is_found() {
    let data = tempfile::tempdir().unwrap();
    let trail = written(data.path());
    let schema = Schema::new();
    let events = exported(&trail, &Filter::default());
    let call = events
        .iter()
        .find(|event| event["class_uid"] == 6003)
        .unwrap();
    let wrongs: [fn(&mut Value); 8] = [
        |event| event["type_uid"] = 600_398.into(),
        |event| event["severity_id"] = 7.into(),
        |event| drop(event.as_object_mut().unwrap().remove("actor")),
        |event| event["nonsense"] = 1.into(),
        |event| event["time"] = "now".into(),
        |event| event["actor"] = serde_json::json!({}),
        |event| {
            drop(
                event["metadata"]
                    .as_object_mut()
                    .unwrap()
                    .remove("profiles"),
            )
        },
        |event| event["metadata"]["version"] = "1.0.0".into(),
    ];
    for (number, wrong) in wrongs.iter().enumerate() {
        let mut event = call.clone();
        wrong(&mut event);
        assert!(!schema.check(&event).is_empty(), "{number}");
    }
}

#[test]
fn what_is_not_meant_is_not_exported() {
    let data = tempfile::tempdir().unwrap();
    let trail = written(data.path());
    let filter = Filter {
        tenant: Some("acme".parse().unwrap()),
        ..Filter::default()
    };
    let events = exported(&trail, &filter);
    assert!(!events.is_empty());
    assert!(
        events
            .iter()
            .all(|event| event["metadata"]["tenant_uid"] == "acme")
    );
}
