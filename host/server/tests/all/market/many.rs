//! Many publishers at once, and a process that ends at any moment.

use std::{
    future::Future,
    pin::pin,
    sync::Arc,
    task::{Context, Wake, Waker},
    time::Duration,
};

use metier_core::Digest;
use metier_market::{
    keeper::{
        Market,
        acts::{Outcome, Submission},
    },
    log::{Consistency, Witness},
    receipt::Receipt,
    trust::{Algorithm, KeyPair, Publisher, SigningKey},
};

use super::{AS_ACME, Stall, component};

const PUBLISHERS: usize = 50;
const EACH: usize = 20;

/// 1,000 versions of 50 publishers, each in its own connection: all are there, each is proven, and the log has only grown.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_thousand_versions_of_fifty_publishers_at_once_are_all_there() {
    let stall = Arc::new(Stall::open().await);
    let root = stall.market.root().clone();
    let first = Witness::first(&root.log, stall.market.checkpoint().as_bytes()).unwrap();
    let mut tasks = tokio::task::JoinSet::new();
    for publisher in 0..PUBLISHERS {
        let stall = stall.clone();
        tasks.spawn(async move {
            let pair = KeyPair::generate(Algorithm::Ed25519).unwrap();
            let token = stall.let_in(&format!("publisher-{publisher}"), &pair).await;
            let key = SigningKey::<Publisher>::new(KeyPair::generate(Algorithm::Ed25519).unwrap());
            let skill = skill(publisher);
            for number in 0..EACH {
                let version = format!("1.{number}.0");
                let answer = stall.publish_as(&token, &key, &skill, &version).await;
                assert_eq!(answer.status, 201, "{skill} {version}: {answer:?}");
            }
        });
    }
    while let Some(done) = tasks.join_next().await {
        done.unwrap();
    }
    let size = stall.market.state(|state| state.size());
    assert_eq!(size, (PUBLISHERS * EACH + PUBLISHERS) as u64);
    let proof = stall
        .get(&format!("/log/consistency?from={}", first.size()))
        .await;
    let proof: Consistency = serde_json::from_slice(&proof.body).unwrap();
    first
        .advance(stall.market.checkpoint().as_bytes(), Some(&proof))
        .unwrap();
    for publisher in 0..PUBLISHERS {
        let skill = skill(publisher);
        let index = stall.index(&skill).await;
        assert_eq!(index.lines().len(), EACH);
        for line in index.lines() {
            let receipt = stall.market.receipt(line.leaf, None).await.unwrap();
            receipt.verify(&root, &line.component).unwrap();
        }
    }
    let found = stall.get("/api/v1/market/search?max=1").await.json();
    assert_eq!(found["total"], PUBLISHERS);
}

/// Names that no other of them is taken for.
fn skill(publisher: usize) -> String {
    let word: String = format!("{publisher:02}")
        .chars()
        .map(|digit| {
            [
                "apple", "birch", "cedar", "dahlia", "elder", "fig", "grape", "hazel", "iris",
                "juniper",
            ][digit as usize - 48]
        })
        .collect();
    format!("dev.{word}/{word}")
}

struct Nobody;

impl Wake for Nobody {
    fn wake(self: Arc<Self>) {}
}

/// Polls a future so often and drops it then, as a process that is killed there. Whether it came to its end.
async fn killed_after<T>(polls: usize, future: impl Future<Output = T>) -> bool {
    let mut future = pin!(future);
    let waker = Waker::from(Arc::new(Nobody));
    for _ in 0..polls {
        // What it waits for has its time.
        if future
            .as_mut()
            .poll(&mut Context::from_waker(&waker))
            .is_ready()
        {
            return true;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    false
}

/// At each point where a publication waits for anything, the process ends. After the next start all of the version is there or nothing,
/// and what is not there can be published.
#[tokio::test(flavor = "multi_thread")]
async fn a_publication_that_is_cut_off_anywhere_is_there_whole_or_not_at_all() {
    let (mut whole, mut nothing) = (0, 0);
    for polls in 0..40 {
        let stall = Stall::open().await;
        stall.publish("com.acme/salesforce", "1.0.0").await;
        let file = component("com.acme/salesforce", "1.1.0");
        let manifest = stall.pushed("com.acme/salesforce", &file).await;
        let body = stall.submission("com.acme/salesforce", "1.1.0", &manifest);
        let submission: Submission = serde_json::from_value(body).unwrap();
        let account = "acme".parse().unwrap();
        let ended =
            killed_after(polls, Box::pin(stall.market.publish(&account, &submission))).await;
        let copied = copied(&stall);
        let again = Stall::reopened(copied, &stall).await;
        again.market.index_all().await.unwrap();
        let is_there = check(&again, &file, &manifest).await;
        assert!(is_there || !ended, "what was told is there");
        let published = again.market.publish(&account, &submission).await.unwrap();
        assert!(matches!(published, Outcome::Published(_)), "{published:?}");
        assert!(check(&again, &file, &manifest).await);
        match is_there {
            true => whole += 1,
            false => nothing += 1,
        }
        if ended {
            break;
        }
    }
    assert!(whole > 0 && nothing > 3, "{whole} {nothing}");
}

/// The two sides of the leaf: everything was written but it, or it and nothing that follows from it.
#[tokio::test(flavor = "multi_thread")]
async fn the_leaf_alone_decides() {
    let stall = Stall::open().await;
    stall.publish("com.acme/salesforce", "1.0.0").await;
    let before = copied(&stall);
    let file = component("com.acme/salesforce", "1.1.0");
    let manifest = stall.publish("com.acme/salesforce", "1.1.0").await;
    let without = copied(&stall);
    std::fs::remove_dir_all(without.path().join("log")).unwrap();
    std::fs::create_dir(without.path().join("log")).unwrap();
    copy(&before.path().join("log"), &without.path().join("log"));
    let again = Stall::reopened(without, &stall).await;
    again.market.index_all().await.unwrap();
    assert!(!check(&again, &file, &manifest).await);
    let body = again.submission("com.acme/salesforce", "1.1.0", &manifest);
    let published = again
        .tell(AS_ACME, "POST /api/v1/market/publish", &body)
        .await;
    assert_eq!(published.status, 201, "{published:?}");

    let bare = copied(&stall);
    let names = bare.path().join("registry/names/com.acme/salesforce");
    std::fs::remove_file(names.join("tags/1.1.0")).unwrap();
    std::fs::remove_dir_all(names.join("records")).unwrap();
    for entry in std::fs::read_dir(bare.path()).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        if name.starts_with("search.db") {
            std::fs::remove_file(bare.path().join(name)).unwrap();
        }
    }
    let again = Stall::reopened(bare, &stall).await;
    again.market.index_all().await.unwrap();
    assert!(check(&again, &file, &manifest).await);
    let pulled = again.get("/v2/com.acme/salesforce/manifests/1.1.0").await;
    assert_eq!(pulled.status, 200);
}

/// Whether the version is to be seen; everywhere or nowhere.
async fn check(stall: &Stall, file: &[u8], manifest: &Digest) -> bool {
    let skill = "com.acme/salesforce";
    let index = stall.index(skill).await;
    let told = stall
        .get(&format!("/api/v1/market/skills/{skill}"))
        .await
        .json();
    let told = told["versions"].as_array().unwrap().len();
    assert_eq!(index.lines().len(), told);
    let found = stall.get("/api/v1/market/search?q=salesforce").await.json();
    let found = found["skills"][0]["version"].as_str().unwrap().to_owned();
    let page = stall.get(&format!("/skills/{skill}/1.1.0")).await.status;
    let Some(line) = index.line(&"1.1.0".parse().unwrap()) else {
        assert_eq!((found.as_str(), page), ("1.0.0", 404));
        return false;
    };
    assert_eq!((found.as_str(), page), ("1.1.0", 200));
    assert_eq!(line.manifest, *manifest);
    let receipt = stall.get(&format!("/receipts/{}", line.leaf)).await;
    let receipt = Receipt::read(&receipt.body).unwrap();
    receipt
        .verify(stall.market.root(), &Digest::of(file))
        .unwrap();
    let pulled = stall
        .get(&format!("/v2/{skill}/blobs/{}", line.component))
        .await;
    assert_eq!(pulled.body, file);
    true
}

/// The folder as a kill leaves it.
pub fn copied(stall: &Stall) -> tempfile::TempDir {
    let to = tempfile::tempdir().unwrap();
    copy(stall.folder.path(), to.path());
    to
}

fn copy(from: &std::path::Path, to: &std::path::Path) {
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        match entry.file_type().unwrap().is_dir() {
            true => {
                std::fs::create_dir_all(&to).unwrap();
                copy(&entry.path(), &to);
            }
            // Unfinished files come and go.
            false => drop(std::fs::copy(entry.path(), &to)),
        }
    }
}

/// The publication's leaf is torn at each byte: the version is not there, nothing else is lost, and it can be published.
#[tokio::test(flavor = "multi_thread")]
async fn a_torn_leaf_is_no_version() {
    let stall = Stall::open().await;
    stall.publish("com.acme/salesforce", "1.0.0").await;
    let before = copied(&stall);
    let short = std::fs::read(before.path().join("log/leaves"))
        .unwrap()
        .len();
    let file = component("com.acme/salesforce", "1.1.0");
    let manifest = stall.publish("com.acme/salesforce", "1.1.0").await;
    let whole = std::fs::read(stall.folder.path().join("log/leaves")).unwrap();
    // The log's own tests go through every byte; here it is the market that opens.
    for length in (short..=whole.len())
        .step_by(97)
        .chain([whole.len() - 1, whole.len()])
    {
        let torn = copied(&stall);
        std::fs::write(torn.path().join("log/leaves"), &whole[..length]).unwrap();
        let checkpoint = before.path().join("log/checkpoint");
        std::fs::copy(checkpoint, torn.path().join("log/checkpoint")).unwrap();
        let again = Stall::reopened(torn, &stall).await;
        again.market.index_all().await.unwrap();
        let is_there = check(&again, &file, &manifest).await;
        assert_eq!(is_there, length == whole.len(), "{length}");
        let body = again.submission("com.acme/salesforce", "1.1.0", &manifest);
        let published = again
            .tell(AS_ACME, "POST /api/v1/market/publish", &body)
            .await;
        let expected = if is_there { [201, 409] } else { [201, 201] };
        assert!(expected.contains(&published.status), "{published:?}");
        assert!(check(&again, &file, &manifest).await);
    }
}

/// A market's folder without its keys, or with others, is not opened as another market.
#[tokio::test]
async fn a_market_is_not_another_one_after_its_keys_are_gone() {
    let stall = Stall::open().await;
    stall.publish("com.acme/salesforce", "1.0.0").await;
    let options = || super::options(stall.clock.clone(), stall.address);
    for name in ["review", "revocation", "log"] {
        let folder = copied(&stall);
        let key = folder.path().join(format!("keys/{name}.pem"));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = std::fs::metadata(stall.folder.path().join(format!("keys/{name}.pem")));
            assert_eq!(mode.unwrap().permissions().mode() & 0o777, 0o600);
        }
        std::fs::remove_file(&key).unwrap();
        let accounts = Arc::new(super::FileAccounts::read("").unwrap());
        let opened = Market::open(folder.path(), accounts.clone(), options());
        assert!(opened.is_err(), "{name}");
        assert!(!key.exists());
        let other = KeyPair::generate(Algorithm::Ed25519)
            .unwrap()
            .to_pem()
            .unwrap();
        std::fs::write(&key, other.as_bytes()).unwrap();
        assert!(
            Market::open(folder.path(), accounts, options()).is_err(),
            "{name}"
        );
    }
}
