//! Which version is installed, and what is said when none is.

use super::super::*;
use super::{DAY, NOW, index, index_of, line};

fn wanted(versions: &str) -> Requirement {
    format!("com.acme/weather@{versions}").parse().unwrap()
}

fn chosen(versions: &str, index: &IndexFile, rules: &Rules<'_>) -> Result<String, String> {
    let resolved = resolve(&wanted(versions), index, rules);
    resolved
        .map(|resolved| resolved.line.vers.to_string())
        .map_err(|error| error.to_string())
}

fn locked(version: &str, leaf: u64) -> Locked {
    Locked {
        version: version.parse().unwrap(),
        component: line(version, leaf).component,
        consent: metier_core::Digest::of(b"consent"),
        leaf,
        placed: None,
    }
}

#[test]
fn the_newest_that_is_wanted() {
    let index = index(&["0.9.0", "1.0.0", "1.10.0", "1.9.9", "2.0.0", "2.1.0-rc.1"]);
    let rules = Rules::at(NOW);
    for (versions, version) in [
        ("*", "2.0.0"),
        ("^1.2", "1.10.0"),
        ("1", "1.10.0"),
        ("<1.10", "1.9.9"),
        ("=1.0.0", "1.0.0"),
        ("~0.9", "0.9.0"),
        ("^2.1.0-rc.0", "2.1.0-rc.1"),
        (">=1, <1.10", "1.9.9"),
    ] {
        assert_eq!(
            chosen(versions, &index, &rules).unwrap(),
            version,
            "{versions}"
        );
    }
    let any: Requirement = "com.acme/weather".parse().unwrap();
    assert_eq!(
        resolve(&any, &index, &rules).unwrap().line.vers.to_string(),
        "2.0.0"
    );
    assert_eq!(any.to_string(), "com.acme/weather");
}

#[test]
fn what_is_void_is_installed_by_nobody_pinned_or_locked() {
    let mut newest = line("1.1.0", 11);
    newest.void = Some("the key was in other hands".to_owned());
    let index = index_of(vec![line("1.0.0", 10), newest]);
    let index = IndexFile::read(index.name(), index.write().as_bytes()).unwrap();
    let rules = Rules::at(NOW);
    assert_eq!(chosen("*", &index, &rules).unwrap(), "1.0.0");
    let pinned = chosen("=1.1.0", &index, &rules).unwrap_err();
    assert!(pinned.contains("is void (the key was"), "{pinned}");
    let locked = locked("1.1.0", 11);
    for prefer in [Prefer::Locked, Prefer::Newest] {
        let rules = Rules {
            locked: Some(&locked),
            prefer,
            ..rules
        };
        let refused = chosen("*", &index, &rules).unwrap_err();
        assert!(refused.contains("void"), "{refused}");
    }
}

#[test]
fn order_is_by_number_and_build_metadata_counts_for_nothing() {
    let rules = Rules::at(NOW);
    assert_eq!(
        chosen("*", &index(&["1.2.0+zzz", "1.10.0"]), &rules).unwrap(),
        "1.10.0"
    );
    assert_eq!(
        chosen("=1.2.0", &index(&["1.2.0+zzz", "1.10.0"]), &rules).unwrap(),
        "1.2.0+zzz"
    );
    assert_eq!(
        chosen("*", &index(&["1.0.0-alpha.10", "1.0.0"]), &rules).unwrap(),
        "1.0.0"
    );
}

#[test]
fn a_pre_release_is_installed_only_when_it_is_named() {
    let index = index(&["2.0.0-rc.1"]);
    let error = chosen("*", &index, &Rules::at(NOW)).unwrap_err();
    assert_eq!(
        error,
        "no version of com.acme/weather can be installed for `com.acme/weather`: \
         2.0.0-rc.1 is a pre-release, which is installed only when it is named"
    );
    assert_eq!(
        chosen("=2.0.0-rc.1", &index, &Rules::at(NOW)).unwrap(),
        "2.0.0-rc.1"
    );
}

#[test]
fn a_new_version_waits_unless_it_is_a_security_fix_or_pinned() {
    let mut fresh = line("1.1.0", 11);
    fresh.published = NOW - DAY;
    let held = index_of(vec![line("1.0.0", 10), fresh.clone()]);
    let rules = Rules::at(NOW);
    let resolved = resolve(&wanted("^1"), &held, &rules).unwrap();
    assert_eq!(resolved.line.vers.to_string(), "1.0.0");
    assert_eq!(
        resolved.passed[0].to_string(),
        "1.1.0 is new and waits for 48h more"
    );
    assert_eq!(chosen("=1.1.0", &held, &rules).unwrap(), "1.1.0");
    assert_eq!(
        chosen("=1.1", &held, &rules)
            .unwrap_err()
            .split(": ")
            .nth(1)
            .unwrap(),
        "1.1.0 is new and waits for 48h more; 1.0.0 is another version"
    );
    assert_eq!(
        chosen("^1", &held, &Rules::at(NOW + 2 * DAY)).unwrap(),
        "1.1.0",
        "to the second"
    );
    assert_eq!(
        chosen("^1", &held, &Rules::at(NOW + 2 * DAY - 1)).unwrap(),
        "1.0.0"
    );
    fresh.security_fix = true;
    assert_eq!(
        chosen("^1", &index_of(vec![line("1.0.0", 10), fresh]), &rules).unwrap(),
        "1.1.0"
    );
}

/// A market whose clock is a day ahead, or that lies.
#[test]
fn a_version_from_the_future_waits_the_whole_time() {
    let mut future = line("1.1.0", 11);
    future.published = NOW + 365 * DAY;
    let index = index_of(vec![future]);
    assert!(
        chosen("*", &index, &Rules::at(NOW))
            .unwrap_err()
            .contains("waits for 72h more")
    );
    let mut endless = line("1.1.0", 11);
    endless.published = u64::MAX;
    assert!(chosen("*", &index_of(vec![endless]), &Rules::at(0)).is_err());
}

#[test]
fn yanked_only_when_it_is_locked() {
    let mut yanked = line("1.1.0", 11);
    yanked.yanked = Some("loses data".to_owned());
    let index = index_of(vec![line("1.0.0", 10), yanked]);
    assert_eq!(chosen("*", &index, &Rules::at(NOW)).unwrap(), "1.0.0");
    assert!(
        chosen("=1.1.0", &index, &Rules::at(NOW))
            .unwrap_err()
            .contains("1.1.0 is yanked (loses data)"),
        "also when it is pinned"
    );
    let locked = locked("1.1.0", 11);
    let rules = Rules {
        locked: Some(&locked),
        ..Rules::at(NOW)
    };
    assert_eq!(chosen("*", &index, &rules).unwrap(), "1.1.0");
    let update = Rules {
        prefer: Prefer::Newest,
        ..rules
    };
    assert_eq!(
        chosen("*", &index, &update).unwrap(),
        "1.1.0",
        "nothing newer, and never back"
    );
}

#[test]
fn what_is_locked_stays_until_it_is_updated_or_not_wanted() {
    let index = index(&["1.0.0", "1.1.0", "2.0.0"]);
    let locked = locked("1.0.0", 10);
    let rules = Rules {
        locked: Some(&locked),
        ..Rules::at(NOW)
    };
    assert_eq!(chosen("^1", &index, &rules).unwrap(), "1.0.0");
    assert_eq!(chosen("^2", &index, &rules).unwrap(), "2.0.0");
    let update = Rules {
        prefer: Prefer::Newest,
        ..rules
    };
    assert_eq!(chosen("^1", &index, &update).unwrap(), "1.1.0");
}

#[test]
fn an_update_never_goes_back() {
    let index = index(&["1.0.0", "1.1.0", "2.0.0-rc.1"]);
    let locked = locked("2.0.0-rc.1", 12);
    let update = Rules {
        locked: Some(&locked),
        prefer: Prefer::Newest,
        ..Rules::at(NOW)
    };
    let error = chosen("*", &index, &update).unwrap_err();
    assert!(
        error.contains("1.1.0 is older than what is installed"),
        "{error}"
    );
}

#[test]
fn a_locked_version_neither_vanishes_nor_changes_nor_grows_younger() {
    let file = index(&["1.0.0", "1.1.0"]);
    let with = |locked: &Locked| {
        let rules = Rules {
            locked: Some(locked),
            ..Rules::at(NOW)
        };
        resolve(&wanted("*"), &file, &rules).unwrap_err()
    };
    assert!(matches!(
        with(&locked("1.0.1", 10)),
        ResolveError::Vanished { .. }
    ));
    let mut other = locked("1.0.0", 10);
    other.component = metier_core::Digest::of(b"other bytes");
    assert!(matches!(with(&other), ResolveError::Changed { .. }));
    // The index stands on 12 leaves: it is from before leaf 12 was written.
    assert!(matches!(
        with(&locked("1.1.0", 12)),
        ResolveError::Stale { .. }
    ));
    let older = IndexFile::new(super::weather(), vec![line("1.0.0", 10)], 11).unwrap();
    let locked = locked("1.1.0", 11);
    let rules = Rules {
        locked: Some(&locked),
        ..Rules::at(NOW)
    };
    assert!(
        matches!(
            resolve(&wanted("*"), &older, &rules),
            Err(ResolveError::Stale { .. })
        ),
        "a rolled-back file"
    );
}

#[test]
fn what_the_host_refuses_is_not_installed_and_not_kept() {
    let index = index(&["1.0.0", "1.1.0"]);
    let refused = |line: &Line| (line.vers.minor == 1).then(|| "revoked: steals tokens".to_owned());
    let rules = Rules {
        refused: &refused,
        ..Rules::at(NOW)
    };
    assert_eq!(chosen("*", &index, &rules).unwrap(), "1.0.0");
    assert!(
        chosen("=1.1.0", &index, &rules)
            .unwrap_err()
            .contains("is refused here (revoked: steals tokens)")
    );
    let locked = locked("1.1.0", 11);
    let kept = Rules {
        locked: Some(&locked),
        ..rules
    };
    assert!(
        chosen("*", &index, &kept)
            .unwrap_err()
            .contains("is locked, and is refused here")
    );
    let update = Rules {
        prefer: Prefer::Newest,
        ..kept
    };
    assert!(
        chosen("*", &index, &update).is_err(),
        "an update never goes back, also from what is refused"
    );
}

#[test]
fn an_error_tells_a_few_versions_and_counts_the_rest() {
    let versions: Vec<String> = (0..40).map(|minor| format!("1.{minor}.0")).collect();
    let versions: Vec<&str> = versions.iter().map(String::as_str).collect();
    let error = chosen("^2", &index(&versions), &Rules::at(NOW)).unwrap_err();
    assert!(
        error.contains("1.39.0 is another version") && error.ends_with("and 28 older ones"),
        "{error}"
    );
    let other: Requirement = "com.acme/climate".parse().unwrap();
    assert!(matches!(
        resolve(&other, &index(&["1.0.0"]), &Rules::at(NOW)),
        Err(ResolveError::OtherSkill { .. })
    ));
}

#[test]
fn requirements_are_read_strictly() {
    for wrong in [
        "weather",
        "com.acme/weather@",
        "com.acme/weather@latest",
        "com.acme/weather@01.0",
        "com.acme/weather@1@2",
        "com.аcme/weather",
    ] {
        assert!(wrong.parse::<Requirement>().is_err(), "{wrong}");
    }
    let long = format!("com.acme/weather@{}", ">=1, ".repeat(500));
    assert_eq!(
        long.parse::<Requirement>(),
        Err(InvalidRequirement::TooLong)
    );
    for (versions, exact) in [
        ("=1.2.3", true),
        ("=1.2", false),
        ("1.2.3", false),
        (">=1.2.3, <1.2.4", false),
        ("=1.2.3-rc.1", true),
    ] {
        assert_eq!(wanted(versions).is_exact(), exact, "{versions}");
    }
}
