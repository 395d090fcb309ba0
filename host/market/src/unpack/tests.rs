#![expect(clippy::unwrap_used, reason = "tests")]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use metier_core::package::section;
use metier_runtime::host::{Host, HostConfig};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;

use super::{UnpackError, unpack};
use crate::folder::{COMPONENT_FILE, Folder};
use crate::pack::{Inputs, pack, sections};

const DOUBLE: &str = r#"(component
    (core module $m (func (export "double") (param i32) (result i32) (i32.mul (local.get 0) (i32.const 2))))
    (core instance $i (instantiate $m))
    (func (export "double") (param "number" u32) (result u32) (canon lift (core func $i "double")))
    (@custom "producers" "\00"))"#;

const MANIFEST: &str = "# As written.\n[skill]\nname = \"com.example/twice\"\nversion = \"0.1.0\"\n\n[tools.double]\neffect = \"read\"\ntitle = \"Twice\"\n";
const SKILL_MD: &str = "---\nname: twice\ndescription: Doubles numbers.\n---\n\n# Twice\n";
const WIT: &str = "package a:b;\nworld w {\n/// Double it.\nexport double: func(/** How many. */ number: u32) -> u32;\n}";

type Sections<'s> = Vec<(&'s str, Option<Vec<u8>>)>;

fn host() -> Host {
    let config = HostConfig {
        calls: 2,
        ..HostConfig::default()
    };
    Host::new(config).unwrap()
}

fn inputs(resources: BTreeMap<String, Vec<u8>>) -> Inputs {
    Inputs {
        component: wat::parse_str(DOUBLE).unwrap(),
        manifest: MANIFEST.to_owned(),
        skill_md: Some(SKILL_MD.to_owned()),
        resources,
        ..Inputs::default()
    }
}

async fn rebuilt(host: &Host, folder: &Path) -> Vec<u8> {
    let component = fs::read(folder.join(COMPONENT_FILE)).unwrap();
    let inputs = Folder::read(folder).unwrap().into_inputs(component);
    pack(host, inputs).await.unwrap().bytes
}

#[tokio::test]
async fn a_skill_comes_back_as_the_folder_it_was() {
    let host = host();
    let home = tempfile::tempdir().unwrap();
    fs::write(home.path().join("world.wit"), WIT).unwrap();
    let files = [
        ("assets/a.json", "{}"),
        ("x.md", "x"),
        ("references/deep/b.md", ""),
    ];
    let resources = files.map(|(path, text)| (path.to_owned(), text.into()));
    let packed = pack(
        &host,
        Inputs {
            wit: Some(home.path().to_owned()),
            ..inputs(resources.into())
        },
    );
    let skill = packed.await.unwrap().bytes;
    let folder = home.path().join("twice");
    unpack(&host, &skill, &folder).await.unwrap();
    let text = |path: &str| fs::read_to_string(folder.join(path)).unwrap();
    assert_eq!(
        (text("skill.toml"), text("SKILL.md")),
        (MANIFEST.to_owned(), SKILL_MD.to_owned())
    );
    assert_eq!(
        (text("assets/a.json"), text("resources/x.md")),
        ("{}".to_owned(), "x".to_owned())
    );
    assert_eq!(text("references/deep/b.md"), "");
    assert!(
        text("tools.json").contains("Double it."),
        "{}",
        text("tools.json")
    );
    assert_eq!(
        fs::read(folder.join(COMPONENT_FILE)).unwrap(),
        wat::parse_str(DOUBLE).unwrap()
    );
    assert_eq!(rebuilt(&host, &folder).await, skill);
    let again = unpack(&host, &skill, &folder).await.unwrap_err();
    assert!(matches!(again, UnpackError::Occupied(_)), "{again}");
}

/// Any set of packed files survives, whatever the paths look like.
#[test]
fn packed_files_come_back_whatever_they_are_called() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let host = runtime.block_on(async { host() });
    let name = "(assets|fixtures|resources|src|[a-zé ]{1,3})(/[a-z.]{1,3}x){0,2}/[a-zA-Z.]{0,3}z";
    let files = prop::collection::btree_map(name, prop::collection::vec(any::<u8>(), 0..16), 0..6);
    let mut runner = TestRunner::new(ProptestConfig {
        cases: 24,
        ..ProptestConfig::default()
    });
    let outcome = runner.run(&files, |files| {
        runtime.block_on(async {
            let packed = pack(&host, inputs(files)).await;
            let skill = packed.unwrap().bytes;
            let home = tempfile::tempdir().unwrap();
            match unpack(&host, &skill, &home.path().join("twice")).await {
                Ok(()) => prop_assert_eq!(rebuilt(&host, &home.path().join("twice")).await, skill),
                // A file where another needs a folder: `a/z` and `a/z/bz`.
                Err(UnpackError::Io(..)) => {
                    prop_assert_eq!(fs::read_dir(home.path()).unwrap().count(), 0)
                }
                Err(other) => prop_assert!(false, "{}", other),
            }
            Ok(())
        })
    });
    outcome.unwrap();
}

/// A file that would not come back the same is left alone: here its sections are in another order, its list has
/// blanks, or a file in it is one that packing leaves out.
#[tokio::test]
async fn what_would_change_is_not_unpacked() {
    let host = host();
    let litter = BTreeMap::from([("assets/.DS_Store".to_owned(), vec![1])]);
    let littered = pack(&host, inputs(litter)).await.unwrap().bytes;
    let skill = pack(&host, inputs(BTreeMap::new())).await.unwrap().bytes;
    let split = sections::split(&skill).unwrap();
    let with = |change: &dyn Fn(&mut Sections<'_>)| {
        let mut all: Vec<_> = split
            .sections
            .iter()
            .map(|(name, data)| (*name, Some(data.to_vec())))
            .collect();
        change(&mut all);
        sections::append(split.component.clone(), &all)
    };
    let unsorted = with(&|all| all.reverse());
    let spaced = with(&|all| all[1].1.as_mut().unwrap().insert(1, b' '));
    assert_eq!(with(&|_| {}), skill);
    let home = tempfile::tempdir().unwrap();
    for changed in [&littered, &unsorted, &spaced] {
        host.load(changed.clone()).await.unwrap();
        let error = unpack(&host, changed, &home.path().join("twice"))
            .await
            .unwrap_err();
        assert!(matches!(error, UnpackError::Differs), "{error}");
    }
    let bare = with(&|all| all.retain(|(name, _)| *name != section::SKILL_MD));
    let error = unpack(&host, &bare, &home.path().join("twice"))
        .await
        .unwrap_err();
    assert!(error.to_string().contains("no SKILL.md"), "{error}");
    let error = unpack(&host, &skill[..skill.len() - 1], &home.path().join("twice"))
        .await
        .unwrap_err();
    assert!(matches!(error, UnpackError::Damaged(_)), "{error}");
    for other in [&b"{\"openapi\": \"3.0.0\"}"[..], b"", b"\0as"] {
        let error = unpack(&host, other, &home.path().join("twice"))
            .await
            .unwrap_err();
        assert!(matches!(error, UnpackError::NotAComponent), "{error}");
    }
    assert_eq!(fs::read_dir(home.path()).unwrap().count(), 0);
}

#[tokio::test]
async fn the_list_of_tools_decides_words_and_the_types_decide_schemas() {
    let host = host();
    let skill = pack(&host, inputs(BTreeMap::new())).await.unwrap().bytes;
    let list = sections::split(&skill).unwrap().sections[1].1;
    let text = std::str::from_utf8(list).unwrap();
    let with = |tools: String| Inputs {
        tools: Some(tools.into_bytes()),
        ..inputs(BTreeMap::new())
    };
    let described = text.replacen(
        "\"name\":\"double\"",
        "\"name\":\"double\",\"description\":\"Better.\"",
        1,
    );
    let packed = pack(&host, with(described)).await.unwrap();
    assert_eq!(
        packed.skill.tools().next().unwrap().info.description,
        "Better."
    );
    let lying = text.replace("\"number\"", "\"nummer\"");
    assert!(pack(&host, with(lying)).await.is_err());
}
