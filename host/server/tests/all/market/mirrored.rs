//! A mirror in a registry, and the registry is another market's: what is pushed there is read by who pushed it, or who keeps it.

use std::sync::Arc;

use metier_core::{Digest, SkillName};
use metier_market::{
    client::{Ask, Carried, Client, ClientError, FirstKey, Http, Kept, Network, meet, trust},
    distribution::{Login, Remote},
    fixtures::Moment,
};
use metier_store::Clock;
use tempfile::TempDir;

use super::Stall;

const SKILL: &str = "com.acme/salesforce";

fn name() -> SkillName {
    SKILL.parse().unwrap()
}

fn now(stall: &Stall) -> Moment {
    let micros = stall.clock.now().0;
    let since = std::time::Duration::from_micros(micros.try_into().unwrap());
    (std::time::SystemTime::UNIX_EPOCH + since).into()
}

async fn client(stall: &Stall, home: &TempDir, http: Arc<dyn Http>) -> Client {
    let address = format!("http://{}", stall.address).parse().unwrap();
    let stranger = meet(&*http, &address).await.unwrap();
    let kept = Kept::of(home.path(), &address);
    trust(&kept, &stranger).unwrap();
    Client::new(http, stranger.root, kept).unwrap()
}

fn remote(stall: &Stall, login: &str) -> Remote {
    let address = format!("oci://{}", stall.address).parse().unwrap();
    Remote::new(address, Login::new(login)).unwrap()
}

async fn mirror(from: &Stall, home: &TempDir, to: &Remote) -> Result<(), ClientError> {
    let network = Network::new(format!("http://{}", from.address).parse().unwrap());
    let client = client(from, home, Arc::new(network.unwrap())).await;
    let skills = [name()];
    client.mirror_to(&skills, to, now(from)).await.map(drop)
}

#[tokio::test]
async fn a_skill_is_mirrored_into_another_markets_registry_and_installed_from_there() {
    let (from, to) = (Stall::open().await, Stall::open().await);
    let manifest = from.publish(SKILL, "1.2.0").await;
    let home = TempDir::new().unwrap();
    let keeper = remote(&to, "me:token-of-operator");
    mirror(&from, &home, &keeper).await.unwrap();
    // Its signatures and its receipt refer to it, by the registry's own word.
    let told = keeper.referrers(SKILL, &manifest).await.unwrap();
    assert_eq!(told.len(), 3, "{told:?}");
    let there = keeper.manifest(SKILL, &manifest.to_string()).await.unwrap();
    assert_eq!(Digest::of(&there.unwrap()), manifest);
    // Nobody else reads what is not published there.
    let nobody = remote(&to, "nobody:");
    assert!(nobody.referrers(SKILL, &manifest).await.unwrap().is_empty());
    let error = Carried::open(Arc::new(nobody)).await.unwrap_err();
    assert!(matches!(error, ClientError::NoMirror(_)), "{error}");
    let carried = Carried::open(Arc::new(keeper)).await.unwrap();
    let elsewhere = TempDir::new().unwrap();
    let client = client(&from, &elsewhere, Arc::new(carried)).await;
    let witness = client.advance().await.unwrap();
    let index = client.index(&name(), Ask::Always).await.unwrap();
    let line = index.lines().last().unwrap();
    let fetched = client.fetch(line, &witness, FirstKey::Remembered).await;
    let component = fetched.unwrap().component().unwrap();
    assert_eq!(Digest::of(&component), line.component);
}

/// Who may not push there is told, and who cannot say who they are too.
#[tokio::test]
async fn a_registry_that_lets_nobody_in_says_so() {
    let (from, to) = (Stall::open().await, Stall::open().await);
    from.publish(SKILL, "1.2.0").await;
    for login in ["me:token-of-other", "me:nobodys"] {
        let home = TempDir::new().unwrap();
        let error = mirror(&from, &home, &remote(&to, login)).await.unwrap_err();
        let text = error.to_string();
        assert!(text.contains("METIER_REGISTRY_AUTH"), "{text}");
    }
}
