//! May this request be sent, and how?

use super::{Authority, HttpAllowed};
use crate::{
    denial::{CredentialGap, Denial, HttpAsked},
    grant::HttpGrant,
    http::{CanonicalUrl, HttpRule, Method, Mismatch, Scheme},
    ids::CredentialName,
    manifest::{HttpAsk, Located},
};

/// Why no pair of rules allows the request, the furthest any pair came.
enum Gap<'a> {
    /// No manifest rule matches.
    Manifest,
    /// One does, but no grant rule.
    Grant,
    /// Both match, but the credential the manifest rule needs is not there.
    Credential(&'a CredentialName, CredentialGap),
}

impl<'a> Authority<'a> {
    /// Whether the request may be sent, and how.
    ///
    /// The first pair of a manifest rule and a grant rule that both match decides, in the order they are written. If the
    /// manifest rule needs a credential, the grant rule must name the same one, the grant must define it and its `hosts`
    /// must include the URL's host. A credential only the grant rule names is not attached.
    pub fn http(&self, method: &Method, url: &CanonicalUrl) -> Result<HttpAllowed<'a>, Denial> {
        let allowed = match self.first_pair(method, url) {
            Ok(allowed) => allowed,
            Err(gap) => return Err(self.explain(method, url, &gap)),
        };
        let in_run = self
            .run
            .http
            .as_ref()
            .is_none_or(|rules| rules.iter().any(|rule| rule.matches(method, url)));
        if in_run {
            Ok(allowed)
        } else {
            Err(self.asked(method, url).run_narrowed())
        }
    }

    fn first_pair(&self, method: &Method, url: &CanonicalUrl) -> Result<HttpAllowed<'a>, Gap<'a>> {
        let mut gap = match self.manifest.stands_in {
            false => Gap::Manifest,
            true => Gap::Grant,
        };
        for ask in self
            .manifest
            .capabilities
            .http
            .iter()
            .filter(|ask| ask.rule.matches(method, url))
        {
            if matches!(gap, Gap::Manifest) {
                gap = Gap::Grant;
            }
            for granted in self
                .grant
                .http
                .iter()
                .filter(|granted| granted.rule.matches(method, url))
            {
                match self.credential_gap(ask, granted, url) {
                    None => return Ok(how(ask, granted, url)),
                    Some(missing) if matches!(gap, Gap::Grant) => gap = missing,
                    Some(_) => {}
                }
            }
        }
        Err(gap)
    }

    fn credential_gap(
        &self,
        ask: &'a HttpAsk,
        granted: &Located<HttpGrant>,
        url: &CanonicalUrl,
    ) -> Option<Gap<'a>> {
        let needed = ask.credential.as_ref()?;
        let gap = if granted.credential.as_ref() != Some(needed) {
            CredentialGap::NotNamed(granted.line)
        } else {
            match self.grant.credentials.get(needed) {
                None => CredentialGap::Undefined,
                Some(credential) if credential.allows(url.host()) => return None,
                Some(_) => CredentialGap::OtherHosts,
            }
        };
        Some(Gap::Credential(needed, gap))
    }

    fn asked<'r>(&'r self, method: &'r Method, url: &'r CanonicalUrl) -> HttpAsked<'r> {
        HttpAsked {
            skill: self.skill(),
            tenant: &self.grant.tenant,
            method,
            url,
        }
    }

    fn explain(&self, method: &Method, url: &CanonicalUrl, gap: &Gap<'_>) -> Denial {
        let asked = self.asked(method, url);
        match gap {
            Gap::Manifest => {
                let rules = self
                    .manifest
                    .capabilities
                    .http
                    .iter()
                    .map(|ask| (ask.line, &ask.rule));
                asked.not_declared(closest(rules, method, url))
            }
            Gap::Grant => {
                let rules = self
                    .grant
                    .http
                    .iter()
                    .map(|granted| (granted.line, &granted.rule));
                asked.not_granted(closest(rules, method, url))
            }
            Gap::Credential(name, gap) => asked.credential_not_granted(name, *gap),
        }
    }
}

fn how<'a>(ask: &'a HttpAsk, granted: &'a HttpGrant, url: &CanonicalUrl) -> HttpAllowed<'a> {
    HttpAllowed {
        credential: ask.credential.as_ref(),
        connect: granted.reach.connect.as_ref(),
        addresses: &granted.reach.addresses,
        ca_file: granted.reach.ca_file.as_deref(),
        plain: url.scheme() == Scheme::Http,
    }
}

/// The rule that comes closest, and the part in which it differs.
fn closest<'r>(
    rules: impl Iterator<Item = (usize, &'r HttpRule)>,
    method: &Method,
    url: &CanonicalUrl,
) -> Option<(usize, Mismatch)> {
    let differing = rules.filter_map(|(line, rule)| Some((line, rule.mismatch(method, url)?)));
    differing.min_by_key(|(_, mismatch)| *mismatch)
}
