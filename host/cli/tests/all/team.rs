//! The guide to publishing as a team: every command of it, each on the machine of whom its block names.

use std::{collections::BTreeMap, fs, path::Path};

use crate::{
    market::{Stall, shell, weather},
    sandbox::{Ran, Sandbox},
};

const PEOPLE: [&str; 3] = ["ada", "bob", "cy"];

/// What is handed over from one machine to another.
const GIVEN: [&str; 4] = ["bob.pem", "cy.pem", "cy.json", "off.json"];

/// Machines of people.
struct Office {
    machines: BTreeMap<&'static str, Sandbox>,
    stall: Stall,
}

impl Office {
    fn open() -> Office {
        let machines = PEOPLE.map(|name| (name, Sandbox::new()));
        let machines = BTreeMap::from(machines);
        let stall = Stall::any(&machines["ada"]);
        Office { machines, stall }
    }

    fn run(&self, who: &str, line: &str) -> Ran {
        shell(&self.machines[who], &self.stall.url, line)
    }

    /// What somebody wrote, everybody who needs it has.
    fn hand_over(&self) {
        for name in GIVEN {
            let mut machines = self.machines.values();
            let written = machines.find_map(|machine| fs::read(machine.path(name)).ok());
            let Some(bytes) = written else { continue };
            for machine in self.machines.values() {
                machine.write(name, &bytes);
            }
        }
    }
}

#[test]
fn the_guide_goes_from_one_owner_to_two_people_for_each_version() {
    let guide = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/guides/team.md");
    let guide = fs::read_to_string(guide).unwrap();
    let office = Office::open();
    let next = ("version = \"0.1.0\"", "version = \"0.1.1\"");
    office.machines["bob"].write("weather.wasm", weather(&[]));
    office.machines["ada"].write("next.wasm", weather(&[next]));
    let mut said: Vec<(String, Ran)> = Vec::new();
    for block in guide.split("```sh\n# ").skip(1) {
        let (who, lines) = block.split_once('\n').unwrap();
        for line in lines.split("```").next().unwrap().lines() {
            let ran = office.run(who, line);
            assert_eq!(ran.code, 0, "{who}: {line}\n{}\n{}", ran.stdout, ran.stderr);
            said.push((line.to_owned(), ran));
        }
        office.hand_over();
    }
    let of = |begins: &str| {
        let found = said.iter().filter(|(line, _)| line.starts_with(begins));
        let all: Vec<&Ran> = found.map(|(_, ran)| ran).collect();
        assert!(!all.is_empty(), "the guide has no `{begins}`");
        all
    };
    let members = of("metier namespace member list");
    for words in ["publisher", "reviewer"] {
        assert!(members[0].stdout.contains(words), "{}", members[0].stdout);
    }
    assert!(!members[1].stdout.contains("cy"), "{}", members[1].stdout);
    let info = of("metier info");
    assert!(info[0].stdout.contains(" of bob"), "{}", info[0].stdout);
    let waits = of("metier publish next.wasm")[0];
    for words in [
        "bob or cy",
        "metier namespace approve com.acme/weather@0.1.1",
    ] {
        assert!(waits.stderr.contains(words), "{waits:?}");
    }
    let approved = of("metier namespace approve")[0];
    for words in ["signed by ada (owner)", "It may", "It changes", "only code"] {
        assert!(approved.stderr.contains(words), "{words}: {approved:?}");
    }
    assert!(
        info[1].stdout.contains("approved by cy"),
        "{}",
        info[1].stdout
    );
    let cosigned = of("metier namespace cosign");
    assert!(
        cosigned[0].stderr.contains("cy is a publisher"),
        "{cosigned:?}"
    );
    assert!(cosigned[1].stderr.contains("2-person rule"), "{cosigned:?}");
}

#[test]
fn one_person_does_not_get_around_the_rule() {
    let office = Office::open();
    let ok = |who: &str, line: &str| {
        let ran = office.run(who, line);
        assert_eq!(ran.code, 0, "{who}: {line}: {ran:?}");
        ran
    };
    for who in PEOPLE {
        ok(who, &format!("metier keygen --public {who}.pem"));
        ok(who, &format!("metier login --account {who} --yes"));
    }
    office.hand_over();
    ok("ada", "metier namespace claim com.acme");
    ok(
        "ada",
        "metier namespace member add com.acme bob bob.pem --role owner",
    );
    ok("ada", "metier namespace rule com.acme --two-person on");
    office.machines["ada"].write("weather.wasm", weather(&[]));
    ok("ada", "metier publish weather.wasm");
    let fails = |who: &str, line: &str, words: &str| {
        let ran = office.run(who, line);
        assert_ne!(ran.code, 0, "{line}: {ran:?}");
        assert!(ran.stderr.contains(words), "{line}: {ran:?}");
    };
    fails(
        "ada",
        "metier namespace approve com.acme/weather@0.1.0 --yes",
        "cannot approve it too",
    );
    fails(
        "cy",
        "metier namespace approve com.acme/weather@0.1.0 --yes",
        "waits for a member",
    );
    fails(
        "bob",
        "metier namespace approve com.acme/weather@0.1.0",
        "Nobody is there to say yes",
    );
    fails(
        "ada",
        "metier namespace rule com.acme --two-person off",
        "--for-second FILE",
    );
    fails(
        "ada",
        "metier namespace member add com.acme cy cy.pem --role reviewer",
        "cosign FILE",
    );
    fails(
        "ada",
        "metier namespace member remove com.acme bob --yes",
        "two owners",
    );
    fails("ada", "metier info com.acme/weather", "code:");
    // What one signed twice is of one person.
    ok(
        "ada",
        "metier namespace rule com.acme --two-person off --for-second off.json",
    );
    fails(
        "ada",
        "metier namespace cosign off.json --yes",
        "Both signatures are of `ada`",
    );
    office.machines["bob"].write("off.json", "{}");
    fails(
        "bob",
        "metier namespace cosign off.json --yes",
        "is no change",
    );
    // A further key of one's own is nobody new; `keygen` writes no key over.
    ok("ada", "metier keygen --key next.pem --public next.pub");
    ok("ada", "metier namespace key add com.acme next.pub");
    let again = ok(
        "ada",
        "metier keygen --key next.pem --public again.pub && cmp next.pub again.pub",
    );
    assert!(again.stderr.contains("give that away"), "{again:?}");
    fails("ada", "metier keygen --key next.pem", "There is a key");
    fails(
        "ada",
        "metier namespace approve com.acme/weather@0.1.0 --yes --key next.pem",
        "cannot approve it too",
    );
    let refused = ok(
        "bob",
        "metier namespace approve com.acme/weather@0.1.0 --refuse 'not on a Friday'",
    );
    assert!(refused.stderr.contains("is refused"), "{refused:?}");
    fails("ada", "metier publish weather.wasm", "not on a Friday");
}
