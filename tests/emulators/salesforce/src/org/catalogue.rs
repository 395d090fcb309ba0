//! The catalogue: every object of the org, its fields, and what its picklists offer.

use super::schema::{Field, Fill, Kind, Object};

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
