//! A believable org, the same for the same seed, sizes and day.

use super::catalogue::{
    ACCOUNT_TYPES, CASE_STATUSES, INDUSTRIES, LEAD_SOURCES, PRIORITIES, STAGE_PROBABILITY, STAGES,
};
use super::schema::Object;
use super::words::{
    CITIES, COMPANY_STEMS, COMPANY_TAILS, DEALS, FIRST_NAMES, LAST_NAMES, NEXT_STEPS, PROBLEMS,
    TITLES,
};
use super::{Record, Sizes, Table, Value};
use crate::calendar::DAY_SECONDS;
use crate::id;
use crate::random::Random;

/// How far back records were created, in days.
const HISTORY_DAYS: u64 = 900;

/// How far ahead of and behind today opportunities close, in days.
const CLOSE_SPAN_DAYS: u64 = 730;

/// The people who own the records; the first is the one the emulator's token belongs to.
const OWNERS: &[(&str, &str)] = &[
    ("Ada Admin", "admin@acme.example"),
    ("Sal Seller", "sal@acme.example"),
    ("Ruth Rep", "ruth@acme.example"),
];

/// Fills one table after another.
pub struct Generator {
    random: Random,
    /// The instant records are dated back from.
    now: i64,
    sizes: Sizes,
}

impl Generator {
    /// A generator that will produce the same records for the same three arguments.
    pub fn new(seed: u64, now: i64, sizes: Sizes) -> Self {
        Self {
            random: Random::new(seed),
            now: now - now.rem_euclid(DAY_SECONDS),
            sizes,
        }
    }

    /// Every record of `object`. Call in schema order: the random stream runs through.
    pub fn table(&mut self, object: &'static Object) -> Table {
        let mut table = Table::new(object);
        for number in 1..=self.count(object) {
            let record = self.record(object, number);
            table.push(record);
        }
        table
    }

    fn count(&self, object: &Object) -> u64 {
        let count = match object.name {
            "Account" => self.sizes.accounts,
            "Contact" => self.sizes.contacts,
            "Opportunity" => self.sizes.opportunities,
            "Case" => self.sizes.cases,
            "User" => OWNERS.len(),
            _ => 1,
        };
        u64::try_from(count).unwrap_or(u64::MAX)
    }

    fn record(&mut self, object: &'static Object, number: u64) -> Record {
        let mut record = Record::empty(object);
        let created =
            self.now - i64::try_from(self.random.below(HISTORY_DAYS * 86_400)).unwrap_or(0);
        let modified = created + (self.now - created) / 3;
        record.set("Id", Value::Text(id::make(object.prefix, number)));
        record.set("IsDeleted", Value::Bool(false));
        record.set("CreatedDate", Value::Instant(created));
        record.set("LastModifiedDate", Value::Instant(modified));
        record.set("SystemModstamp", Value::Instant(modified));
        let owner = self.random.below(u64::try_from(OWNERS.len()).unwrap_or(1)) + 1;
        record.set("OwnerId", Value::Text(id::make("005", owner)));
        match object.name {
            "Account" => self.account(&mut record, number),
            "Contact" => self.contact(&mut record, number),
            "Opportunity" => self.opportunity(&mut record, number),
            "Case" => self.case(&mut record, number),
            "User" => user(&mut record, number),
            _ => organization(&mut record),
        }
        record
    }

    fn account(&mut self, record: &mut Record, number: u64) {
        let name = company(number);
        let host: String = name
            .to_lowercase()
            .chars()
            .filter(char::is_ascii_alphanumeric)
            .collect();
        let (city, state, country) = self.random.pick(CITIES);
        let employees = 5 + self.random.below(400) * self.random.below(60);
        record.set("Type", Value::text(*self.random.pick(ACCOUNT_TYPES)));
        record.set("Industry", Value::text(*self.random.pick(INDUSTRIES)));
        record.set(
            "AnnualRevenue",
            whole(employees * (60_000 + self.random.below(200) * 1_000)),
        );
        record.set("NumberOfEmployees", whole(employees));
        record.set("BillingCity", Value::text(*city));
        record.set(
            "BillingState",
            if state.is_empty() {
                Value::Null
            } else {
                Value::text(*state)
            },
        );
        record.set("BillingCountry", Value::text(*country));
        record.set("Phone", self.phone());
        record.set(
            "Website",
            Value::text(format!("https://www.{host}.example")),
        );
        // One account in ten is somebody's daughter; parents have smaller numbers.
        if number > 1 && self.random.below(10) == 0 {
            record.set(
                "ParentId",
                Value::Text(id::make("001", 1 + self.random.below(number - 1))),
            );
        }
        // A few accounts know nothing but their name: nulls are part of real data.
        if self.random.below(20) == 0 {
            for field in ["Industry", "AnnualRevenue", "NumberOfEmployees"] {
                record.set(field, Value::Null);
            }
        }
        record.set("Name", Value::Text(name));
    }

    fn contact(&mut self, record: &mut Record, number: u64) {
        let first = *self.random.pick(FIRST_NAMES);
        let last = *self.random.pick(LAST_NAMES);
        let (title, department) = self.random.pick(TITLES);
        let (city, _, country) = self.random.pick(CITIES);
        let local: String = format!("{first}{last}")
            .chars()
            .filter(char::is_ascii_alphanumeric)
            .collect();
        record.set("FirstName", Value::text(first));
        record.set("LastName", Value::text(last));
        record.set("Name", Value::Text(format!("{first} {last}")));
        record.set("Title", Value::text(*title));
        record.set("Department", Value::text(*department));
        record.set(
            "Email",
            Value::Text(format!("{}{number}@mail.example", local.to_lowercase())),
        );
        record.set("Phone", self.phone());
        record.set("MailingCity", Value::text(*city));
        record.set("MailingCountry", Value::text(*country));
        record.set("LeadSource", Value::text(*self.random.pick(LEAD_SOURCES)));
        let age_days = 8_000 + self.random.below(16_000);
        record.set(
            "Birthdate",
            Value::Date(self.now / DAY_SECONDS - i64::try_from(age_days).unwrap_or(0)),
        );
        self.attach_account(record);
    }

    fn opportunity(&mut self, record: &mut Record, number: u64) {
        let ahead = i64::try_from(self.random.below(CLOSE_SPAN_DAYS)).unwrap_or(0) - 365;
        // What is due is decided, what is to come is open.
        let open = u64::try_from(STAGES.len() - 2).unwrap_or(1);
        let stage = if ahead < 0 {
            open + self.random.below(2)
        } else {
            self.random.below(open)
        };
        let stage = usize::try_from(stage).unwrap_or(0);
        let deal = *self.random.pick(DEALS);
        record.set("Name", Value::Text(format!("{deal} #{number}")));
        record.set(
            "StageName",
            Value::text(STAGES.get(stage).copied().unwrap_or_default()),
        );
        record.set(
            "Probability",
            Value::Number(STAGE_PROBABILITY.get(stage).copied().unwrap_or(0.0)),
        );
        record.set("Amount", whole(1_000 + self.random.below(400) * 500));
        record.set("CloseDate", Value::Date(self.now / DAY_SECONDS + ahead));
        record.set(
            "Type",
            Value::text(*self.random.pick(&["New Business", "Existing Business"])),
        );
        record.set("LeadSource", Value::text(*self.random.pick(LEAD_SOURCES)));
        record.set("IsClosed", Value::Bool(ahead < 0));
        record.set(
            "IsWon",
            Value::Bool(STAGES.get(stage) == Some(&"Closed Won")),
        );
        if ahead >= 0 {
            record.set("NextStep", Value::text(*self.random.pick(NEXT_STEPS)));
        }
        if self.random.below(25) == 0 {
            record.set("Amount", Value::Null);
        }
        self.attach_account(record);
    }

    fn case(&mut self, record: &mut Record, number: u64) {
        let status = *self.random.pick(CASE_STATUSES);
        record.set("CaseNumber", Value::Text(format!("{number:08}")));
        record.set("Subject", Value::text(*self.random.pick(PROBLEMS)));
        record.set("Status", Value::text(status));
        record.set("Priority", Value::text(*self.random.pick(PRIORITIES)));
        record.set("IsClosed", Value::Bool(status == "Closed"));
        if let Ok(contacts @ 1..) = u64::try_from(self.sizes.contacts) {
            record.set(
                "ContactId",
                Value::Text(id::make("003", 1 + self.random.below(contacts))),
            );
        }
        self.attach_account(record);
    }

    /// Belong to some account, except one in fifty that belongs to none.
    fn attach_account(&mut self, record: &mut Record) {
        let account = match u64::try_from(self.sizes.accounts) {
            Ok(accounts @ 1..) => 1 + self.random.below(accounts),
            _ => return,
        };
        if self.random.below(50) != 0 {
            record.set("AccountId", Value::Text(id::make("001", account)));
        }
    }

    fn phone(&mut self) -> Value {
        Value::Text(format!(
            "+1 555 {:03} {:04}",
            self.random.below(1_000),
            self.random.below(10_000)
        ))
    }
}

/// A company name no other number has, as long as there are fewer than a few thousand of them.
fn company(number: u64) -> String {
    let stems = u64::try_from(COMPANY_STEMS.len()).unwrap_or(1);
    let tails = u64::try_from(COMPANY_TAILS.len()).unwrap_or(1);
    // Coprime strides walk all pairs before one repeats.
    let stem = usize::try_from(number * 7 % stems).unwrap_or(0);
    let tail = usize::try_from((number / stems + number * 5) % tails).unwrap_or(0);
    let round = number / (stems * tails);
    let stem = COMPANY_STEMS.get(stem).copied().unwrap_or("Acme");
    let tail = COMPANY_TAILS.get(tail).copied().unwrap_or("Works");
    if round == 0 {
        format!("{stem} {tail}")
    } else {
        format!("{stem} {tail} {}", round + 1)
    }
}

fn user(record: &mut Record, number: u64) {
    let at = usize::try_from(number - 1).unwrap_or(0);
    let (name, username) = OWNERS
        .get(at)
        .copied()
        .unwrap_or(("Nobody", "nobody@acme.example"));
    record.set("Name", Value::text(name));
    record.set("Username", Value::text(username));
    record.set("Email", Value::text(username));
    record.set("IsActive", Value::Bool(true));
}

fn organization(record: &mut Record) {
    record.set("Name", Value::text("Acme"));
    record.set("InstanceName", Value::text("EMU1"));
    record.set("IsSandbox", Value::Bool(false));
    record.set("OrganizationType", Value::text("Developer Edition"));
}

#[expect(clippy::cast_precision_loss, reason = "amounts far below 2^53")]
fn whole(value: u64) -> Value {
    Value::Number(value as f64)
}
