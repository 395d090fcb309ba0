//! Sums of money, by span of time and by what one asks for.

use std::{cmp::Reverse, collections::BTreeMap};

use metier_store::types::{Spending, Time};

/// Parts that are told apart; what is left is one more.
const PARTS: usize = 5;

/// By what money is added up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// The model that answered.
    Model,
    /// The agent whose run it was.
    Agent,
    /// The skill that asked.
    Skill,
    /// Whose it is.
    Tenant,
}

impl By {
    /// All, with their words.
    pub const ALL: [(By, &str, &str); 4] = [
        (By::Model, "model", "Models"),
        (By::Agent, "agent", "Agents"),
        (By::Skill, "skill", "Skills"),
        (By::Tenant, "tenant", "Tenants"),
    ];

    fn name(self, spending: &Spending) -> String {
        let account = spending.account.as_str();
        let (account, skill) = match account.split_once("/skill/") {
            Some((account, skill)) => (account, Some(skill)),
            None => (account, None),
        };
        match self {
            By::Model => account.strip_prefix("model/").unwrap_or(account).to_owned(),
            By::Agent => spending
                .agent
                .clone()
                .unwrap_or_else(|| "outside of runs".to_owned()),
            By::Skill => skill.unwrap_or("no skill").to_owned(),
            By::Tenant => spending.tenant.to_string(),
        }
    }
}

/// Spans of time of the same length, one after the other.
#[derive(Clone, Copy, Debug)]
pub struct Spans {
    /// When the first begins.
    pub from: Time,
    /// How long each is, in microseconds.
    pub every: i64,
    /// How many.
    pub count: usize,
}

impl Spans {
    /// When one begins.
    pub fn begin(self, number: usize) -> Time {
        let number = i64::try_from(number).unwrap_or(0);
        Time(
            self.from
                .0
                .saturating_add(self.every.saturating_mul(number)),
        )
    }

    fn number(self, at: Time) -> Option<usize> {
        let since = at.0.checked_sub(self.from.0)?;
        usize::try_from(since.div_euclid(self.every.max(1)))
            .ok()
            .filter(|number| *number < self.count)
    }
}

/// A part of the whole.
#[derive(Debug, PartialEq, Eq)]
pub struct Part {
    /// Its name; nothing for all that are not told apart.
    pub name: Option<String>,
    /// Nano-dollars, by span.
    pub amounts: Vec<u64>,
    /// All of them.
    pub total: u64,
    /// Of how many lines of the ledger.
    pub lines: u64,
}

/// The whole, the largest parts first.
pub fn parts(spending: &[Spending], by: By, spans: Spans) -> Vec<Part> {
    let mut named: BTreeMap<String, Part> = BTreeMap::new();
    for spent in spending {
        let Some(number) = spans.number(spent.from) else {
            continue;
        };
        let name = by.name(spent);
        let part = named.entry(name.clone()).or_insert_with(|| Part {
            name: Some(name),
            amounts: vec![0; spans.count],
            total: 0,
            lines: 0,
        });
        // What was given back is no height to be drawn.
        let amount = u64::try_from(spent.amount.0).unwrap_or(0);
        if let Some(sum) = part.amounts.get_mut(number) {
            *sum = sum.saturating_add(amount);
        }
        part.total = part.total.saturating_add(amount);
        part.lines = part.lines.saturating_add(spent.lines);
    }
    let mut parts: Vec<Part> = named.into_values().collect();
    parts.sort_by_key(|part| Reverse(part.total));
    if parts.len() > PARTS + 1 {
        let rest = parts.split_off(PARTS);
        parts.push(together(rest, spans.count));
    }
    parts
}

fn together(rest: Vec<Part>, count: usize) -> Part {
    let mut whole = Part {
        name: None,
        amounts: vec![0; count],
        total: 0,
        lines: 0,
    };
    for part in rest {
        for (sum, amount) in whole.amounts.iter_mut().zip(part.amounts) {
            *sum = sum.saturating_add(amount);
        }
        whole.total = whole.total.saturating_add(part.total);
        whole.lines = whole.lines.saturating_add(part.lines);
    }
    whole
}

/// What each span cost.
pub fn sums(parts: &[Part], count: usize) -> Vec<u64> {
    let of = |number: usize| {
        let amounts = parts.iter().filter_map(|part| part.amounts.get(number));
        amounts.fold(0_u64, |sum, amount| sum.saturating_add(*amount))
    };
    (0..count).map(of).collect()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use metier_core::TenantId;
    use metier_store::types::{NanoDollars, Spending, Time};

    use super::{By, Part, Spans, parts, sums};

    const SPANS: Spans = Spans {
        from: Time(100),
        every: 10,
        count: 3,
    };

    fn spent(from: i64, account: &str, agent: Option<&str>, amount: i64) -> Spending {
        Spending {
            from: Time(from),
            tenant: TenantId::local(),
            account: account.parse().unwrap(),
            agent: agent.map(str::to_owned),
            amount: NanoDollars(amount),
            lines: 2,
        }
    }

    fn told(parts: &[Part]) -> Vec<String> {
        let name = |part: &Part| part.name.clone().unwrap_or("others".to_owned());
        parts
            .iter()
            .map(|part| {
                format!(
                    "{} {:?} {} {}",
                    name(part),
                    part.amounts,
                    part.total,
                    part.lines
                )
            })
            .collect()
    }

    #[test]
    fn money_is_added_up_by_what_one_asks_for() {
        let spending = [
            spent(120, "model/big", Some("review"), 7),
            spent(100, "model/big/skill/web", Some("review"), 5),
            spent(110, "model/small", None, 3),
            spent(110, "tool/skill/web", Some("ask"), 1),
            spent(90, "model/big", None, 1_000),
            spent(130, "model/big", None, 1_000),
            spent(100, "model/small", None, -4),
        ];
        assert_eq!(
            told(&parts(&spending, By::Model, SPANS)),
            [
                "big [5, 0, 7] 12 4",
                "small [0, 3, 0] 3 4",
                "tool [0, 1, 0] 1 2"
            ]
        );
        assert_eq!(
            told(&parts(&spending, By::Agent, SPANS)),
            [
                "review [5, 0, 7] 12 4",
                "outside of runs [0, 3, 0] 3 4",
                "ask [0, 1, 0] 1 2"
            ]
        );
        assert_eq!(
            told(&parts(&spending, By::Skill, SPANS)),
            ["no skill [0, 3, 7] 10 6", "web [5, 1, 0] 6 4"]
        );
        let tenants = parts(&spending, By::Tenant, SPANS);
        assert_eq!(told(&tenants), ["local [5, 4, 7] 16 10"]);
        assert_eq!(sums(&tenants, 3), [5, 4, 7]);
    }

    #[test]
    fn of_many_the_largest_are_told_apart() {
        let many: Vec<Spending> = (1..=9)
            .map(|n| spent(100, &format!("model/m{n}"), None, n))
            .collect();
        let found = parts(&many, By::Model, SPANS);
        assert_eq!(found.len(), 6);
        assert_eq!(told(&found)[0], "m9 [9, 0, 0] 9 2");
        assert_eq!(told(&found)[5], "others [10, 0, 0] 10 8");
    }
}
