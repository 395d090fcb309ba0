//! The process environment, read here and nowhere else.
//!
//! [`VARIABLES`] is the whole list; `metier --help` prints it. Secrets a grant names with `{ env = "…" }` are read
//! through [`Environment::secret`] as well.

use std::{collections::BTreeMap, ffi::OsString, path::PathBuf};

/// One environment variable `metier` looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Variable {
    /// Its name.
    pub name: &'static str,
    /// What it does, for `--help`.
    pub about: &'static str,
}

/// Opens the vault without asking.
pub const VAULT_PASSPHRASE: Variable = Variable {
    name: "METIER_VAULT_PASSPHRASE",
    about: "Opens a vault that has a passphrase, instead of asking for it",
};
/// Where caches live.
pub const CACHE_HOME: Variable = Variable {
    name: "XDG_CACHE_HOME",
    about: "Compiled code is kept in metier/code below it [default: ~/.cache]",
};
/// Where data lives.
pub const DATA_HOME: Variable = Variable {
    name: "XDG_DATA_HOME",
    about: "Data and the vault are kept in metier below it [default: ~/.local/share]",
};
/// Where configuration lives.
pub const CONFIG_HOME: Variable = Variable {
    name: "XDG_CONFIG_HOME",
    about: "metier/markets.toml below it says which market each namespace comes from [default: ~/.config]",
};
/// The home directory.
pub const HOME: Variable = Variable {
    name: "HOME",
    about: "Where the three directories above are when they are not set",
};
/// <https://no-color.org>.
pub const NO_COLOR: Variable = Variable {
    name: "NO_COLOR",
    about: "Not empty: no colour",
};
/// <https://bixense.com/clicolors>.
pub const CLICOLOR_FORCE: Variable = Variable {
    name: "CLICOLOR_FORCE",
    about: "Not empty and not 0: colour even when the output is no terminal",
};
/// What the terminal can do.
pub const TERM: Variable = Variable {
    name: "TERM",
    about: "`dumb`: no colour and no spinner",
};
/// How wide the terminal is.
pub const COLUMNS: Variable = Variable {
    name: "COLUMNS",
    about: "How wide tables may be, instead of asking the terminal",
};

/// Where programs are.
pub const PATH: Variable = Variable {
    name: "PATH",
    about: "Where `metier build` finds cargo, node, python, zig and go",
};
/// A WASI SDK, for C.
pub const WASI_SDK_PATH: Variable = Variable {
    name: "WASI_SDK_PATH",
    about: "`metier build` compiles C with the clang in bin below it, instead of zig",
};
/// Where cargo keeps its packages.
pub const CARGO_HOME: Variable = Variable {
    name: "CARGO_HOME",
    about: "Replaced by /cargo in what `metier build` makes [default: ~/.cargo]",
};

/// Where a service is.
pub const URL: Variable = Variable {
    name: "METIER_URL",
    about: "Where the service is that `metier admin` asks [default: http://127.0.0.1:6384]",
};
/// What opens it.
pub const KEY: Variable = Variable {
    name: "METIER_KEY",
    about: "The key that `metier admin` asks it with",
};

/// Which market is asked.
pub const MARKET: Variable = Variable {
    name: "METIER_MARKET",
    about: "The market that is asked: its address, or a mirror's directory [default: as markets.toml says]",
};

/// What opens the queue of a market.
pub const MARKET_TOKEN: Variable = Variable {
    name: "METIER_MARKET_TOKEN",
    about: "The token of who keeps a market, for `metier market queue`",
};

/// What opens a registry.
pub const REGISTRY_AUTH: Variable = Variable {
    name: "METIER_REGISTRY_AUTH",
    about: "Who asks a registry, as `user:password`: for `metier mirror --to oci://…`, `--market oci://…` and `metier market serve --registry`",
};

/// Which lines a service writes.
pub const LOG: Variable = Variable {
    name: "METIER_LOG",
    about: "What `metier serve` writes to standard error: warn,metier_service=debug [default: warn]",
};
/// Where traces are sent.
pub const OTEL_ENDPOINT: Variable = Variable {
    name: "OTEL_EXPORTER_OTLP_ENDPOINT",
    about: "Where `metier serve` sends traces and log lines: http://127.0.0.1:4318",
};
/// What opens the collector; its exporter reads it.
pub const OTEL_HEADERS: Variable = Variable {
    name: "OTEL_EXPORTER_OTLP_HEADERS",
    about: "What it sends with them: authorization=Bearer%20…",
};
/// What a service is called in traces.
pub const OTEL_SERVICE: Variable = Variable {
    name: "OTEL_SERVICE_NAME",
    about: "What the service is called in them [default: metier]",
};
/// Sends nothing.
pub const OTEL_DISABLED: Variable = Variable {
    name: "OTEL_SDK_DISABLED",
    about: "true: nothing is sent",
};

/// Every variable, in the order they are documented.
pub const VARIABLES: [Variable; 22] = [
    URL,
    KEY,
    MARKET,
    MARKET_TOKEN,
    REGISTRY_AUTH,
    LOG,
    OTEL_ENDPOINT,
    OTEL_HEADERS,
    OTEL_SERVICE,
    OTEL_DISABLED,
    VAULT_PASSPHRASE,
    CACHE_HOME,
    DATA_HOME,
    CONFIG_HOME,
    HOME,
    NO_COLOR,
    CLICOLOR_FORCE,
    TERM,
    COLUMNS,
    PATH,
    WASI_SDK_PATH,
    CARGO_HOME,
];

/// Where variables are looked up.
#[derive(Clone, Debug)]
pub enum Environment {
    /// The process's own.
    Process,
    /// A fixed set, for tests.
    #[cfg_attr(
        not(test),
        expect(dead_code, reason = "tests hold the environment still")
    )]
    Fixed(BTreeMap<&'static str, OsString>),
}

impl Environment {
    /// The value; nothing when it is unset or empty.
    pub fn get(&self, variable: Variable) -> Option<OsString> {
        self.raw(variable.name).filter(|value| !value.is_empty())
    }

    /// The value as text.
    pub fn text(&self, variable: Variable) -> Option<String> {
        self.get(variable)?.into_string().ok()
    }

    /// The value as an absolute path; the XDG specification says to ignore a relative one.
    pub fn directory(&self, variable: Variable) -> Option<PathBuf> {
        let path = PathBuf::from(self.get(variable)?);
        path.is_absolute().then_some(path)
    }

    /// The value of a variable that a grant names.
    pub fn secret(&self, name: &str) -> Option<String> {
        // `std::env::var_os` panics on names that can never be set.
        let possible = !name.is_empty() && !name.contains(['=', '\0']);
        possible
            .then(|| self.raw(name))
            .flatten()?
            .into_string()
            .ok()
    }

    /// Every variable that is text: of a bucket's owner only that one's library knows which it reads.
    pub fn all(&self) -> Box<dyn Iterator<Item = (String, String)>> {
        let text = |(name, value): (OsString, OsString)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        };
        match self {
            Environment::Process => Box::new(std::env::vars_os().filter_map(text)),
            Environment::Fixed(values) => {
                let values = values.clone().into_iter();
                Box::new(values.filter_map(move |(name, value)| text((name.into(), value))))
            }
        }
    }

    fn raw(&self, name: &str) -> Option<OsString> {
        match self {
            Environment::Process => std::env::var_os(name),
            Environment::Fixed(values) => values.get(name).cloned(),
        }
    }
}
