//! The lock, and which market a name comes from.

use metier_core::Digest;

use super::super::*;
use super::{NOW, index_of, line, market, two_markets, weather};

fn locked(version: &str) -> Locked {
    Locked {
        version: version.parse().unwrap(),
        component: Digest::of(b"component"),
        consent: Digest::of(b"consent"),
        leaf: 7,
        placed: None,
    }
}

fn lock() -> Lock {
    let mut lock = Lock::default();
    for (name, version) in [
        ("org.maps/find", "2.0.0"),
        ("com.acme/weather", "1.0.0+5"),
        ("com.acme/atlas", "1.0.0-rc.1"),
    ] {
        lock.set(name.parse().unwrap(), locked(version), &two_markets())
            .unwrap();
    }
    lock
}

#[test]
fn a_lock_is_written_the_same_and_read_back() {
    let lock = lock();
    let text = lock.write();
    assert_eq!(Lock::read(&text, &two_markets()).unwrap(), lock);
    let names: Vec<_> = lock.iter().map(|(_, name, _)| name.as_str()).collect();
    assert_eq!(
        names,
        ["com.acme/atlas", "com.acme/weather", "org.maps/find"]
    );
    let mut again = Lock::default();
    for (_, name, locked) in lock.iter().collect::<Vec<_>>().into_iter().rev() {
        again
            .set(name.clone(), locked.clone(), &two_markets())
            .unwrap();
    }
    assert_eq!(again.write(), text, "whatever order they came in");
    assert!(text.starts_with("# Written by metier"), "{text}");
    let mut fewer = lock.clone();
    assert_eq!(fewer.remove(&weather()), Some(locked("1.0.0+5")));
    assert_eq!(fewer.get(&weather()), None);
}

#[test]
fn a_lock_says_where_each_skill_was_put() {
    let word = |text: &str| text.parse::<Word>().unwrap();
    let mut lock = lock();
    for (name, at) in [
        ("org.maps/find", At::Service(None)),
        ("com.acme/weather", At::Service(Some(word("acme")))),
        ("com.acme/atlas", At::Directory(word("skills/\"here\""))),
    ] {
        let alias = word("crm");
        let placed = Some(Placed { alias, at });
        let locked = Locked {
            placed,
            ..locked("1.0.0")
        };
        lock.set(name.parse().unwrap(), locked, &two_markets())
            .unwrap();
    }
    let text = lock.write();
    assert_eq!(Lock::read(&text, &two_markets()).unwrap(), lock, "{text}");
    for wrong in ["", "two\nlines", &"x".repeat(2_000)] {
        assert!(wrong.parse::<Word>().is_err(), "{wrong:?}");
    }
}

#[test]
fn a_lock_of_another_market_is_refused() {
    let text = lock().write();
    let elsewhere = Markets::only(market("public.example"))
        .with("com.acme".parse().unwrap(), market("other.example"));
    assert!(matches!(
        Lock::read(&text, &elsewhere),
        Err(LockError::OtherMarket(_))
    ));
    let mut forked = market("own.example");
    forked.origin = "own.example/log2".parse().unwrap();
    let same_address =
        Markets::only(market("public.example")).with("com.acme".parse().unwrap(), forked);
    assert!(
        matches!(
            Lock::read(&text, &same_address),
            Err(LockError::OtherMarket(_))
        ),
        "same address, another log"
    );
    assert!(matches!(
        Lock::read(&text, &Markets::default()),
        Err(LockError::OtherMarket(_))
    ));
}

/// Somebody edits the lock so that a private name comes from the public market.
#[test]
fn a_skill_locked_under_another_market_than_its_namespaces_is_refused() {
    let mut lock = Lock::default();
    let public_only = Markets::only(market("public.example"));
    lock.set(weather(), locked("9.0.0"), &public_only).unwrap();
    let read = Lock::read(&lock.write(), &two_markets());
    assert!(matches!(read, Err(LockError::Elsewhere { .. })), "{read:?}");
}

#[test]
fn a_lock_is_read_strictly() {
    let text = lock().write();
    for (from, to) in [
        ("version = 1\n", "version = 2\n"),
        ("version = 1\n", ""),
        ("leaf = 7", "leaf = -1"),
        ("leaf = 7", "leaf = 7\nforce = true"),
        ("version = \"2.0.0\"", "version = \"2.0\""),
        ("com.acme/atlas", "com.acme/weather"),
        ("public.example/log", "public.example/log 2"),
        ("sha256:", "sha1:"),
    ] {
        let wrong = text.replacen(from, to, 1);
        assert_ne!(wrong, text, "{from}");
        assert!(Lock::read(&wrong, &two_markets()).is_err(), "{to}");
    }
    assert!(Lock::read("", &two_markets()).is_err());
    assert_eq!(
        Lock::read("version = 1\n", &two_markets()),
        Ok(Lock::default())
    );
    let twice = text.replacen(
        "[[market]]\naddress = \"https://public",
        "[[market]]\naddress = \"https://own",
        1,
    );
    assert!(Lock::read(&twice, &two_markets()).is_err());
}

/// The public market has the private name, and a higher version of it.
#[test]
fn a_name_comes_from_one_market_whoever_else_has_it() {
    let markets = two_markets();
    assert_eq!(markets.of(&weather()).unwrap(), &market("own.example"));
    assert_eq!(
        markets.of(&"com.acme.tools/x".parse().unwrap()).unwrap(),
        &market("own.example")
    );
    for public in [
        "com.acmelabs/weather",
        "com/x",
        "org.acme/weather",
        "com.ac/weather",
    ] {
        if let Ok(name) = public.parse() {
            assert_eq!(
                markets.of(&name).unwrap(),
                &market("public.example"),
                "{public}"
            );
        }
    }
    // Whoever resolves has an index only of the market that was named; a better answer elsewhere is never looked for.
    let published = |market: &Market| match market.address.as_str() {
        "https://own.example/" => index_of(vec![line("1.0.0", 1)]),
        _ => index_of(vec![line("99.0.0", 1)]),
    };
    let wanted = "com.acme/weather".parse().unwrap();
    let file = published(markets.of(&weather()).unwrap());
    assert_eq!(
        resolve(&wanted, &file, &Rules::at(NOW))
            .unwrap()
            .line
            .vers
            .to_string(),
        "1.0.0"
    );
    let nested = markets.with("com.acme.public".parse().unwrap(), market("public.example"));
    assert_eq!(
        nested.of(&"com.acme.public/x".parse().unwrap()).unwrap(),
        &market("public.example"),
        "the longest decides"
    );
    let none = Markets::default().with("com.acme".parse().unwrap(), market("own.example"));
    assert!(
        none.of(&"org.maps/find".parse().unwrap()).is_err(),
        "no default, no market"
    );
}

#[test]
fn addresses_and_origins_have_one_spelling() {
    for (text, address) in [
        ("https://Market.Example", "https://market.example/"),
        ("https://market.example:443/a", "https://market.example/a/"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080/"),
        ("http://localhost/", "http://localhost/"),
        ("http://[::1]:1/", "http://[::1]:1/"),
    ] {
        assert_eq!(text.parse::<Address>().unwrap().as_str(), address);
    }
    for wrong in [
        "http://market.example/",
        "https://user@market.example/",
        "https://market.example/?a",
        "https://market.example/#a",
        "ftp://market.example/",
        "market.example",
        "",
        "http://localhost.evil.example/",
        "http://10.0.0.1/",
    ] {
        assert!(wrong.parse::<Address>().is_err(), "{wrong}");
    }
    for wrong in ["", "a b", "a+b", "a\n", "ä"] {
        assert!(wrong.parse::<Origin>().is_err(), "{wrong:?}");
    }
}
