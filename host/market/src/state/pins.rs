//! Whether an agent may pin a version.

use super::{Standing, State};
use crate::{agent::Pin, kind::Kind};

impl State {
    /// Whether it is a skill's version of this market, this very file, that somebody may begin to use.
    ///
    /// # Errors
    /// Why it is none, as a sentence without capital and stop.
    pub fn pinnable(&self, pin: &Pin) -> Result<(), String> {
        let Pin {
            name,
            version,
            digest,
        } = pin;
        let there = self.version(name, version);
        let there = there.ok_or_else(|| format!("this market has no {name} {version}"))?;
        if there.publication.kind != Kind::Skill {
            return Err(format!("{name} is no skill"));
        }
        if there.publication.digest != *digest {
            let found = there.publication.digest;
            return Err(format!(
                "{name} {version} is {found}, and {digest} is pinned"
            ));
        }
        match self.standing(there) {
            Standing::Good => Ok(()),
            Standing::Yanked => Err(format!("{name} {version} is yanked")),
            Standing::Void(why) => Err(format!("the signature of {name} {version} is void: {why}")),
            Standing::Revoked(entry) => Err(format!("{name} {version} is revoked: {}", entry.why)),
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use metier_core::Digest;

    use crate::state::{
        Change, Refused,
        tests::{acme, apply, publication, publish, revoke, stolen, unyank, version, yank},
    };
    use crate::{agent::Pin, kind::Kind, revoked::Target, trust::tests::day};

    const NAME: &str = "com.acme/salesforce";

    #[test]
    fn a_pin_is_of_a_version_that_is_there_with_that_file_and_nothing_against_it() {
        let (mut state, key) = acme();
        apply(&mut state, day(2), publish(NAME, "1.0.0", &key)).unwrap();
        let there = publication(NAME, "1.0.0", &key);
        let pin = Pin {
            name: there.name.clone(),
            version: there.version.clone(),
            digest: there.digest,
        };
        assert_eq!(state.pinnable(&pin), Ok(()));
        let mut wrong = |pin: &Pin, change: Option<Change>, why: &str| {
            if let Some(change) = change {
                apply(&mut state, day(3), change).unwrap();
            }
            let told = state.pinnable(pin).unwrap_err();
            assert!(told.contains(why), "{told}");
        };
        let other_file = Pin {
            digest: Digest::of(b"other"),
            ..pin.clone()
        };
        wrong(&other_file, None, "is pinned");
        let none = Pin {
            version: version("1.0.1"),
            ..pin.clone()
        };
        wrong(&none, None, "has no");
        wrong(&pin, Some(yank(NAME, "1.0.0")), "yanked");
        apply(&mut state, day(3), unyank(NAME, "1.0.0")).unwrap();
        let mut revoked = state.clone();
        apply(
            &mut revoked,
            day(4),
            revoke(Target::Digest { digest: pin.digest }),
        )
        .unwrap();
        assert!(
            revoked
                .pinnable(&pin)
                .unwrap_err()
                .contains("revoked: steals")
        );
        let theft = Change::KeyEnd(stolen("com.acme", &key, day(1)));
        apply(&mut state, day(4), theft).unwrap();
        assert!(state.pinnable(&pin).unwrap_err().contains("void"));
    }

    #[test]
    fn a_name_is_a_skill_or_an_agent_for_ever() {
        let (mut state, key) = acme();
        apply(&mut state, day(2), publish(NAME, "1.0.0", &key)).unwrap();
        let of_kind = |name: &str, number: &str, kind| {
            let mut publication = publication(name, number, &key);
            publication.kind = kind;
            Change::Publish(Box::new(publication))
        };
        let agent = apply(&mut state, day(2), of_kind(NAME, "2.0.0", Kind::Agent));
        let refused = Refused::OtherKind(NAME.parse().unwrap(), Kind::Skill);
        assert_eq!(agent, Err(refused));
        let other = "com.acme/review";
        apply(&mut state, day(2), of_kind(other, "1.0.0", Kind::Agent)).unwrap();
        let skill = apply(&mut state, day(2), of_kind(other, "2.0.0", Kind::Skill)).unwrap_err();
        assert_eq!(
            skill.to_string(),
            "com.acme/review is the name of an agent, and stays one"
        );
        // And no agent pins an agent.
        let there = publication(other, "1.0.0", &key);
        let pin = Pin {
            name: there.name,
            version: there.version,
            digest: there.digest,
        };
        assert!(state.pinnable(&pin).unwrap_err().contains("no skill"));
    }
}
