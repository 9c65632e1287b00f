//! The fields that filters and orders see: eight of a person, six of a group.

use membership::{OrderBy, TextField};

/// A field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Field {
    /// `Id`, a GUID.
    Id,
    /// Any text.
    Text(TextField),
    /// `Responsible` of a group, a GUID.
    Responsible,
}

/// The fields of one kind of row: the name and meaning of each, in the order in which a row shows them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fields(&'static [(&'static str, Field)]);

const ID: (&str, Field) = ("Id", Field::Id);
const NAME: (&str, Field) = ("Name", Field::Text(TextField::Name));
const DESCRIPTION: (&str, Field) = ("Description", Field::Text(TextField::Description));
const EMAIL: (&str, Field) = ("Email", Field::Text(TextField::Email));
const PHONE: (&str, Field) = ("Phone", Field::Text(TextField::Phone));
const ADDITIONAL: (&str, Field) = ("AdditionalInformation", Field::Text(TextField::AdditionalInformation));
const LOGIN: (&str, Field) = ("Login", Field::Text(TextField::Login));
const STATUS: (&str, Field) = ("Status", Field::Text(TextField::AccountStatus));
const RESPONSIBLE: (&str, Field) = ("Responsible", Field::Responsible);

/// Those of a person, as a member too (RM manual, "Fields supported by filter").
pub(crate) const PERSON: Fields = Fields(&[ID, NAME, DESCRIPTION, EMAIL, PHONE, ADDITIONAL, LOGIN, STATUS]);
/// Those of a group (RM manual, likewise).
pub(crate) const GROUP: Fields = Fields(&[ID, NAME, DESCRIPTION, EMAIL, ADDITIONAL, RESPONSIBLE]);
/// Each field once. A name means the same in every table.
const ALL: Fields = Fields(&[ID, NAME, DESCRIPTION, EMAIL, PHONE, ADDITIONAL, LOGIN, STATUS, RESPONSIBLE]);

impl Fields {
    /// The field of that name; names are case-sensitive.
    pub(crate) fn find(self, name: &str) -> Option<Field> {
        self.0.iter().find(|(known, _)| *known == name).map(|(_, field)| *field)
    }
}

impl Field {
    /// The field of that name, of whatever row.
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        ALL.find(name)
    }

    /// Its name.
    pub(crate) fn name(self) -> &'static str {
        ALL.0.iter().find(|(_, field)| *field == self).map_or("", |(name, _)| name)
    }

    /// What an order by it compares; `None` for the one that nothing can be ordered by.
    pub(crate) const fn order(self) -> Option<OrderBy> {
        match self {
            Self::Id => Some(OrderBy::Id),
            Self::Text(field) => Some(OrderBy::Text(field)),
            Self::Responsible => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_means_the_same_in_every_table() {
        for (table, many) in [(PERSON, 8), (GROUP, 6)] {
            assert_eq!(table.0.len(), many);
            for (name, field) in table.0 {
                assert_eq!((Field::from_name(name), field.name()), (Some(*field), *name));
            }
        }
        assert_eq!((PERSON.find("Responsible"), GROUP.find("Login"), GROUP.find("name")), (None, None, None));
    }
}
