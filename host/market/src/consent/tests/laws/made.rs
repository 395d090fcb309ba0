//! Manifests of every kind, made up.

use super::*;

pub const HOSTS: [&str; 8] = [
    "a.example",
    "b.a.example",
    "*.a.example",
    "**.a.example",
    "**.example",
    "*.example",
    "**",
    "127.0.0.1",
];
pub const PATHS: [&str; 9] = [
    "/", "/a", "/a/", "/a/b", "/*", "/*/b", "/a/*", "/a/**", "/**",
];
pub const METHODS: [&str; 4] = ["GET", "POST", "DELETE", "PATCH"];
pub const CREDENTIALS: [Option<&str>; 4] = [None, None, Some("one"), Some("two")];
pub const FOLDERS: [&str; 5] = ["/", "/a", "/a/b", "/ab", "/c"];
pub const NAMES: [&str; 3] = ["x", "y", "z"];
pub const CALLS: [&str; 3] = ["com.acme/y#find", "com.acme/y#wipe", "com.acme/z#find"];

pub fn located<T>(value: T) -> Located<T> {
    Located::new(value, 1)
}

pub fn some_of<T: Clone + std::fmt::Debug + 'static>(
    all: &[T],
) -> impl Strategy<Value = Vec<T>> + use<T> {
    subsequence(all.to_vec(), 0..=all.len()).prop_shuffle()
}

pub fn rules() -> impl Strategy<Value = HttpRule> {
    let scheme = select(vec![
        Scheme::Https,
        Scheme::Https,
        Scheme::Https,
        Scheme::Http,
    ]);
    let port = select(vec![None, None, None, Some(8443_u16)]);
    let methods = subsequence(METHODS.to_vec(), 1..=3);
    let paths = prop::collection::vec(select(PATHS.to_vec()), 1..4);
    (scheme, select(HOSTS.to_vec()), port, methods, paths).prop_map(
        |(scheme, host, port, methods, paths)| HttpRule {
            scheme,
            host: host.parse().unwrap(),
            port: port.unwrap_or(scheme.default_port()),
            methods: MethodSet::Listed(
                methods
                    .iter()
                    .map(|method| method.parse().unwrap())
                    .collect(),
            ),
            paths: paths.iter().map(|path| path.parse().unwrap()).collect(),
        },
    )
}

pub fn http() -> impl Strategy<Value = Vec<Located<HttpAsk>>> {
    let one = (rules(), select(CREDENTIALS.to_vec())).prop_map(|(rule, credential)| {
        located(HttpAsk {
            rule,
            credential: credential.map(|name| name.parse().unwrap()),
        })
    });
    prop::collection::vec(one, 0..5)
}

pub fn files() -> impl Strategy<Value = Vec<Located<FilesAsk>>> {
    let one = (
        select(FOLDERS.to_vec()),
        select(vec![Access::Read, Access::ReadWrite]),
    )
        .prop_map(|(path, access)| {
            located(FilesAsk {
                path: path.parse().unwrap(),
                access,
            })
        });
    prop::collection::vec(one, 0..3)
}

/// A list of names, or not the capability at all.
pub fn named<N: std::str::FromStr<Err: std::fmt::Debug>, A: std::fmt::Debug>(
    all: &'static [&'static str],
    ask: fn(Vec<N>) -> A,
) -> impl Strategy<Value = Option<Located<A>>> {
    some_of(all).prop_map(move |names| {
        let names: Vec<N> = names.iter().map(|name| name.parse().unwrap()).collect();
        (!names.is_empty()).then(|| located(ask(names)))
    })
}

pub fn capabilities() -> impl Strategy<Value = Capabilities> {
    let lists = (
        named(&NAMES, |buckets| KvAsk { buckets }),
        named(&NAMES, |keys| ConfigAsk { keys }),
        named(&NAMES, |routes| ModelAsk { routes }),
        named(&CALLS, |tools| CallsAsk { tools }),
    );
    (http(), files(), lists, any::<bool>(), any::<bool>()).prop_map(
        |(http, files, (kv, config, model, calls), artifacts, log)| Capabilities {
            http,
            kv,
            files,
            artifacts: artifacts.then(|| located(())),
            config,
            log: log.then(|| located(())),
            model,
            calls,
        },
    )
}

pub fn limits() -> impl Strategy<Value = LimitsAsk> {
    let size = || select(vec![None, Some(1_u32), Some(2), Some(3)]);
    (size(), size()).prop_map(|(memory, requests)| LimitsAsk {
        memory: memory.map(|mib| ByteSize(u64::from(mib) << 20)),
        requests,
        ..LimitsAsk::default()
    })
}

pub fn effects() -> impl Strategy<Value = BTreeMap<&'static str, Effect>> {
    prop::collection::btree_map(select(NAMES.to_vec()), select(Effect::ALL.to_vec()), 0..3)
}

pub fn manifests() -> impl Strategy<Value = Manifest> {
    (capabilities(), limits(), effects())
        .prop_map(|(capabilities, limits, effects)| manifest(capabilities, limits, &effects))
}

pub fn manifest(
    capabilities: Capabilities,
    limits: LimitsAsk,
    effects: &BTreeMap<&'static str, Effect>,
) -> Manifest {
    let skill = SkillInfo {
        name: "com.acme/x".parse().unwrap(),
        version: semver::Version::new(1, 0, 0),
        description: None,
        license: None,
        homepage: None,
    };
    let tools = effects.iter().map(|(name, effect)| {
        (
            name.parse().unwrap(),
            located(ToolAsk {
                effect: *effect,
                title: None,
            }),
        )
    });
    Manifest {
        skill: Some(skill),
        tools: tools.collect(),
        capabilities,
        limits,
        ..Manifest::empty()
    }
}
