//! A market in memory, honest by itself.

use std::collections::BTreeMap;

use http::StatusCode;
use metier_core::{
    Digest, SkillName,
    package::{self, Resources, section},
};
use serde_json::json;

use crate::{
    client::{Image, Request},
    consent::{Contents, Record},
    index::{IndexFile, Line},
    log::{Checkpoint, Inclusion, LogSigner, Tree},
    pack::sections::append,
    receipt::{Entry, Receipt},
    revoked::{self, List},
    state::{
        Change, Claim, KeyChange, KeyEnding, Leaf, Member, Proof, ProofMethod, Publication, Role,
        RuleChange, Vouched, subject_name,
    },
    trust::{
        Algorithm, KeyPair, Moment, Publisher, Review, Reviewed, Revocation, Signature, SigningKey,
        TrustRoot, tests::day,
    },
};

pub fn weather() -> SkillName {
    "com.acme/weather".parse().unwrap()
}

/// What it was given, and what came of it.
#[derive(Clone)]
pub struct Version {
    pub line: Line,
    pub component: Vec<u8>,
    config: Vec<u8>,
    manifest: String,
    bundle: String,
    review: String,
}

pub struct Shop {
    review: SigningKey<Review>,
    revocation: SigningKey<Revocation>,
    log: LogSigner,
    pub key: SigningKey<Publisher>,
    pub leaves: Vec<Vec<u8>>,
    pub history: Vec<usize>,
    pub versions: Vec<Version>,
    pub revoked: Vec<revoked::Entry>,
    pub list_version: u64,
    pub now: Moment,
}

fn pair() -> KeyPair {
    KeyPair::generate(Algorithm::Ed25519).unwrap()
}

impl Shop {
    /// With these versions of one skill.
    pub fn with(versions: &[&str]) -> Shop {
        let mut shop = Shop {
            review: SigningKey::new(pair()),
            revocation: SigningKey::new(pair()),
            log: LogSigner::new("market.example/log", pair()).unwrap(),
            key: SigningKey::new(pair()),
            leaves: Vec::new(),
            history: Vec::new(),
            versions: Vec::new(),
            revoked: Vec::new(),
            list_version: 7,
            now: day(1),
        };
        let claim = Claim {
            namespace: "com.acme".parse().unwrap(),
            owner: "acme".parse().unwrap(),
            proof: Proof {
                method: ProofMethod::Dns,
                place: "_metier.acme.com".parse().unwrap(),
                at: day(1),
            },
            key: shop.key.verifying().public().clone(),
            until: None,
        };
        shop.append(Change::Namespace(claim));
        versions
            .iter()
            .for_each(|version| shop.publish(version, |_| {}));
        shop
    }

    pub fn root(&self) -> TrustRoot {
        TrustRoot::new(
            "https://market.example".parse().unwrap(),
            self.review.verifying(),
            self.revocation.verifying(),
            self.log.key().clone(),
        )
        .unwrap()
    }

    /// Takes `bob` in as another owner, and turns the 2-person rule on. With what he signs.
    pub fn team(&mut self) -> SigningKey<Publisher> {
        let bob = SigningKey::new(pair());
        let joins = KeyChange {
            namespace: "com.acme".parse().unwrap(),
            key: bob.verifying().public().clone(),
            from: None,
            until: None,
            member: Some(Member {
                account: "bob".parse().unwrap(),
                role: Role::Owner,
            }),
        };
        self.append(Change::Key(joins.sign(&self.key).unwrap()));
        let rule = RuleChange {
            namespace: "com.acme".parse().unwrap(),
            two_person: true,
            after: 1,
        };
        let signature = rule.signature(&self.key).unwrap();
        self.append(Change::Rule(rule.with(signature, None)));
        bob
    }

    pub fn append(&mut self, change: Change) -> u64 {
        let about_keys = matches!(
            change,
            Change::Namespace(_)
                | Change::Key(_)
                | Change::KeyEnd(_)
                | Change::Member(_)
                | Change::Rule(_)
        );
        if about_keys {
            self.history.push(self.leaves.len());
        }
        let leaf = Leaf {
            at: self.now,
            by: "acme".parse().unwrap(),
            change,
        };
        self.leaves.push(leaf.encode().unwrap());
        self.leaves.len() as u64 - 1
    }

    /// Publishes a version; `lie` changes what the leaf and the line say of it.
    pub fn publish(&mut self, version: &str, lie: impl FnOnce(&mut Publication)) {
        self.publish_as(weather(), version, lie);
    }

    /// The same, of a skill of this name.
    pub fn publish_as(
        &mut self,
        name: SkillName,
        version: &str,
        lie: impl FnOnce(&mut Publication),
    ) {
        let component = component_of(&name, version);
        let record = Record::of(&Contents::of_file(&component).unwrap());
        let image = Image::of(&component, "com.acme", self.now).unwrap();
        let number = version.parse().unwrap();
        let subject = subject_name(&name, &number);
        let bundle = self
            .key
            .sign(&image.digest(), &subject, &Signature)
            .unwrap();
        let reviewed = Reviewed {
            skill: name.clone(),
            version: number.clone(),
            rules: "2026-11-30".to_owned(),
            at: self.now,
            findings: Vec::new(),
        };
        let review = self
            .review
            .sign(&image.digest(), &subject, &reviewed)
            .unwrap();
        let (bundle, review) = (bundle.to_json(), review.to_json());
        let mut publication = Publication {
            name,
            kind: Default::default(),
            version: number,
            digest: Digest::of(&component),
            manifest: image.digest(),
            bundle: Digest::of(bundle.as_bytes()),
            review: Digest::of(review.as_bytes()),
            key: self.key.verifying().hint(),
            run: None,
            approval: None,
            size: component.len() as u64,
            authority: record.published_authority(),
            words: record.published_words(),
            price: None,
            security_fix: false,
        };
        lie(&mut publication);
        let leaf = self.append(Change::Publish(Box::new(publication.clone())));
        let line = Line {
            name: publication.name,
            kind: publication.kind,
            vers: publication.version,
            component: publication.digest,
            manifest: publication.manifest,
            size: publication.size,
            authority: publication.authority,
            words: publication.words,
            price: Default::default(),
            security_fix: false,
            yanked: None,
            void: None,
            published: 1_800_000_000,
            leaf,
        };
        self.versions.push(Version {
            line,
            component,
            config: image.config,
            manifest: String::from_utf8(image.manifest).unwrap(),
            bundle,
            review,
        });
    }

    /// Ends the key, waits, and takes another that nobody vouches for.
    pub fn recover(&mut self) {
        self.now = day(2);
        let ended = KeyEnding {
            namespace: "com.acme".parse().unwrap(),
            key: self.key.verifying().hint(),
            from: Some(day(3)),
            since: None,
        };
        self.append(Change::KeyEnd(ended.sign(&self.key).unwrap()));
        self.now = day(10);
        self.key = SigningKey::new(pair());
        let added = KeyChange {
            namespace: "com.acme".parse().unwrap(),
            key: self.key.verifying().public().clone(),
            from: None,
            until: None,
            member: None,
        };
        let proof = Proof {
            method: ProofMethod::Dns,
            place: "_metier.acme.com".parse().unwrap(),
            at: day(10),
        };
        self.append(Change::Key(added.vouched(Vouched::Domain(proof))));
    }

    /// Says that the key was in other hands since then: what it signed is void, by the index and by every receipt from now on.
    pub fn steal(&mut self, since: Moment, void: &[&str]) {
        let ended = KeyEnding {
            namespace: "com.acme".parse().unwrap(),
            key: self.key.verifying().hint(),
            from: None,
            since: Some(since),
        };
        self.append(Change::KeyEnd(ended.sign(&self.key).unwrap()));
        let lines = self.versions.iter_mut().map(|version| &mut version.line);
        for line in lines.filter(|line| void.contains(&line.vers.to_string().as_str())) {
            line.void = Some("it was in other hands".to_owned());
        }
    }

    pub fn tree(&self) -> Tree {
        let mut tree = Tree::default();
        self.leaves.iter().for_each(|leaf| {
            tree.push(leaf);
        });
        tree
    }

    pub fn note(&self, tree: &Tree) -> String {
        Checkpoint::of(tree, self.log.key())
            .sign(&self.log)
            .unwrap()
    }

    pub fn receipt(&self, version: &Version, size: u64) -> Receipt {
        let mut tree = Tree::default();
        self.leaves.iter().take(size as usize).for_each(|leaf| {
            tree.push(leaf);
        });
        let entry = |index: usize| Entry {
            leaf: String::from_utf8(self.leaves[index].clone()).unwrap(),
            inclusion: tree.inclusion(index as u64, size).unwrap_or(Inclusion {
                index: index as u64,
                size,
                path: Vec::new(),
            }),
        };
        let history = self.history.iter().filter(|index| **index < size as usize);
        Receipt {
            checkpoint: self.note(&tree),
            leaf: entry(version.line.leaf as usize),
            history: history.map(|index| entry(*index)).collect(),
            manifest: version.manifest.clone(),
            bundle: version.bundle.clone(),
            review: version.review.clone(),
        }
    }

    fn list(&self) -> String {
        let list = List::new(self.list_version, day(20), day(27), self.revoked.clone());
        revoked::sign(&list.unwrap(), &self.revocation).unwrap()
    }

    pub fn index(&self, name: &SkillName) -> String {
        let lines = self.versions.iter().map(|version| version.line.clone());
        let lines = lines.filter(|line| line.name == *name);
        let size = self.leaves.len() as u64;
        let file = IndexFile::new(name.clone(), lines.collect(), size);
        file.unwrap().write()
    }

    /// What an honest market answers.
    pub fn answer(&self, request: &Request) -> (StatusCode, Vec<u8>) {
        let (path, query) = request.path.split_once('?').unwrap_or((&request.path, ""));
        let number = || query.split_once('=').unwrap().1.parse::<u64>().unwrap();
        let tree = self.tree();
        let body = match path {
            ".well-known/metier-market.toml" => self.root().to_toml().into_bytes(),
            "log/checkpoint" => self.note(&tree).into_bytes(),
            "log/consistency" => {
                serde_json::to_vec(&tree.consistency(number(), tree.size())).unwrap()
            }
            "revocations" => self.list().into_bytes(),
            "api/v1/market/challenges" => br#"{"challenge":"c"}"#.to_vec(),
            "api/v1/market/tokens" => br#"{"token":"t","expires":"2027-01-01T00:00:00Z"}"#.to_vec(),
            "api/v1/market/publish" => json!({"leaf": 9, "page": "p"}).to_string().into_bytes(),
            path => match self.file(path, query) {
                Some(bytes) => bytes,
                None if request.body.is_some() => b"{}".to_vec(),
                None => {
                    return (
                        StatusCode::NOT_FOUND,
                        br#"{"detail":"There is none."}"#.to_vec(),
                    );
                }
            },
        };
        (StatusCode::OK, body)
    }

    fn file(&self, path: &str, query: &str) -> Option<Vec<u8>> {
        if let Some(leaf) = path.strip_prefix("receipts/") {
            let mut versions = self.versions.iter();
            let version = versions.find(|version| version.line.leaf.to_string() == leaf)?;
            let size = query.strip_prefix("size=").unwrap().parse().unwrap();
            return serde_json::to_vec(&self.receipt(version, size)).ok();
        }
        if let Some(name) = path.strip_prefix("index/") {
            return Some(self.index(&name.parse().ok()?).into_bytes());
        }
        if let Some(tile) = path.strip_prefix("log/") {
            let crate::log::TilePath::Hashes {
                level,
                index,
                width,
            } = tile.parse().ok()?
            else {
                return None;
            };
            return self.tree().tile(level, index, width);
        }
        let (_, digest) = path.split_once("/blobs/")?;
        let blobs = self
            .versions
            .iter()
            .flat_map(|version| [&version.component, &version.config]);
        let mut blobs = blobs.filter(|blob| Digest::of(blob).to_string() == digest);
        blobs.next().cloned()
    }
}

/// A skill's file of this version.
pub fn component(version: &str) -> Vec<u8> {
    component_of(&weather(), version)
}

fn component_of(name: &SkillName, version: &str) -> Vec<u8> {
    let manifest = format!(
        "[skill]\nname = \"{name}\"\nversion = \"{version}\"\ndescription = \"Tells the weather.\"\n\n[tools.forecast]\neffect = \"read\"\n"
    );
    let tools = r#"[{"name": "forecast", "description": "Tell it.", "effect": "read", "inputSchema": {"type": "object", "properties": {}}}]"#;
    let tools = package::decode_tools(tools.as_bytes()).unwrap();
    let files = BTreeMap::<_, &[u8]>::new();
    let sections = [
        (section::MANIFEST, Some(manifest.into_bytes())),
        (section::TOOLS, Some(package::encode_tools(&tools).unwrap())),
        (section::SKILL_MD, Some(b"# Weather\n".to_vec())),
        (
            section::RESOURCES,
            Some(Resources::new(files).unwrap().encode().unwrap()),
        ),
    ];
    append(wat::parse_str("(component)").unwrap(), &sections)
}
