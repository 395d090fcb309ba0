#![expect(clippy::unwrap_used, reason = "tests")]

use std::os::unix::fs::PermissionsExt;

use super::*;

const COMPONENT: &str = r#"(component
    (core module $m (func (export "seven") (result i32) i32.const 7))
    (core instance $i (instantiate $m))
    (func (export "seven") (result u32) (canon lift (core func $i "seven"))))"#;

struct Fixture {
    directory: tempfile::TempDir,
    engine: Engine,
    bytes: Vec<u8>,
}

impl Fixture {
    fn new() -> Fixture {
        let directory = tempfile::tempdir().unwrap();
        fs::set_permissions(directory.path(), fs::Permissions::from_mode(0o700)).unwrap();
        let engine = crate::engine::engine(Flavour::Sync, 1).unwrap();
        Fixture {
            directory,
            engine,
            bytes: wat::parse_str(COMPONENT).unwrap(),
        }
    }

    fn load(&self) -> Component {
        let cache = CodeCache::open(self.directory.path()).unwrap();
        load(&cache, &self.engine, &self.bytes)
    }

    fn file(&self, extension: &str) -> PathBuf {
        fs::read_dir(self.directory.path())
            .unwrap()
            .map(|file| file.unwrap().path())
            .find(|path| path.extension().is_some_and(|it| it == extension))
            .unwrap()
    }
}

fn load(cache: &CodeCache, engine: &Engine, bytes: &[u8]) -> Component {
    let code = cache.identify(bytes).unwrap().code;
    cache.load(engine, Flavour::Sync, bytes, &code).unwrap()
}

/// A component that is large enough for what it is to be kept.
fn large(seven: u8) -> Vec<u8> {
    let ballast = "x".repeat(identity::WORTH_KEEPING);
    let custom = format!("(component (@custom \"ballast\" \"{ballast}\")");
    let text = COMPONENT.replace("(component", &custom);
    wat::parse_str(text.replace("const 7", &format!("const {seven}"))).unwrap()
}

/// Compiling is what the cache avoids: an entry that is used keeps its modification time.
fn written_at(path: &Path) -> std::time::SystemTime {
    fs::metadata(path).unwrap().modified().unwrap()
}

#[test]
fn a_sound_entry_is_used_and_not_written_again() {
    let fixture = Fixture::new();
    fixture.load();
    let before = written_at(&fixture.file(entry::CODE));
    fixture.load();
    assert_eq!(before, written_at(&fixture.file(entry::CODE)));
}

#[test]
fn what_is_found_is_not_compiled() {
    let fixture = Fixture::new();
    for compiled in [1, 0] {
        let cache = CodeCache::open(fixture.directory.path()).unwrap();
        load(&cache, &fixture.engine, &fixture.bytes);
        assert_eq!(cache.compiled(), compiled);
    }
}

/// Each byte that is compiled is in the name: two codes that shared one would run in each other's place.
#[test]
fn different_code_never_shares_an_entry() {
    let fixture = Fixture::new();
    let codes = [
        COMPONENT.to_owned(),
        COMPONENT.replace("const 7", "const 8"),
        COMPONENT.replace("(component", "(component (@custom \"name\" \"x\")"),
        COMPONENT.replace(
            "(core module $m",
            "(core module $m (@custom \"metier:manifest\" \"x\")",
        ),
    ];
    let cache = CodeCache::open(fixture.directory.path()).unwrap();
    for (before, code) in (0..).zip(&codes) {
        assert_eq!(cache.compiled(), before);
        let bytes = wat::parse_str(code).unwrap();
        load(&cache, &fixture.engine, &bytes);
    }
    assert_eq!(cache.compiled(), 4);
}

#[test]
fn an_altered_entry_is_compiled_again() {
    let fixture = Fixture::new();
    fixture.load();
    let path = fixture.file(entry::CODE);
    let sound = fs::read(&path).unwrap();
    for position in [0, sound.len() / 2, sound.len() - 1] {
        let mut altered = sound.clone();
        altered[position] ^= 1;
        fs::write(&path, &altered).unwrap();
        fixture.load();
        assert_eq!(fs::read(&path).unwrap(), sound, "byte {position}");
    }
}

#[test]
fn a_truncated_or_empty_entry_is_compiled_again() {
    let fixture = Fixture::new();
    fixture.load();
    let path = fixture.file(entry::CODE);
    let sound = fs::read(&path).unwrap();
    for length in [0, 1, sound.len() / 2] {
        fs::write(&path, &sound[..length]).unwrap();
        fixture.load();
        assert_eq!(fs::read(&path).unwrap(), sound);
    }
}

/// Somebody without the key plants code that wasmtime itself would accept.
#[test]
fn a_foreign_entry_is_never_mapped() {
    let fixture = Fixture::new();
    fixture.load();
    let path = fixture.file(entry::CODE);
    let ours = fs::read(&path).unwrap();
    let other = wat::parse_str(COMPONENT.replace("const 7", "const 8")).unwrap();
    let planted = fixture.engine.precompile_component(&other).unwrap();
    fs::write(&path, &planted).unwrap();
    fs::write(fixture.file(entry::MAC), [0; 32]).unwrap();
    fixture.load();
    assert_eq!(fs::read(&path).unwrap(), ours);
}

/// Sound code with its sound MAC, under another skill's name.
#[test]
fn code_of_another_skill_is_never_mapped() {
    let fixture = Fixture::new();
    fixture.load();
    let (code, mac) = (fixture.file(entry::CODE), fixture.file(entry::MAC));
    let other = Fixture {
        bytes: wat::parse_str(COMPONENT.replace("const 7", "const 8")).unwrap(),
        ..fixture
    };
    let (ours, our_mac) = (fs::read(&code).unwrap(), fs::read(&mac).unwrap());
    fs::remove_file(&code).unwrap();
    fs::remove_file(&mac).unwrap();
    other.load();
    let theirs = other.file(entry::CODE);
    let sound = fs::read(&theirs).unwrap();
    fs::write(&theirs, &ours).unwrap();
    fs::write(other.file(entry::MAC), &our_mac).unwrap();
    other.load();
    assert_eq!(fs::read(&theirs).unwrap(), sound);
}

#[test]
fn what_a_file_is_is_computed_once_and_is_the_same() {
    let fixture = Fixture::new();
    let cache = CodeCache::open(fixture.directory.path()).unwrap();
    let bytes = large(7);
    let computed = Identity::of(&bytes).unwrap();
    assert_eq!(cache.identify(&bytes).unwrap(), computed);
    let kept = fixture.file(identity::EXTENSION);
    let before = written_at(&kept);
    assert_eq!(cache.identify(&bytes).unwrap(), computed);
    assert_eq!(written_at(&kept), before);
    assert_eq!(CodeCache::disabled().identify(&bytes).unwrap(), computed);

    // Believed, not compared: what would say so if it were never read.
    let key = key::claim(fixture.directory.path()).unwrap();
    let other = Identity::of(&large(8)).unwrap();
    Kept::of(fixture.directory.path(), &bytes)
        .write(&key, other)
        .unwrap();
    assert_eq!(cache.identify(&bytes).unwrap(), other);
}

/// Somebody without the key says that one skill is another, or what it is was kept for another file, or half of it.
#[test]
fn what_a_file_is_is_believed_with_our_own_mac_alone() {
    let fixture = Fixture::new();
    let cache = CodeCache::open(fixture.directory.path()).unwrap();
    let (bytes, other) = (large(7), large(8));
    let computed = cache.identify(&bytes).unwrap();
    let kept = fixture.file(identity::EXTENSION);
    let sound = fs::read(&kept).unwrap();
    let others = CodeCache::open(&fixture.directory.path().join("others")).unwrap();
    others.identify(&other).unwrap();
    let of_other = Kept::of(&fixture.directory.path().join("others"), &other);
    let foreign = fs::read(of_other.path()).unwrap();
    fs::remove_file(&kept).unwrap();
    cache.identify(&other).unwrap();
    let swapped = fs::read(fixture.file(identity::EXTENSION)).unwrap();
    let mut altered = sound.clone();
    altered[3] ^= 1;
    for planted in [foreign, swapped, altered, sound[..64].to_vec(), Vec::new()] {
        fs::write(&kept, planted).unwrap();
        assert_eq!(cache.identify(&bytes).unwrap(), computed);
        assert_eq!(fs::read(&kept).unwrap(), sound);
    }
}

#[test]
fn a_directory_open_to_others_is_refused() {
    let fixture = Fixture::new();
    fs::set_permissions(fixture.directory.path(), fs::Permissions::from_mode(0o770)).unwrap();
    let error = CodeCache::open(fixture.directory.path())
        .err()
        .unwrap()
        .to_string();
    assert!(error.contains("open to other users (mode 770)"), "{error}");
}

#[test]
fn a_readable_key_is_refused() {
    let fixture = Fixture::new();
    fixture.load();
    let key = fixture.directory.path().join("mac.key");
    fs::set_permissions(key, fs::Permissions::from_mode(0o644)).unwrap();
    assert!(CodeCache::open(fixture.directory.path()).is_err());
}

#[test]
fn half_a_key_is_replaced_and_the_entries_compiled_again() {
    let fixture = Fixture::new();
    fixture.load();
    fs::write(fixture.directory.path().join("mac.key"), [1, 2, 3]).unwrap();
    let mac = fs::read(fixture.file(entry::MAC)).unwrap();
    fixture.load();
    assert_ne!(mac, fs::read(fixture.file(entry::MAC)).unwrap());
}

#[test]
fn clearing_removes_entries_and_keeps_the_key() {
    let fixture = Fixture::new();
    fixture.load();
    CodeCache::open(fixture.directory.path())
        .unwrap()
        .clear()
        .unwrap();
    let left: Vec<_> = fs::read_dir(fixture.directory.path()).unwrap().collect();
    assert_eq!(left.len(), 1);
}

/// Hosts of one process and of several start at the same moment on a new directory.
#[test]
fn everybody_who_starts_at_once_gets_the_same_key() {
    let folder = tempfile::tempdir().unwrap();
    let directory = folder.path().join("code");
    let tags: Vec<_> = std::thread::scope(|scope| {
        let claims: Vec<_> = (0..16)
            .map(|_| scope.spawn(|| key::claim(&directory).unwrap()))
            .collect();
        let keys = claims.into_iter().map(|claim| claim.join().unwrap());
        keys.map(|key| key.sign("name", b"code").as_bytes().to_vec())
            .collect()
    });
    assert!(tags.iter().all(|tag| *tag == tags[0]));
    assert_eq!(
        fs::read_dir(&directory).unwrap().count(),
        1,
        "nothing but the key is left"
    );
}
