//! Keys for some tools only, and models.

use serde_json::json;

use super::{
    scene,
    script::{Script, Turn},
};

#[tokio::test]
async fn a_key_for_tools_asks_those_models_only_that_it_names() {
    let scene = scene(&Script::new([Turn::says(&["Hello."])])).await;
    let listed = scene.ask(&scene.admin, "GET /v1/models", "").await;
    let model = listed.json["data"][0]["id"].as_str().unwrap().to_owned();
    let question = json!({"model": model, "messages": [{"role": "user", "content": "Hi"}]});
    let question = question.to_string();
    let tools = scene.narrow("caller", &["math.*"]).await;
    let refused = scene
        .ask(&tools, "POST /v1/chat/completions", &question)
        .await;
    assert_eq!(refused.status, 403, "{}", refused.body);
    let none = scene.ask(&tools, "GET /v1/models", "").await;
    assert_eq!(none.json["data"], json!([]), "{}", none.body);
    let named = format!("model.{model}");
    let both = scene.narrow("caller", &["math.*", &named]).await;
    let one = scene.ask(&both, "GET /v1/models", "").await;
    assert_eq!(
        one.json["data"].as_array().unwrap().len(),
        1,
        "{}",
        one.body
    );
    let asked = scene
        .ask(&both, "POST /v1/chat/completions", &question)
        .await;
    assert_eq!(asked.status, 200, "{}", asked.body);
}
