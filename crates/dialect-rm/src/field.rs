//! The eight fields of a member, as far as filters and orders see them.

use membership::{OrderBy, TextField};

/// A field of a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Field {
    /// `Id`, the only GUID.
    Id,
    /// Any other: a text.
    Text(TextField),
}

/// Name and meaning of each, in the order in which a member shows them (RM manual, "Fields supported by filter").
const FIELDS: [(&str, Field); 8] = [
    ("Id", Field::Id),
    ("Name", Field::Text(TextField::Name)),
    ("Description", Field::Text(TextField::Description)),
    ("Email", Field::Text(TextField::Email)),
    ("Phone", Field::Text(TextField::Phone)),
    ("AdditionalInformation", Field::Text(TextField::AdditionalInformation)),
    ("Login", Field::Text(TextField::Login)),
    ("Status", Field::Text(TextField::AccountStatus)),
];

impl Field {
    /// The field of that name; names are case-sensitive.
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        FIELDS.iter().find(|(known, _)| *known == name).map(|(_, field)| *field)
    }

    /// Its name.
    pub(crate) fn name(self) -> &'static str {
        FIELDS.iter().find(|(_, field)| *field == self).map_or("", |(name, _)| name)
    }

    /// What an order by it compares.
    pub(crate) const fn order(self) -> OrderBy {
        match self {
            Self::Id => OrderBy::Id,
            Self::Text(field) => OrderBy::Text(field),
        }
    }
}
