//! The data skill: files in, SQL over them, a chart out.

use std::path::Path;
use std::sync::Arc;

use metier_core::{Blame, Code, Digest, RunScope, TenantId};
use metier_e2e::{Guest, Installed, TestHost};
use metier_market::pack::{self, Inputs};
use metier_runtime::audit::NoObserver;
use metier_runtime::capabilities::artifacts::ArtifactStore;
use metier_runtime::host::{Host, HostConfig};
use serde_json::json;
use tokio::sync::OnceCell;

const ORDERS: &[u8] = b"region,pieces\nNorth,3\nSouth,4\nNorth,5\n";
const REGIONS: &[u8] =
    br#"[{"name": "North", "manager": "Ada"}, {"name": "South", "manager": "Bo"}]"#;

/// Packed once for all tests: it is the largest component there is, and each packing looks into its code.
async fn packed() -> Guest {
    static PACKED: OnceCell<Guest> = OnceCell::const_new();
    PACKED.get_or_init(packed_anew).await.clone()
}

async fn packed_anew() -> Guest {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../skills/data");
    let built = metier_e2e::guests::target().join("guests/data/wasm32-wasip2/release/data.wasm");
    let component = std::fs::read(&built)
        .unwrap_or_else(|error| panic!("{}: {error}; run `cargo xtask guests`", built.display()));
    let inputs = Inputs {
        component,
        manifest: std::fs::read_to_string(folder.join("skill.toml")).unwrap(),
        skill_md: Some(std::fs::read_to_string(folder.join("SKILL.md")).unwrap()),
        wit: Some(folder.join("wit")),
        ..Inputs::default()
    };
    let host = Host::new(HostConfig {
        calls: 1,
        code_cache: Some(metier_e2e::guests::target().join("tmp/e2e-code")),
        ..HostConfig::default()
    });
    Guest::bytes(pack::pack(&host.unwrap(), inputs).await.unwrap().bytes)
}

struct Scene {
    host: TestHost,
    skill: Installed,
}

impl Scene {
    async fn new() -> Scene {
        let host = TestHost::start();
        let grant = "[artifacts]\n[limits]\ncpu = \"60s\"\nwall = \"120s\"\nmemory = \"512MiB\"\n";
        let skill = host.install(packed().await, grant).await;
        Scene { host, skill }
    }

    /// What a caller does first: hand the host a file.
    async fn add(&self, bytes: &[u8]) -> Digest {
        let tenant = TenantId::local();
        let mut writer = self.host.artifacts().begin(&tenant).await.unwrap();
        writer.write(bytes.to_vec()).await.unwrap();
        writer.finish().await.unwrap().digest
    }

    async fn read(&self, digest: &str) -> Vec<u8> {
        let (store, tenant) = (self.host.artifacts(), TenantId::local());
        let found = store.open(&tenant, &digest.parse().unwrap()).await.unwrap();
        let (mut reader, mut bytes) = (found.unwrap(), Vec::new());
        while let Some(piece) = reader.next().await.unwrap() {
            bytes.extend(piece);
        }
        bytes
    }
}

#[tokio::test]
async fn files_are_joined_and_the_answer_is_drawn() {
    let scene = Scene::new().await;
    let (orders, regions) = (scene.add(ORDERS).await, scene.add(REGIONS).await);
    let tables = json!([{"name": "o", "artifact": orders}, {"name": "r", "artifact": regions}]);
    let sql = "SELECT r.manager, sum(o.pieces) AS pieces FROM o JOIN r ON r.name = o.region GROUP BY 1 ORDER BY 2 DESC";
    let query = json!({"tables": tables, "sql": sql, "save-as": "pieces"});
    let ended = scene.host.call(&scene.skill, "query", query).await;
    let answer = ended.json();
    assert_eq!(answer["rows"], json!([["Ada", "8"], ["Bo", "4"]]));
    let saved = scene
        .read(answer["saved"]["digest"].as_str().unwrap())
        .await;
    assert_eq!(saved, b"manager,pieces\nAda,8\nBo,4\n");

    // What one call hands back, the next one reads.
    let chart = json!({
        "tables": [{"name": "t", "artifact": answer["saved"]["digest"]}],
        "sql": "SELECT * FROM t",
        "chart": {"kind": "column", "title": "Ada sells most", "format": "svg"},
    });
    let ended = scene.host.call(&scene.skill, "draw-chart", chart).await;
    let drawn = ended.json();
    assert_eq!(drawn["points"], 2);
    let [artifact] = ended.outcome.artifacts.as_slice() else {
        panic!("{:?}", ended.outcome.artifacts)
    };
    assert_eq!(
        (artifact.name.as_str(), artifact.media_type.as_str()),
        ("ada-sells-most.svg", "image/svg+xml")
    );
    let svg = String::from_utf8(scene.read(&artifact.digest.to_string()).await).unwrap();
    assert!(
        svg.starts_with("<svg") && svg.contains("Ada, pieces: 8"),
        "{svg}"
    );
    assert!(ended.egress.is_empty());
}

/// Being kept for the same tenant is not enough: whoever calls says what is read, in the words it is written everywhere.
#[tokio::test]
async fn a_file_the_caller_did_not_name_is_refused() {
    let scene = Scene::new().await;
    let kept = scene.add(b"salary\n1\n").await;
    let named = json!({"source": {"artifact": kept}});
    // The skill gets the digest all the same, as it could have made it up: the host does not find it in what the caller wrote.
    let mut call = scene.host.prepare(&scene.skill, "describe-table", &named);
    call.arguments = call.arguments.replace("sha256:", "sha256\\u003a");
    let host = scene.host.host();
    let outcome = host
        .call(
            call,
            Arc::new(RunScope::unrestricted()),
            Arc::new(NoObserver),
        )
        .await;
    let fault = outcome.result.unwrap_err();
    assert_eq!(
        (fault.code, fault.blame()),
        (Code::UpstreamDenied, Blame::Operator),
        "{fault}"
    );
    let ended = scene
        .host
        .call(&scene.skill, "describe-table", named.clone())
        .await;
    assert_eq!(ended.json()["rows"], 1);

    // Another tenant names it, and has no such file.
    let other = scene
        .host
        .install_for("other", packed().await, "[artifacts]\n")
        .await;
    let ended = scene.host.call(&other, "describe-table", named).await;
    ended.failed(Code::InvalidArguments, Blame::Caller);
}
