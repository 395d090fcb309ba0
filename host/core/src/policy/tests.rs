//! Every kind of request, refused by each layer alone and allowed by all three.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

use super::*;
use crate::code::Code;

const MANIFEST: &str = r#"
[skill]
name = "com.acme/x"
version = "0.1.0"
[tools.query]
effect = "read"
[tools.wipe]
effect = "destructive"
[[capabilities.http]]
host = "*.acme.example"
methods = ["GET", "POST"]
paths = ["/v1/**"]
credential = "acme"
[[capabilities.http]]
host = "open.example"
methods = ["GET"]
paths = ["/"]
[[capabilities.http]]
scheme = "http"
host = "plain.example"
methods = ["GET"]
paths = ["/**"]
[capabilities.kv]
buckets = ["cache", "extra"]
[[capabilities.files]]
path = "/data"
access = "read"
[[capabilities.files]]
path = "/out/reports"
access = "read-write"
[capabilities.artifacts]
[capabilities.config]
keys = ["url", "unset"]
[capabilities.log]
[capabilities.model]
routes = ["drafting", "dear"]
[capabilities.calls]
tools = ["com.acme/y#find", "com.acme/y#wipe"]
"#;

const GRANT: &str = r#"
skill = "com.acme/x"
tenant = "acme"
tools = ["query", "wipe"]
[[http]]
host = "eu.acme.example"
methods = ["GET"]
paths = ["/v1/items/**"]
credential = "acme"
addresses = ["10.0.0.0/8"]
connect = "10.0.0.1:8443"
ca-file = "ca.pem"
[[http]]
host = "open.example"
methods = ["*"]
paths = ["/**"]
credential = "acme"
[kv]
buckets = ["cache", "other"]
[[files]]
path = "/data"
source = "/srv/data"
access = "read-write"
[[files]]
path = "/out"
source = "/srv/out"
access = "read-write"
[artifacts]
max-bytes = "1KiB"
[config]
url = "https://x.example"
secret-ish = "no"
[log]
level = "warn"
[model]
routes = ["drafting", "other"]
[calls]
tools = ["com.acme/y#find", "com.acme/z#find"]
[credentials.acme]
kind = "bearer"
secret = { env = "ACME" }
hosts = ["*.acme.example"]
"#;

mod names;
mod requests;
mod stand_in;

struct Layers {
    manifest: Manifest,
    grant: Grant,
    run: RunScope,
}

fn layers() -> Layers {
    Layers {
        manifest: Manifest::parse(MANIFEST).unwrap(),
        grant: Grant::parse(GRANT).unwrap(),
        run: RunScope::unrestricted(),
    }
}

impl Layers {
    fn authority(&self) -> Authority<'_> {
        Authority::new(&self.manifest, &self.grant, &self.run)
    }

    fn http(&self, method: &str, url: &str) -> Result<HttpAllowed<'_>, Denial> {
        let url = CanonicalUrl::parse(url).unwrap();
        self.authority().http(&method.parse().unwrap(), &url)
    }

    fn tool(&self, name: &str) -> Result<(), Code> {
        self.authority()
            .tool(&name.parse().unwrap(), Effect::Read)
            .map_err(|denial| denial.code())
    }

    fn kv(&self, name: &str) -> Result<(), Code> {
        self.authority()
            .kv(&name.parse().unwrap())
            .map_err(|denial| denial.code())
    }

    fn config(&self, key: &str) -> Result<&str, Code> {
        self.authority()
            .config(&key.parse().unwrap())
            .map_err(|denial| denial.code())
    }

    fn files(&self, path: &str, access: Access) -> Result<String, Code> {
        let path: GuestPath = path.parse().unwrap();
        let mount = self
            .authority()
            .files(&path, access)
            .map_err(|denial| denial.code())?;
        Ok(format!(
            "{}={}:{}:{}",
            mount.path, mount.source, mount.below, mount.access
        ))
    }
}

fn code<T>(result: Result<T, Denial>) -> Code {
    match result {
        Ok(_) => panic!("allowed"),
        Err(denial) => denial.code(),
    }
}
