//! A market in a few lines: three keys, a log, and a publisher.

use std::time::{Duration, SystemTime};

use metier_core::Digest;
use metier_market::{
    fixtures::Moment,
    log::{Checkpoint, LogSigner, Tree},
    receipt::{Entry, Receipt},
    revoked::{self, List, Target},
    state::{
        Change, Claim, KeyChange, KeyEnding, Leaf, Proof, ProofMethod, Publication, State,
        subject_name,
    },
    trust::{
        Algorithm, KeyPair, Publisher, Review, Reviewed, Revocation, Signature, SigningKey,
        TrustRoot,
    },
};
use metier_service::market::Market;

use crate::scene::with_manifest;

/// `com.acme/adds` in this version, asking for nothing.
pub fn component(version: &str) -> Vec<u8> {
    named("com.acme/adds", version)
}

pub fn named(name: &str, version: &str) -> Vec<u8> {
    let manifest = format!(
        "[skill]\nname = \"{name}\"\nversion = \"{version}\"\n[tools.add]\neffect = \"read\"\n[tools.crash]\neffect = \"read\"\n"
    );
    with_manifest(&manifest)
}

pub fn now() -> Moment {
    Moment::from(SystemTime::now())
}

pub fn ago(seconds: u64) -> Moment {
    Moment::from(SystemTime::now() - Duration::from_secs(seconds))
}

pub fn signing() -> SigningKey<Publisher> {
    SigningKey::new(pair())
}

fn pair() -> KeyPair {
    KeyPair::generate(Algorithm::EcdsaP256).unwrap()
}

pub struct FakeMarket {
    origin: String,
    pub review: SigningKey<Review>,
    pub revocation: SigningKey<Revocation>,
    log: LogSigner,
    pub publisher: SigningKey<Publisher>,
    leaves: Vec<Vec<u8>>,
    tree: Tree,
}

impl FakeMarket {
    /// Whose namespace `com.acme` is the publisher's.
    pub fn new(origin: &str) -> Self {
        let log = KeyPair::generate(Algorithm::Ed25519).unwrap();
        let mut market = FakeMarket {
            origin: origin.to_owned(),
            review: SigningKey::new(pair()),
            revocation: SigningKey::new(pair()),
            log: LogSigner::new(origin, log).unwrap(),
            publisher: signing(),
            leaves: Vec::new(),
            tree: Tree::default(),
        };
        market.claim();
        market
    }

    fn claim(&mut self) {
        let claim = Claim {
            namespace: "com.acme".parse().unwrap(),
            owner: "acme".parse().unwrap(),
            proof: Proof {
                method: ProofMethod::Https,
                place: "acme.com".parse().unwrap(),
                at: ago(10_000),
            },
            key: self.publisher.verifying().public().clone(),
            until: None,
        };
        self.append(ago(10_000), Change::Namespace(claim));
    }

    /// Another log with other keys under the same name: a market in other hands, which has a publisher's key of its own making.
    pub fn taken_over(&self) -> Self {
        let mut other = FakeMarket::new(&self.origin);
        other.review = SigningKey::new(copy(self.review.pair()));
        other.revocation = SigningKey::new(copy(self.revocation.pair()));
        other.log = LogSigner::new(&self.origin, copy(self.log.pair())).unwrap();
        other
    }

    pub fn root(&self) -> TrustRoot {
        TrustRoot::new(
            format!("https://{}", self.origin).parse().unwrap(),
            self.review.verifying(),
            self.revocation.verifying(),
            self.log.key().clone(),
        )
        .unwrap()
    }

    pub fn market(&self) -> Market {
        Market {
            root: self.root(),
            namespaces: Vec::new(),
            addresses: Vec::new(),
            ca_file: None,
        }
    }

    pub fn append(&mut self, at: Moment, change: Change) -> u64 {
        let by = "acme".parse().unwrap();
        let leaf = Leaf { at, by, change }.encode().unwrap();
        let index = self.tree.push(&leaf);
        self.leaves.push(leaf);
        index
    }

    /// Replaces the publisher's key: by one the old one signed, or not.
    pub fn rotate(&mut self, at: Moment) {
        let next = signing();
        let change = KeyChange {
            namespace: "com.acme".parse().unwrap(),
            key: next.verifying().public().clone(),
            from: Some(at),
            until: None,
            member: None,
        };
        let added = change.sign(&self.publisher).unwrap();
        self.append(at, Change::Key(added));
        self.publisher = next;
    }

    pub fn end_key(&mut self, at: Moment, since: Option<Moment>) {
        let ending = KeyEnding {
            namespace: "com.acme".parse().unwrap(),
            key: self.publisher.verifying().hint(),
            from: None,
            since,
        };
        let ended = ending.sign(&self.publisher).unwrap();
        self.append(at, Change::KeyEnd(ended));
    }

    /// Publishes a component as it calls itself.
    pub fn publish(&mut self, component: &[u8], name: &str, version: &str) -> Published {
        self.publish_at(component, name, version, ago(1_000))
    }

    pub fn publish_at(
        &mut self,
        component: &[u8],
        name: &str,
        version: &str,
        at: Moment,
    ) -> Published {
        let digest = Digest::of(component);
        let manifest = format!(
            r#"{{"schemaVersion":2,"layers":[{{"mediaType":"application/wasm","digest":"{digest}","size":{}}}]}}"#,
            component.len()
        );
        let signed = Digest::of(manifest.as_bytes());
        let (skill, number) = (name.parse().unwrap(), version.parse().unwrap());
        let called = subject_name(&skill, &number);
        let bundle = self
            .publisher
            .sign(&signed, &called, &Signature)
            .unwrap()
            .to_json();
        let reviewed = Reviewed {
            skill: skill.clone(),
            version: number.clone(),
            rules: "1".into(),
            at,
            findings: Vec::new(),
        };
        let review = self
            .review
            .sign(&signed, &called, &reviewed)
            .unwrap()
            .to_json();
        let publication = Publication {
            name: skill,
            kind: Default::default(),
            version: number,
            digest,
            manifest: signed,
            bundle: Digest::of(bundle.as_bytes()),
            review: Digest::of(review.as_bytes()),
            key: self.publisher.verifying().hint(),
            run: None,
            approval: None,
            size: component.len() as u64,
            authority: digest,
            words: digest,
            price: None,
            security_fix: false,
        };
        let index = self.append(at, Change::Publish(Box::new(publication)));
        Published {
            index,
            manifest,
            bundle,
            review,
        }
    }

    /// The receipt as of now.
    pub fn receipt(&self, published: &Published) -> Receipt {
        let is_history = |index: &u64| {
            let leaf = Leaf::decode(&self.leaves[usize::try_from(*index).unwrap()]).unwrap();
            matches!(
                leaf.change,
                Change::Namespace(_) | Change::Key(_) | Change::KeyEnd(_)
            )
        };
        let history = (0..self.tree.size()).filter(is_history);
        Receipt {
            checkpoint: self.checkpoint(),
            leaf: self.entry(published.index),
            history: history.map(|index| self.entry(index)).collect(),
            manifest: published.manifest.clone(),
            bundle: published.bundle.clone(),
            review: published.review.clone(),
        }
    }

    pub fn checkpoint(&self) -> String {
        let checkpoint = Checkpoint::of(&self.tree, self.log.key());
        checkpoint.sign(&self.log).unwrap()
    }

    pub fn entry(&self, index: u64) -> Entry {
        let leaf = self.leaves[usize::try_from(index).unwrap()].clone();
        Entry {
            leaf: String::from_utf8(leaf).unwrap(),
            inclusion: self.tree.inclusion(index, self.tree.size()).unwrap(),
        }
    }

    /// The signed list of what its log says.
    pub fn derived_list(&self, version: u64, issued: Moment) -> Vec<u8> {
        let mut state = State::default();
        for leaf in &self.leaves {
            state.apply(&Leaf::decode(leaf).unwrap()).unwrap();
        }
        let expires = issued.plus(Duration::from_secs(86_400));
        let list = List::new(version, issued, expires, state.listed()).unwrap();
        revoked::sign(&list, &self.revocation).unwrap().into_bytes()
    }

    /// A signed list.
    pub fn list(&self, version: u64, issued: Moment, lasts: u64, targets: &[Target]) -> Vec<u8> {
        let entries = targets.iter().map(|target| revoked::Entry {
            target: target.clone(),
            why: "it sends what it reads elsewhere".parse().unwrap(),
            at: issued,
        });
        let expires = issued.plus(Duration::from_secs(lasts));
        let list = List::new(version, issued, expires, entries.collect()).unwrap();
        revoked::sign(&list, &self.revocation).unwrap().into_bytes()
    }
}

fn copy(pair: &KeyPair) -> KeyPair {
    KeyPair::from_pem(&pair.to_pem().unwrap()).unwrap()
}

pub struct Published {
    pub index: u64,
    pub manifest: String,
    pub bundle: String,
    pub review: String,
}
