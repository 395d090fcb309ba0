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
        super::catalogue::OBJECTS
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
                Kind::Reference(target, relationship)
                    if relationship.eq_ignore_ascii_case(name) =>
                {
                    Some((at, Self::find(target)?))
                }
                _ => None,
            })
    }
}
