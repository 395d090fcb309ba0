//! Keys for some tools only.

use serde_json::json;

use crate::scene::Scene;

impl Scene {
    /// A key of the tenant `local` that is for these tools.
    pub async fn narrow(&self, role: &str, tools: &[&str]) -> String {
        let body = json!({"name": "narrow", "role": role, "tools": tools});
        let made = self
            .ask(&self.admin, "POST /api/v1/keys", &body.to_string())
            .await;
        assert_eq!(made.status, 201, "{}", made.body);
        made.json["key"].as_str().unwrap().to_owned()
    }
}

#[tokio::test]
async fn nobody_makes_a_key_wider_than_their_own() {
    let scene = Scene::start().await;
    let narrow = scene.narrow("operator", &["math.add", "jira.*"]).await;
    for tools in [
        json!([]),
        json!(["*"]),
        json!(["math.*"]),
        json!(["math.add", "crm.query"]),
    ] {
        let body = json!({"name": "x", "role": "caller", "tools": tools}).to_string();
        let refused = scene.ask(&narrow, "POST /api/v1/keys", &body).await;
        assert_eq!(
            (refused.status, refused.code()),
            (403, "forbidden"),
            "{tools}"
        );
    }
    let body = json!({"name": "x", "role": "caller", "tools": ["math.add", "jira.search"]});
    let made = scene
        .ask(&narrow, "POST /api/v1/keys", &body.to_string())
        .await;
    assert_eq!(made.status, 201, "{}", made.body);
    // Nor are they given the secret of one that is.
    let wide = r#"{"name": "wide", "role": "operator"}"#;
    let wide = scene.ask(&scene.admin, "POST /api/v1/keys", wide).await;
    let wide = wide.json["id"].as_str().unwrap();
    let path = format!("POST /api/v1/keys/{wide}/rotate");
    let rotated = scene.ask(&narrow, &path, "{}").await;
    assert_eq!((rotated.status, rotated.code()), (404, "not-found"));
    let ended = scene
        .ask(&narrow, &format!("DELETE /api/v1/keys/{wide}"), "")
        .await;
    assert_eq!(ended.status, 404);
    let own = made.json["id"].as_str().unwrap();
    let path = format!("POST /api/v1/keys/{own}/rotate");
    assert_eq!(scene.ask(&narrow, &path, "{}").await.status, 200);
}
