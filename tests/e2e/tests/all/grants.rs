//! Pieces of grant files.

use metier_e2e::Upstream;

/// `http://HOST/**` with every method, on this upstream.
pub fn http(host: &str, upstream: &Upstream) -> String {
    rule(host, "[\"*\"]", "[\"/**\"]", upstream)
}

/// `http://HOST` with these methods and paths, written as TOML lists, on this upstream.
pub fn rule(host: &str, methods: &str, paths: &str, upstream: &Upstream) -> String {
    format!(
        "[[http]]\nscheme = \"http\"\nhost = \"{host}\"\nmethods = {methods}\npaths = {paths}\n\
         connect = \"{}\"\naddresses = [\"127.0.0.0/8\"]\n",
        upstream.address()
    )
}

/// The key every guest that uses HTTP may ask for, for this host only.
pub fn key(host: &str) -> String {
    format!(
        "[credentials.key]\nkind = \"bearer\"\nsecret = {{ env = \"KEY\" }}\nhosts = [\"{host}\"]\n"
    )
}
