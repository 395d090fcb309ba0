//! The objects of the org and their fields, as `describe` tells them.

/// One kind of record.
#[derive(Debug)]
pub struct Object {
    /// API name, for instance `Account`.
    pub name: &'static str,
    /// What a person sees.
    pub label: &'static str,
    /// What a person sees for many.
    pub label_plural: &'static str,
    /// The first three characters of its ids.
    pub prefix: &'static str,
    /// Whether REST may create, change and delete its records.
    pub writable: bool,
    /// Every field; the first is `Id`.
    pub fields: &'static [Field],
}

/// One field.
#[derive(Debug)]
pub struct Field {
    /// API name, for instance `AnnualRevenue`.
    pub name: &'static str,
    /// What a person sees.
    pub label: &'static str,
    /// What it holds.
    pub kind: Kind,
    /// Who fills it.
    pub fill: Fill,
}

/// What a field holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The record's own id.
    Id,
    /// Text of at most this many characters.
    Text(u16),
    /// Text nobody may filter on.
    LongText,
    /// One of these values (unrestricted: others are accepted too, as in a fresh org).
    Picklist(&'static [&'static str]),
    /// An e-mail address.
    Email,
    /// A telephone number.
    Phone,
    /// An address on the web.
    Url,
    /// Yes or no.
    Boolean,
    /// A whole number.
    Int,
    /// A number with a fraction.
    Double,
    /// Money.
    Currency,
    /// A percentage.
    Percent,
    /// A day.
    Date,
    /// An instant.
    DateTime,
    /// The id of a record of this object, reached in SOQL by this relationship name.
    Reference(&'static str, &'static str),
}

/// Who fills a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fill {
    /// The caller, and a record cannot be created without it.
    Required,
    /// The caller, if they like.
    Optional,
    /// The org; writing it is an error.
    System,
}

impl Kind {
    /// The name `describe` and error messages give the type.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Id => "id",
            Self::Text(_) => "string",
            Self::LongText => "textarea",
            Self::Picklist(_) => "picklist",
            Self::Email => "email",
            Self::Phone => "phone",
            Self::Url => "url",
            Self::Boolean => "boolean",
            Self::Int => "int",
            Self::Double => "double",
            Self::Currency => "currency",
            Self::Percent => "percent",
            Self::Date => "date",
            Self::DateTime => "datetime",
            Self::Reference(..) => "reference",
        }
    }

    /// Whether values are text in SOQL and JSON.
    #[must_use]
    pub fn is_textual(self) -> bool {
        !matches!(
            self,
            Self::Boolean
                | Self::Int
                | Self::Double
                | Self::Currency
                | Self::Percent
                | Self::Date
                | Self::DateTime
        )
    }

    /// Whether values are numbers.
    #[must_use]
    pub fn is_number(self) -> bool {
        matches!(
            self,
            Self::Int | Self::Double | Self::Currency | Self::Percent
        )
    }

    /// The most characters a textual value may have.
    #[must_use]
    pub fn max_length(self) -> usize {
        match self {
            Self::Id | Self::Reference(..) => 18,
            Self::Text(length) => usize::from(length),
            Self::LongText => 32_000,
            Self::Picklist(_) | Self::Url => 255,
            Self::Email => 80,
            Self::Phone => 40,
            _ => 0,
        }
    }
}

impl Object {
    /// Find an object by API name, in any case.
    #[must_use]
    pub fn find(name: &str) -> Option<&'static Self> {
        OBJECTS
            .iter()
            .find(|object| object.name.eq_ignore_ascii_case(name))
    }

    /// The position of a field by API name, in any case.
    #[must_use]
    pub fn column(&self, name: &str) -> Option<usize> {
        self.fields
            .iter()
            .position(|field| field.name.eq_ignore_ascii_case(name))
    }

    /// The position and target of the field behind a relationship name such as `Owner`.
    #[must_use]
    pub fn relationship(&self, name: &str) -> Option<(usize, &'static Self)> {
        self.fields
            .iter()
            .enumerate()
            .find_map(|(at, field)| match field.kind {
                Reference(target, relationship) if relationship.eq_ignore_ascii_case(name) => {
                    Some((at, Self::find(target)?))
                }
                _ => None,
            })
    }
}

const fn field(name: &'static str, label: &'static str, kind: Kind, fill: Fill) -> Field {
    Field {
        name,
        label,
        kind,
        fill,
    }
}

use Fill::{Optional, Required, System};
use Kind::{
    Boolean, Currency, Date, DateTime, Email, Id, Int, LongText, Percent, Phone, Picklist,
    Reference, Text, Url,
};

/// What an account can do for a living.
pub const INDUSTRIES: &[&str] = &[
    "Agriculture",
    "Apparel",
    "Banking",
    "Biotechnology",
    "Chemicals",
    "Construction",
    "Consulting",
    "Education",
    "Electronics",
    "Energy",
    "Engineering",
    "Finance",
    "Healthcare",
    "Hospitality",
    "Insurance",
    "Manufacturing",
    "Media",
    "Retail",
    "Shipping",
    "Technology",
    "Telecommunications",
    "Transportation",
    "Utilities",
];

/// What an account is to us.
pub const ACCOUNT_TYPES: &[&str] = &[
    "Prospect",
    "Customer - Direct",
    "Customer - Channel",
    "Technology Partner",
];

/// How far an opportunity has come; the probabilities are in [`STAGE_PROBABILITY`].
pub const STAGES: &[&str] = &[
    "Prospecting",
    "Qualification",
    "Needs Analysis",
    "Value Proposition",
    "Id. Decision Makers",
    "Perception Analysis",
    "Proposal/Price Quote",
    "Negotiation/Review",
    "Closed Won",
    "Closed Lost",
];

/// The percentage that goes with each of [`STAGES`].
pub const STAGE_PROBABILITY: &[f64] = &[10.0, 10.0, 20.0, 50.0, 60.0, 70.0, 75.0, 90.0, 100.0, 0.0];

/// Where people heard of us.
pub const LEAD_SOURCES: &[&str] = &[
    "Web",
    "Phone Inquiry",
    "Partner Referral",
    "Purchased List",
    "Other",
];

/// How far a case has come.
pub const CASE_STATUSES: &[&str] = &["New", "Working", "Escalated", "Closed"];

/// How urgent a case is.
pub const PRIORITIES: &[&str] = &["High", "Medium", "Low"];

/// Every object of the org.
pub static OBJECTS: &[Object] = &[
    Object {
        name: "Account",
        label: "Account",
        label_plural: "Accounts",
        prefix: "001",
        writable: true,
        fields: &[
            field("Id", "Account ID", Id, System),
            field("IsDeleted", "Deleted", Boolean, System),
            field("Name", "Account Name", Text(255), Required),
            field("Type", "Account Type", Picklist(ACCOUNT_TYPES), Optional),
            field(
                "ParentId",
                "Parent Account ID",
                Reference("Account", "Parent"),
                Optional,
            ),
            field("Industry", "Industry", Picklist(INDUSTRIES), Optional),
            field("AnnualRevenue", "Annual Revenue", Currency, Optional),
            field("NumberOfEmployees", "Employees", Int, Optional),
            field("BillingCity", "Billing City", Text(40), Optional),
            field("BillingState", "Billing State/Province", Text(80), Optional),
            field("BillingCountry", "Billing Country", Text(80), Optional),
            field("Phone", "Account Phone", Phone, Optional),
            field("Website", "Website", Url, Optional),
            field("Description", "Account Description", LongText, Optional),
            field("OwnerId", "Owner ID", Reference("User", "Owner"), Optional),
            field("CreatedDate", "Created Date", DateTime, System),
            field("LastModifiedDate", "Last Modified Date", DateTime, System),
            field("SystemModstamp", "System Modstamp", DateTime, System),
        ],
    },
    Object {
        name: "Contact",
        label: "Contact",
        label_plural: "Contacts",
        prefix: "003",
        writable: true,
        fields: &[
            field("Id", "Contact ID", Id, System),
            field("IsDeleted", "Deleted", Boolean, System),
            field(
                "AccountId",
                "Account ID",
                Reference("Account", "Account"),
                Optional,
            ),
            field("LastName", "Last Name", Text(80), Required),
            field("FirstName", "First Name", Text(40), Optional),
            field("Name", "Full Name", Text(121), System),
            field("Title", "Title", Text(128), Optional),
            field("Department", "Department", Text(80), Optional),
            field("Email", "Email", Email, Optional),
            field("Phone", "Business Phone", Phone, Optional),
            field("MailingCity", "Mailing City", Text(40), Optional),
            field("MailingCountry", "Mailing Country", Text(80), Optional),
            field(
                "LeadSource",
                "Lead Source",
                Picklist(LEAD_SOURCES),
                Optional,
            ),
            field("Birthdate", "Birthdate", Date, Optional),
            field("OwnerId", "Owner ID", Reference("User", "Owner"), Optional),
            field("CreatedDate", "Created Date", DateTime, System),
            field("LastModifiedDate", "Last Modified Date", DateTime, System),
            field("SystemModstamp", "System Modstamp", DateTime, System),
        ],
    },
    Object {
        name: "Opportunity",
        label: "Opportunity",
        label_plural: "Opportunities",
        prefix: "006",
        writable: true,
        fields: &[
            field("Id", "Opportunity ID", Id, System),
            field("IsDeleted", "Deleted", Boolean, System),
            field(
                "AccountId",
                "Account ID",
                Reference("Account", "Account"),
                Optional,
            ),
            field("Name", "Name", Text(120), Required),
            field("StageName", "Stage", Picklist(STAGES), Required),
            field("Amount", "Amount", Currency, Optional),
            field("Probability", "Probability (%)", Percent, Optional),
            field("CloseDate", "Close Date", Date, Required),
            field(
                "Type",
                "Opportunity Type",
                Picklist(&["New Business", "Existing Business"]),
                Optional,
            ),
            field(
                "LeadSource",
                "Lead Source",
                Picklist(LEAD_SOURCES),
                Optional,
            ),
            field("NextStep", "Next Step", Text(255), Optional),
            field("IsClosed", "Closed", Boolean, System),
            field("IsWon", "Won", Boolean, System),
            field("OwnerId", "Owner ID", Reference("User", "Owner"), Optional),
            field("CreatedDate", "Created Date", DateTime, System),
            field("LastModifiedDate", "Last Modified Date", DateTime, System),
            field("SystemModstamp", "System Modstamp", DateTime, System),
        ],
    },
    Object {
        name: "Case",
        label: "Case",
        label_plural: "Cases",
        prefix: "500",
        writable: true,
        fields: &[
            field("Id", "Case ID", Id, System),
            field("IsDeleted", "Deleted", Boolean, System),
            field("CaseNumber", "Case Number", Text(30), System),
            field(
                "AccountId",
                "Account ID",
                Reference("Account", "Account"),
                Optional,
            ),
            field(
                "ContactId",
                "Contact ID",
                Reference("Contact", "Contact"),
                Optional,
            ),
            field("Subject", "Subject", Text(255), Optional),
            field("Status", "Status", Picklist(CASE_STATUSES), Optional),
            field("Priority", "Priority", Picklist(PRIORITIES), Optional),
            field("IsClosed", "Closed", Boolean, System),
            field("OwnerId", "Owner ID", Reference("User", "Owner"), Optional),
            field("CreatedDate", "Created Date", DateTime, System),
            field("LastModifiedDate", "Last Modified Date", DateTime, System),
            field("SystemModstamp", "System Modstamp", DateTime, System),
        ],
    },
    Object {
        name: "User",
        label: "User",
        label_plural: "Users",
        prefix: "005",
        writable: false,
        fields: &[
            field("Id", "User ID", Id, System),
            field("Username", "Username", Text(80), System),
            field("Name", "Full Name", Text(121), System),
            field("Email", "Email", Email, System),
            field("IsActive", "Active", Boolean, System),
            field("CreatedDate", "Created Date", DateTime, System),
            field("LastModifiedDate", "Last Modified Date", DateTime, System),
        ],
    },
    Object {
        name: "Organization",
        label: "Organization",
        label_plural: "Organizations",
        prefix: "00D",
        writable: false,
        fields: &[
            field("Id", "Organization ID", Id, System),
            field("Name", "Name", Text(80), System),
            field("InstanceName", "Instance Name", Text(5), System),
            field("IsSandbox", "Is Sandbox", Boolean, System),
            field("OrganizationType", "Edition", Text(40), System),
            field("CreatedDate", "Created Date", DateTime, System),
            field("LastModifiedDate", "Last Modified Date", DateTime, System),
        ],
    },
];
