//! Skills and files over MCP.

use base64::Engine as _;
use metier_core::{Digest, package};
use serde_json::{Value, json};

use super::{NEW, packed};
use crate::{scene::Scene, wire::SKILL};

const TEXT: &str = "---\nname: arithmetic\ndescription: Adds numbers.\nlicense: MIT\nmetadata:\n  author: acme\n---\n# Adding\nUse `add`.\n";

/// The files of a skill, as its file carries them: see `metier_core::package::Resources`.
fn resources(files: &[(&str, &[u8])]) -> Vec<u8> {
    let files = files
        .iter()
        .map(|(path, bytes)| (path.parse().unwrap(), *bytes));
    package::Resources::new(files).unwrap().encode().unwrap()
}

async fn scene() -> Scene {
    let scene = Scene::start().await;
    install(&scene).await;
    scene
}

async fn install(scene: &Scene) {
    let files = resources(&[
        ("data/logo.png", &[0xff, 0xd8, 0]),
        ("references/a b.md", b"# Read me"),
    ]);
    let sections = [
        (package::section::SKILL_MD, TEXT.as_bytes()),
        (package::section::RESOURCES, files.as_slice()),
    ];
    let bytes = packed(SKILL, &sections);
    scene.install("local", "math", bytes).await;
}

async fn read(scene: &Scene, key: &str, uri: &str) -> Value {
    let reply = scene.mcp(key, "resources/read", json!({"uri": uri})).await;
    assert_eq!(reply.status, 200, "{}", reply.body);
    reply.json
}

#[tokio::test]
async fn skills_are_listed_with_the_digest_of_every_file() {
    let scene = scene().await;
    let key = &scene.admin;
    let listed = scene.mcp(key, "skills/list", json!({})).await;
    let skill = &listed.json["result"]["skills"][0];
    let uri = "skill://math/arithmetic/SKILL.md";
    assert_eq!(skill["uri"], uri, "{}", listed.body);
    let frontmatter = json!({"name": "arithmetic", "description": "Adds numbers.", "license": "MIT", "metadata": {"author": "acme"}});
    assert_eq!(skill["frontmatter"], frontmatter);
    assert_eq!(skill["_meta"]["metier/origin"]["alias"], "math");
    let files = skill["resources"].as_array().unwrap();
    assert_eq!(files.len(), 3);
    for file in files {
        let read = read(&scene, key, file["uri"].as_str().unwrap()).await;
        let contents = &read["result"]["contents"][0];
        let bytes = match contents["blob"].as_str() {
            Some(blob) => base64::engine::general_purpose::STANDARD
                .decode(blob)
                .unwrap(),
            None => contents["text"].as_str().unwrap().as_bytes().to_vec(),
        };
        assert_eq!(file["digest"], Digest::of(&bytes).to_string());
        assert_eq!(file["size"], bytes.len());
        assert_eq!(
            contents["_meta"]["metier/origin"],
            skill["_meta"]["metier/origin"]
        );
    }
    let got = scene.mcp(key, "skills/get", json!({"uri": uri})).await;
    assert_eq!(&got.json["result"]["skill"], skill, "{}", got.body);
    let resources = scene.mcp(key, "resources/list", json!({})).await;
    let first = &resources.json["result"]["resources"][0];
    assert_eq!(
        (&first["name"], &first["description"]),
        (&json!("arithmetic"), &json!("Adds numbers."))
    );
    assert_eq!(
        resources.json["result"]["resources"]
            .as_array()
            .unwrap()
            .len(),
        3
    );
}

#[tokio::test]
async fn no_address_leads_out_of_a_skill_or_to_another_tenants() {
    let scene = scene().await;
    let acme = scene.key("acme", "operator").await;
    for uri in [
        "skill://math/arithmetic/../../etc/passwd",
        "skill://math/arithmetic/references/%2e%2e/SKILL.md",
        "skill://math/other/SKILL.md",
        "skill://math/arithmetic/",
        "skill://math",
        "skill://",
        "file:///etc/passwd",
        "metier://artifacts/sha256:zz",
        "metier://artifacts/../x",
        "",
    ] {
        let found = read(&scene, &scene.admin, uri).await;
        assert_eq!(found["error"]["code"], -32602, "{uri}: {found}");
    }
    let uri = "skill://math/arithmetic/SKILL.md";
    assert!(read(&scene, &scene.admin, uri).await["result"].is_object());
    assert_eq!(read(&scene, &acme, uri).await["error"]["code"], -32602);
    let listed = scene.mcp(&acme, "skills/list", json!({})).await;
    assert_eq!(listed.json["result"]["skills"], json!([]));
    let got = scene.mcp(&acme, "skills/get", json!({"uri": uri})).await;
    assert_eq!(got.json["error"]["code"], -32602, "{NEW}: {}", got.body);
}

#[tokio::test]
async fn a_key_for_other_tools_does_not_see_the_skill_nor_one_that_is_switched_off() {
    let scene = scene().await;
    let made = scene
        .ask(
            &scene.admin,
            "POST /api/v1/keys",
            r#"{"name": "t", "role": "caller", "tools": ["other.*"]}"#,
        )
        .await;
    let key = made.json["key"].as_str().unwrap();
    let skills = async |key: &str| {
        scene.mcp(key, "skills/list", json!({})).await.json["result"]["skills"].clone()
    };
    assert_eq!(skills(key).await, json!([]));
    assert_eq!(
        read(&scene, key, "skill://math/arithmetic/SKILL.md").await["error"]["code"],
        -32602
    );
    assert_ne!(skills(&scene.admin).await, json!([]));
    let caller = metier_service::Caller::operator_of("local".parse().unwrap());
    scene
        .service
        .enable(&caller, &"math".parse().unwrap(), false)
        .await
        .unwrap();
    assert_eq!(skills(&scene.admin).await, json!([]));
}

/// One skill no client could read must not take the others with it.
#[tokio::test]
async fn a_skill_md_that_is_none_is_left_out() {
    let scene = scene().await;
    for (alias, text) in [
        ("shouting", "---\nname: NOT A NAME\ndescription: x\n---\n"),
        ("bare", "# Nothing but words"),
        ("broken", "---\nname: [\n---\n"),
    ] {
        let section = [(package::section::SKILL_MD, text.as_bytes())];
        scene.install("local", alias, packed(SKILL, &section)).await;
    }
    let listed = scene.mcp(&scene.admin, "skills/list", json!({})).await;
    let skills = listed.json["result"]["skills"].as_array().unwrap();
    assert_eq!(skills.len(), 1, "{}", listed.body);
    assert_eq!(skills[0]["frontmatter"]["name"], "arithmetic");
}

#[tokio::test]
async fn files_that_tools_handed_back_are_read_by_their_own_tenant() {
    let scene = scene().await;
    let acme = scene.key("acme", "operator").await;
    let tenant = "local".parse().unwrap();
    let kept = async |bytes: Vec<u8>| {
        let mut writer = scene.service.artifacts().begin(&tenant).await.unwrap();
        writer.write(bytes).await.unwrap();
        let blob = writer.finish().await.unwrap();
        format!("metier://artifacts/{}", blob.digest)
    };
    let text = kept(b"total,7\n".to_vec()).await;
    let found = read(&scene, &scene.admin, &text).await;
    assert_eq!(
        found["result"]["contents"][0]["text"], "total,7\n",
        "{found}"
    );
    assert_eq!(read(&scene, &acme, &text).await["error"]["code"], -32602);
    let huge = kept(vec![b'x'; (8 << 20) + 1]).await;
    let refused = read(&scene, &scene.admin, &huge).await;
    assert!(
        refused["error"]["message"]
            .as_str()
            .unwrap()
            .contains("/api/v1/artifacts"),
        "{refused}"
    );
    let templates = scene
        .mcp(&scene.admin, "resources/templates/list", json!({}))
        .await;
    assert_eq!(
        templates.json["result"]["resourceTemplates"][0]["uriTemplate"],
        "metier://artifacts/{digest}"
    );
}
