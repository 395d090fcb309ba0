//! What a review leaves to a person, from the command line.

use serde_json::Value;

use crate::{
    market::{Stall, published, shell, weather},
    sandbox::Sandbox,
};

const NEXT: (&str, &str) = ("version = \"0.1.0\"", "version = \"0.1.1\"");
/// An address that the manifest does not name: a person looks at it.
const ODD: (&str, &str) = (
    "- **greet** says hello to one person.",
    "- See https://elsewhere.dev/hello-x .",
);

#[test]
fn who_keeps_the_market_decides_with_the_evidence_before_them() {
    let sandbox = Sandbox::new();
    let stall = Stall::any(&sandbox);
    published(&sandbox, &stall);
    let metier = |line: &str| shell(&sandbox, &stall.url, line);
    sandbox.write("odd.wasm", weather(&[NEXT, ODD]));
    let waits = metier("metier publish odd.wasm");
    assert_eq!(waits.code, 0, "{waits:?}");
    // The publisher sees their own, and decides nothing.
    let own = metier("metier market queue list --output json");
    let own: Value = serde_json::from_str(&own.stdout).unwrap();
    let id = own[0]["id"].as_str().unwrap().to_owned();
    let denied = metier(&format!("metier market queue approve {id} --yes"));
    assert!(denied.stderr.contains("code: forbidden"), "{denied:?}");
    sandbox.write("token", format!("{}\n", stall.token));
    let listed = metier("metier market queue list --token-file token --output json");
    assert!(listed.stdout.contains(&id), "{listed:?}");
    let shown = metier(&format!("metier market queue show {id} --token-file token"));
    for words in [
        "SKILL.md",
        "words/undeclared-url",
        "https://elsewhere.dev/hello-x",
        "to mend:",
    ] {
        assert!(shown.stdout.contains(words), "{words}: {shown:?}");
    }
    let asked = metier(&format!(
        "metier market queue approve {id} --token-file token"
    ));
    assert_eq!(asked.code, 2, "nobody said yes: {asked:?}");
    let approve = format!(
        "METIER_MARKET_TOKEN={} metier market queue approve {id} --yes",
        stall.token
    );
    let approved = metier(&approve);
    assert_eq!(approved.code, 0, "{approved:?}");
    assert!(!approved.stderr.contains(&stall.token));
    let info = metier("metier info com.acme/weather@=0.1.1");
    assert_eq!(info.code, 0, "{info:?}");
    let next = ("version = \"0.1.0\"", "version = \"0.1.2\"");
    sandbox.write("odd.wasm", weather(&[next, ODD]));
    assert_eq!(metier("metier publish odd.wasm").code, 0);
    let own = metier("metier market queue list --output json");
    let own: Value = serde_json::from_str(&own.stdout).unwrap();
    let id = own[0]["id"].as_str().unwrap();
    let refuse = format!(
        "metier market queue refuse {id} --why 'nobody knows that address' --token-file token"
    );
    let refused = metier(&refuse);
    assert_eq!(refused.code, 0, "{refused:?}");
    let again = metier("metier publish odd.wasm");
    assert!(
        again.stderr.contains("nobody knows that address"),
        "{again:?}"
    );
    let empty = metier("metier market queue list --token-file token");
    assert!(empty.stderr.contains("Nothing waits."), "{empty:?}");
    for id in ["../approve", "x", "AB"] {
        let refused = metier(&format!("metier market queue show {id} --token-file token"));
        assert_eq!(refused.code, 2, "{refused:?}");
    }
}
