//! The text columns of a chunk.

use membership::{PersonFields, PersonView, TextField};

macro_rules! columns {
    ($($name:ident => $field:ident, $asked:expr;)+) => {
        /// A text of a person that rows of a page show.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum Column { $($name),+ }

        impl Column {
            pub(crate) const ALL: &'static [Self] = &[$(Self::$name),+];

            /// The text of `person` in this column.
            pub(crate) const fn of<'a>(self, person: &PersonView<'a>) -> &'a str {
                match self { $(Self::$name => person.$field),+ }
            }

            /// Puts a text into this column of `person`.
            pub(crate) const fn put<'a>(self, person: &mut PersonView<'a>, text: &'a str) {
                match self { $(Self::$name => person.$field = text),+ }
            }

            /// The field by which it is asked for; `None` for what is always there.
            pub(crate) const fn asked(self) -> Option<PersonFields> {
                match self { $(Self::$name => $asked),+ }
            }
        }
    };
}

columns! {
    // The first, since others may hold it.
    Uid => uid, None;
    Login => login, Some(PersonFields::LOGIN);
    Name => name, Some(PersonFields::NAME);
    Description => description, Some(PersonFields::DESCRIPTION);
    Email => email, Some(PersonFields::EMAIL);
    Phone => phone, Some(PersonFields::PHONE);
    AdditionalInformation => additional_information, Some(PersonFields::ADDITIONAL_INFORMATION);
    // So far those that filters read.
    BusinessName => business_name, Some(PersonFields::BUSINESS_NAME);
    TagLine => tag_line, Some(PersonFields::TAG_LINE);
    City => city, Some(PersonFields::CITY);
    State => state, Some(PersonFields::STATE);
    Country => country, Some(PersonFields::COUNTRY);
    Category => category, Some(PersonFields::CATEGORY);
    Avatar => avatar, Some(PersonFields::AVATAR);
    Link => link, Some(PersonFields::LINK);
    Metadata => metadata, Some(PersonFields::METADATA);
    Tags => tags, Some(PersonFields::TAGS);
    Role => role, Some(PersonFields::ROLE);
    StatusMessage => status_message, Some(PersonFields::STATUS_MESSAGE);
}

/// How a text may hold the uid of its row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HoldUid {
    /// With texts before and behind it.
    Anywhere,
    /// With a text behind it, which is folded already.
    First,
    /// And nothing else.
    Alone,
}

/// How many there are.
pub(crate) const COLUMNS: usize = Column::ALL.len();
/// How many of them, from the first on, filters read.
pub(crate) const SEARCHED: usize = Column::AdditionalInformation as usize + 1;

impl Column {
    /// Where the texts of a field that filters may read stand; `None` for the one that is no text.
    pub(crate) const fn of_field(field: TextField) -> Option<Self> {
        Some(match field {
            TextField::Name => Self::Name,
            TextField::Description => Self::Description,
            TextField::Email => Self::Email,
            TextField::Phone => Self::Phone,
            TextField::AdditionalInformation => Self::AdditionalInformation,
            TextField::Login => Self::Login,
            TextField::Uid => Self::Uid,
            TextField::AccountStatus => return None,
        })
    }

    /// How its texts may hold the uid of their rows; `None` for a column whose texts are always kept as they are.
    pub(crate) const fn may_hold_uid(self) -> Option<HoldUid> {
        match self {
            Self::Avatar | Self::Link => Some(HoldUid::Anywhere),
            // Filters read these, and know such texts by their beginning.
            Self::Email => Some(HoldUid::First),
            Self::Login => Some(HoldUid::Alone),
            _ => None,
        }
    }

    /// Whether filters read it.
    pub(crate) const fn is_searched(self) -> bool {
        (self as usize) < SEARCHED
    }
}
