//! Publishing from CI: a service that gives ID tokens as GitHub does, a market that takes them, and the command between them.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    sync::Arc,
    thread,
    time::{SystemTime, UNIX_EPOCH},
};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use rcgen::KeyPair;
use serde_json::{Value, json};

use crate::{
    agents::GREETING,
    market::{Stall, published, shell},
    sandbox::Sandbox,
};

/// What the service opens for the run.
const BEARER: &str = "bearer-of-the-run";

/// A CI service on loopback.
struct Service {
    url: String,
    pair: KeyPair,
}

impl Service {
    fn start() -> Arc<Service> {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let service = Arc::new(Service {
            url: format!("http://{}", listener.local_addr().unwrap()),
            pair: KeyPair::generate_for(&rcgen::PKCS_ED25519).unwrap(),
        });
        let serving = service.clone();
        thread::spawn(move || {
            for stream in listener.incoming() {
                serving.answer(stream.unwrap());
            }
        });
        service
    }

    fn answer(&self, mut stream: TcpStream) {
        let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
        let first = lines.next().unwrap().unwrap();
        let head: Vec<String> = lines
            .map_while(Result::ok)
            .take_while(|line| !line.is_empty())
            .collect();
        let path = first.split(' ').nth(1).unwrap();
        let opens = format!("authorization: bearer {BEARER}");
        let is_opened = head.iter().any(|line| line.to_ascii_lowercase() == opens);
        let (status, body) = match path.split_once('?') {
            None if path == "/keys" => ("200 OK", self.keys()),
            None => {
                let keys = format!("{}/keys", self.url);
                ("200 OK", json!({"issuer": self.url, "jwks_uri": keys}))
            }
            Some((_, asked)) if is_opened && asked.starts_with("api=1&audience=") => {
                let audience = asked.trim_start_matches("api=1&audience=");
                let audience = [
                    ("%3A", ":"),
                    ("%2F", "/"),
                    ("%23", "#"),
                    ("%2B", "+"),
                    ("%3D", "="),
                ]
                .iter()
                .fold(audience.to_owned(), |text, (from, to)| {
                    text.replace(from, to)
                });
                // For the run's own key: nobody else has anything of it.
                assert!(audience.contains('#'), "{audience}");
                ("200 OK", json!({"value": self.token(&audience)}))
            }
            Some(_) => ("401 Unauthorized", json!({})),
        };
        let body = body.to_string();
        let answer = format!(
            "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
            body.len()
        );
        let _ = stream.write_all(answer.as_bytes());
        let _ = stream.read(&mut [0]);
    }

    fn keys(&self) -> Value {
        let x = BASE64_URL_SAFE_NO_PAD.encode(self.pair.public_key_raw());
        json!({"keys": [{"kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "kid": "one", "x": x}]})
    }

    fn token(&self, audience: &str) -> String {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        let now = since.as_secs();
        let claims = json!({
            "iss": self.url, "aud": audience, "jti": since.as_nanos().to_string(),
            "iat": now, "exp": now + 300, "repository": "acme/weather", "run_id": "7", "repository_owner_id": "65", "event_name": "release",
            "workflow_ref": "acme/weather/.github/workflows/release.yml@refs/tags/v1",
        });
        let mut header = Header::new(Algorithm::EdDSA);
        header.kid = Some("one".to_owned());
        let secret = EncodingKey::from_ed_pem(self.pair.serialize_pem().as_bytes()).unwrap();
        jsonwebtoken::encode(&header, &claims, &secret).unwrap()
    }
}

#[test]
fn a_workflow_publishes_without_a_key() {
    let service = Service::start();
    let owner = Sandbox::new();
    let words = ["market", "serve", "--allow-any-namespace", "--id-tokens-of"];
    let stall = Stall::open(&owner, &[&words[..], &[&service.url]].concat());
    published(&owner, &stall);
    let weather = std::fs::read(owner.path("weather.wasm")).unwrap();
    // A machine with no key and no login; what it publishes is not there yet.
    let run = Sandbox::new();
    for line in [
        "metier new weather --lang rust --namespace com.acme",
        "sed -i 's/^version = \"0.1.0\"/version = \"0.2.0\"/' weather/skill.toml",
        "metier build weather",
    ] {
        let built = shell(&run, "", line);
        assert_eq!(built.code, 0, "{line}: {}", built.stderr);
    }
    assert_ne!(
        std::fs::read(run.path("weather/dist/weather.wasm")).unwrap(),
        weather
    );
    let publish = "metier publish weather/dist/weather.wasm --from-ci --yes";
    let nowhere = shell(&run, &stall.url, publish);
    assert!(
        nowhere.stderr.contains("code: credential-missing"),
        "{nowhere:?}"
    );
    let given = format!(
        "ACTIONS_ID_TOKEN_REQUEST_URL='{}/token?api=1' ACTIONS_ID_TOKEN_REQUEST_TOKEN={BEARER} {publish}",
        service.url
    );
    let nobody = shell(&run, &stall.url, &given);
    assert!(nobody.stderr.contains("code: forbidden"), "{nobody:?}");
    let add = format!(
        "metier namespace publisher add com.acme --issuer {} --claim repository=acme/weather --claim repository_owner_id=65 --claim 'workflow_ref=acme/weather/.github/workflows/release.yml@*' --skill com.acme/weather --output json",
        service.url
    );
    let added = shell(&owner, &stall.url, &add);
    assert_eq!(added.code, 0, "{added:?}");
    let added: Value = serde_json::from_str(&added.stdout).unwrap();
    let wrong = given.replace(BEARER, "another");
    let wrong = shell(&run, &stall.url, &wrong);
    assert!(wrong.stderr.contains("gave no ID token"), "{wrong:?}");
    let done = shell(&run, &stall.url, &given);
    assert_eq!(done.code, 0, "{done:?}");
    assert!(done.stderr.contains("release.yml"), "{done:?}");
    let info = shell(&run, &stall.url, "metier info com.acme/weather@=0.2.0");
    let says =
        "by the workflow acme/weather release.yml at refs/tags/v1, run 7, as the market saw it";
    assert!(info.stdout.contains(says), "{info:?}");
    let id = added["publisher"].as_str().unwrap();
    let end = format!("metier namespace publisher end com.acme {id}");
    let asked = shell(&owner, &stall.url, &end);
    assert!(asked.stderr.contains("Do it?"), "{asked:?}");
    let ended = shell(&owner, &stall.url, &format!("{end} --yes"));
    assert_eq!(ended.code, 0, "{ended:?}");
    let listed = "metier namespace publisher list com.acme --output json";
    let listed = shell(&owner, &stall.url, listed);
    let listed: Value = serde_json::from_str(&listed.stdout).unwrap();
    assert!(listed[0]["until"].is_string(), "{listed}");
    thread::sleep(std::time::Duration::from_millis(1_100));
    // Another way to the same: a service that puts the token into the environment.
    let token = service.token(&stall.url);
    let given = format!("METIER_ID_TOKEN={token} {publish}");
    let late = shell(&run, &stall.url, &given);
    assert!(late.stderr.contains("code: forbidden"), "{late:?}");
    // It turns out that somebody else had it all the while: nobody installs what it published, and who has it is told.
    let user = Sandbox::new();
    let before = shell(
        &user,
        &stall.url,
        "metier install com.acme/weather@=0.2.0 --to skills --yes",
    );
    assert_eq!(before.code, 0, "{before:?}");
    let stolen = format!("{end} --compromised --since 2026-01-01T00:00:00Z --yes");
    let stolen = shell(&owner, &stall.url, &stolen);
    assert_eq!(stolen.code, 0, "{stolen:?}");
    assert!(stolen.stderr.contains("is void"), "{stolen:?}");
    let refused = shell(
        &user,
        &stall.url,
        "metier install com.acme/weather@=0.2.0 --to skills --yes",
    );
    assert_ne!(refused.code, 0, "{refused:?}");
    assert!(refused.stderr.contains("void"), "{refused:?}");
    let info = shell(&user, &stall.url, "metier info com.acme/weather");
    assert!(info.stdout.contains("0.2.0  void"), "{info:?}");
}

/// An agent from CI: pinned, packed, signed by the run's key, and installed elsewhere with its skills.
#[test]
fn a_workflow_publishes_an_agent_without_a_key() {
    let service = Service::start();
    let owner = Sandbox::new();
    let words = ["market", "serve", "--allow-any-namespace", "--id-tokens-of"];
    let stall = Stall::open(&owner, &[&words[..], &[&service.url]].concat());
    published(&owner, &stall);
    let run = Sandbox::new();
    run.write("question.md", "Greet nobody?\n");
    run.write("greeting.toml", GREETING);
    let given = format!(
        "ACTIONS_ID_TOKEN_REQUEST_URL='{}/token?api=1' ACTIONS_ID_TOKEN_REQUEST_TOKEN={BEARER} metier publish greeting.toml --from-ci --yes",
        service.url
    );
    let trust = |skill: &str| {
        let add = format!(
            "metier namespace publisher add com.acme --issuer {} --claim repository=acme/weather --claim repository_owner_id=65 --skill com.acme/{skill}",
            service.url
        );
        let added = shell(&owner, &stall.url, &add);
        assert_eq!(added.code, 0, "{added:?}");
    };
    // A workflow that is trusted with the skill is not with the agent.
    trust("weather");
    let other = shell(&run, &stall.url, &given);
    assert!(other.stderr.contains("code: forbidden"), "{other:?}");
    trust("greeting");
    let done = shell(&run, &stall.url, &given);
    assert_eq!(done.code, 0, "{done:?}");
    assert!(
        done.stderr
            .contains("`weather` is pinned to com.acme/weather 0.1.0"),
        "{done:?}"
    );
    // No key was made that stays, and nobody was logged in.
    let keys = shell(&run, "", "find . -name '*.pem' -o -name token.json");
    assert_eq!(keys.stdout, "", "{keys:?}");
    let user = Sandbox::new();
    for line in [
        "metier install com.acme/greeting --yes --to here",
        "metier verify here/greeting.agent.json",
    ] {
        let ran = shell(&user, &stall.url, line);
        assert_eq!(ran.code, 0, "{line}: {ran:?}");
    }
    let says =
        "by the workflow acme/weather release.yml at refs/tags/v1, run 7, as the market saw it";
    let info = shell(&user, &stall.url, "metier info com.acme/greeting");
    assert!(info.stdout.contains(says), "{info:?}");
    let line = "metier run here/greeting.toml --input '{\"name\": \"Ada\"}'";
    let ran = shell(&user, &stall.url, line);
    assert!(ran.stdout.contains("Hello, Ada!"), "{ran:?}");
    // The same version again, by another run, is another publication of it.
    let again = shell(&run, &stall.url, &given);
    assert!(again.stderr.contains("code: "), "{again:?}");
}

#[test]
fn whom_a_namespace_trusts_is_checked_before_it_is_signed() {
    let sandbox = Sandbox::new();
    let stall = Stall::any(&sandbox);
    published(&sandbox, &stall);
    let add = "metier namespace publisher add com.acme";
    for (wrong, says) in [
        ("--github acme/weather --owner-id 65", "--workflow"),
        ("--github acme/weather --workflow release.yml", "--owner-id"),
        ("--issuer https://gitlab.com", "--claim"),
        (
            "--issuer https://gitlab.com --claim 'project_path=acme*'",
            "behind",
        ),
        (
            "--issuer https://gitlab.com --claim ref=main",
            "project_path",
        ),
        (
            "--issuer https://gitlab.com --claim project_path=acme/crm",
            "namespace_id",
        ),
        (
            "--github acme/weather --owner-id 65 --workflow release.yml --skill org.other/x",
            "another namespace",
        ),
        (
            "--issuer https://ci.example --claim repository=acme/x",
            "takes no ID tokens",
        ),
    ] {
        let refused = shell(&sandbox, &stall.url, &format!("{add} {wrong}"));
        assert_ne!(refused.code, 0, "{wrong}: {refused:?}");
        assert!(refused.stderr.contains(says), "{wrong}: {refused:?}");
    }
}
