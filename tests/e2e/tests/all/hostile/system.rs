//! Looking around, and the network behind the egress's back.

use metier_core::{Blame, Code};
use metier_e2e::Upstream;

use super::scene::Scene;

#[tokio::test]
pub async fn environment_and_arguments() {
    Scene::new("").await.run("environment", "").await.kept_out();
}

#[tokio::test]
pub async fn standard_input() {
    Scene::new("").await.run("stdin", "").await.kept_out();
}

#[tokio::test]
pub async fn tcp() {
    let upstream = Upstream::start().await;
    let scene = Scene::new(&crate::grants::http("api.test", &upstream)).await;
    scene
        .run("tcp-connect", &upstream.address().to_string())
        .await
        .kept_out();
    assert!(upstream.seen().is_empty());
}

#[tokio::test]
pub async fn a_tcp_listener() {
    Scene::new("").await.run("tcp-listen", "").await.kept_out();
}

#[tokio::test]
pub async fn udp() {
    let socket = tokio::net::UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let scene = Scene::new("").await;
    scene
        .run("udp-send", &socket.local_addr().unwrap().to_string())
        .await
        .kept_out();
    assert!(socket.try_recv(&mut [0; 16]).is_err(), "it arrived");
}

#[tokio::test]
pub async fn name_lookups() {
    let scene = Scene::new("").await;
    scene.run("name-lookup", "localhost:80").await.kept_out();
}

#[tokio::test]
pub async fn clocks_and_randomness_live() {
    let scene = Scene::new("").await;
    let look = async || {
        let text = scene.run("fingerprint", "").await.text();
        let parts: Vec<String> = text.split(' ').map(str::to_owned).collect();
        <[String; 3]>::try_from(parts).unwrap()
    };
    let ([secure, hashed, seconds], [other_secure, other_hashed, _]) = (look().await, look().await);
    assert_ne!(secure, other_secure, "two instances draw the same number");
    assert_ne!(hashed, other_hashed, "two instances hash alike");
    let year = 365 * 24 * 3600;
    let seconds: u64 = seconds.parse().unwrap();
    let now = std::time::SystemTime::UNIX_EPOCH
        .elapsed()
        .unwrap()
        .as_secs();
    assert!(now.abs_diff(seconds) < year, "{seconds} is not now");
}

#[tokio::test]
pub async fn too_much_randomness() {
    let scene = Scene::new("").await;
    scene
        .run("random", "1099511627776")
        .await
        .failed(Code::SkillTrap, Blame::Skill);
}
