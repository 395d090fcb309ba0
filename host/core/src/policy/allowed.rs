//! What a yes carries: everything enforcement needs and nothing it has to look up again.

use ipnet::IpNet;

use crate::{
    files::{Access, GuestPath},
    http::{AddressPolicy, ConnectTo},
    ids::CredentialName,
};

/// A yes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Allowed<'a> {
    /// The tool may be called.
    Tool,
    /// The request may be sent, like this.
    Http(HttpAllowed<'a>),
    /// The bucket may be used.
    Kv,
    /// The file may be used; it lies here.
    Files(Mount<'a>),
    /// The file may be handed back.
    Artifacts,
    /// The value of the key.
    Config(&'a str),
    /// The line may be written.
    Log {
        /// Whether it is important enough to be kept.
        keep: bool,
    },
    /// The model may be asked.
    Model,
    /// The other skill's tool may be called, under that skill's own authority.
    Call,
}

/// How an allowed request is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HttpAllowed<'a> {
    /// The credential to attach; defined in the grant and allowed towards the URL's host.
    pub credential: Option<&'a CredentialName>,
    /// Connect here instead of resolving the URL's host.
    pub connect: Option<&'a ConnectTo>,
    /// Networks that may be connected to although they are not public.
    pub addresses: &'a [IpNet],
    /// A file of extra root certificates (PEM), relative to the grant file.
    pub ca_file: Option<&'a str>,
    /// Whether the request goes out without TLS.
    pub plain: bool,
}

impl<'a> HttpAllowed<'a> {
    /// The rule for the resolved address.
    pub const fn address_policy(&self) -> AddressPolicy<'a> {
        AddressPolicy::new(self.addresses)
    }
}

/// A directory of the host that the skill may see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mount<'a> {
    /// Where the skill sees it.
    pub path: &'a GuestPath,
    /// The granted directory on the host, relative to the grant file.
    pub source: &'a str,
    /// Where inside `source` it begins; empty for `source` itself. Relative, normal, with `/`.
    pub below: &'a str,
    /// What may be done there.
    pub access: Access,
}
