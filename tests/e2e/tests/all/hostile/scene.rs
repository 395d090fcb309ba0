//! A hostile skill and a good one on the same host.

use metier_core::{Fault, units::ByteSize};
use metier_e2e::{Ended, Guest, Installed, TestHost, Upstream};
use serde_json::{Value, json};

use crate::grants;

/// What `good.wat` answers.
const GOOD_ANSWER: u32 = 42;

/// A hostile skill, the grant the test gave it, and a good skill beside it.
pub struct Scene {
    pub host: TestHost,
    pub hostile: Installed,
    good: Installed,
}

impl Scene {
    pub async fn new(grant: &str) -> Scene {
        Scene::on(TestHost::start(), grant).await
    }

    pub async fn on(host: TestHost, grant: &str) -> Scene {
        Scene::of(host, Guest::named("hostile"), grant).await
    }

    /// Another guest in the hostile part.
    pub async fn of(host: TestHost, hostile: Guest, grant: &str) -> Scene {
        let hostile = host.install(hostile, grant).await;
        let good = host.install(Guest::wat("good"), "").await;
        Scene {
            host,
            hostile,
            good,
        }
    }

    /// The component written in `tests/guests/wat/NAME.wat` in the hostile part.
    pub async fn wat(name: &str, grant: &str) -> Scene {
        Scene::of(TestHost::start(), Guest::wat(name), grant).await
    }

    /// Let it behave, and see that the host lives: the next call of a good skill works.
    pub async fn run(&self, behaviour: &str, argument: &str) -> Ended {
        self.call(json!({"behaviour": behaviour, "argument": argument}))
            .await
    }

    /// As [`Scene::run`], with the arguments as they are.
    pub async fn call(&self, arguments: Value) -> Ended {
        let ended = self.host.call(&self.hostile, "run", arguments).await;
        self.alive().await;
        ended
    }

    /// The next call of a good skill on the same host works.
    pub async fn alive(&self) {
        let ended = self.host.call(&self.good, "run", json!({})).await;
        assert_eq!(ended.json(), GOOD_ANSWER, "the host does not live");
    }
}

/// A scene with a service the hostile skill may reach in part: `GET` and `POST` on `http://api.test/open/**`.
pub struct Web {
    pub scene: Scene,
    pub upstream: Upstream,
}

impl Web {
    pub async fn new(more: &str) -> Web {
        let (host, upstream) = (TestHost::start(), Upstream::start().await);
        let paths =
            r#"["/open/**", "/echo/**", "/redirect/**", "/drip", "/stall", "/hold", "/bytes/*"]"#;
        let rule = grants::rule("api.test", r#"["GET", "POST"]"#, paths, &upstream);
        let scene = Scene::on(host, &format!("{rule}{more}")).await;
        Web { scene, upstream }
    }

    pub async fn run(&self, behaviour: &str, argument: &str) -> Ended {
        self.scene.run(behaviour, argument).await
    }

    /// Every attempt was stopped, and nothing at all reached the service.
    pub async fn nothing_leaves(&self, behaviour: &str, argument: &str) -> Ended {
        let before = self.upstream.seen().len();
        let ended = self.run(behaviour, argument).await;
        ended.kept_out();
        let seen = self.upstream.seen().split_off(before);
        assert!(seen.is_empty(), "{argument}: {seen:?}");
        ended
    }
}

/// Why these bytes do not load; the host lives on.
pub async fn refused(guest: Guest) -> Fault {
    let host = TestHost::start();
    let fault = host
        .try_install("local", guest, "")
        .await
        .expect_err("it loaded");
    Scene::of(host, Guest::wat("good"), "").await.alive().await;
    assert!(
        fault.message.lines().count() == 1,
        "one sentence: {}",
        fault.message
    );
    fault
}

/// A `[limits]` section with one limit.
pub fn limit(name: &str, value: &str) -> String {
    format!("[limits]\n{name} = \"{value}\"\n")
}

/// So many bytes, for assertions that read well.
pub fn bytes(text: &str) -> u64 {
    text.parse::<ByteSize>().unwrap().bytes()
}
