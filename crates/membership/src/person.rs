//! A person, whole and as borrowed by a page.

use crate::{AccountStatus, Money, Presence};
use uuid::Uuid;

/// A person with every field of the domain. An absent text is the empty text; an absent time is `None`.
/// Times are whole unix seconds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// Primary and join key; Elance's `userId`. Positive, immutable.
    pub number: i64,
    /// RM's `Id`. Unique.
    pub id: Uuid,
    /// CometChat's `uid`. Unique, see [`crate::limits::check_uid`].
    pub uid: String,
    /// Elance's `userName`, RM's `Login`. Unique under folding, never empty.
    pub login: String,
    /// RM's `Name`, CometChat's `name`.
    pub name: String,
    /// Elance's `businessName`.
    pub business_name: String,
    /// Elance's `tagLine`.
    pub tag_line: String,
    /// RM's `Description`.
    pub description: String,
    /// E-mail address; empty means none.
    pub email: String,
    /// Phone number, free text.
    pub phone: String,
    /// RM's `AdditionalInformation`.
    pub additional_information: String,
    /// US dollars an hour.
    pub hourly_rate: Money,
    /// City of residence.
    pub city: String,
    /// State or province.
    pub state: String,
    /// Country.
    pub country: String,
    /// Service category.
    pub category: String,
    /// US dollars received in the last six months.
    pub earnings_6_months: Money,
    /// Number of ratings of the last six months.
    pub feedback_6_months: i64,
    /// Elance's `posFeedback6Months`; documented as a count but printed like a percentage, kept as given.
    pub positive_feedback_6_months: i64,
    /// Overview of the profile.
    pub overview: String,
    /// Elance's `logo`, CometChat's `avatar`.
    pub avatar: String,
    /// Elance's `providerProfileURL`, CometChat's `link`.
    pub link: String,
    /// A JSON object as canonical text (keys sorted, no blanks), or empty.
    pub metadata: String,
    /// A JSON array of texts as canonical text, or empty.
    pub tags: String,
    /// CometChat's `role`; `default` when nothing else was given.
    pub role: String,
    /// CometChat's `statusMessage`.
    pub status_message: String,
    /// Whether the person works as a freelancer (Elance: only such a person may ask to join).
    pub freelancer: bool,
    /// Whether the person is an individual rather than a company.
    pub individual: bool,
    /// Whether the person's own credentials work.
    pub account_status: AccountStatus,
    /// Whether the person is there right now.
    pub presence: Presence,
    /// When the person was last there.
    pub last_active_at: Option<i64>,
    /// When the person was created.
    pub created_at: i64,
    /// When the person was first or last changed; `None` until then.
    pub updated_at: Option<i64>,
}

impl Person {
    /// The borrowed form that renderers take.
    pub fn view(&self) -> PersonView<'_> {
        PersonView {
            number: self.number,
            id: self.id,
            uid: &self.uid,
            login: &self.login,
            name: &self.name,
            business_name: &self.business_name,
            tag_line: &self.tag_line,
            description: &self.description,
            email: &self.email,
            phone: &self.phone,
            additional_information: &self.additional_information,
            hourly_rate: self.hourly_rate,
            city: &self.city,
            state: &self.state,
            country: &self.country,
            category: &self.category,
            earnings_6_months: self.earnings_6_months,
            feedback_6_months: self.feedback_6_months,
            positive_feedback_6_months: self.positive_feedback_6_months,
            avatar: &self.avatar,
            link: &self.link,
            metadata: &self.metadata,
            tags: &self.tags,
            role: &self.role,
            status_message: &self.status_message,
            account_status: self.account_status,
            presence: self.presence,
            last_active_at: self.last_active_at,
            created_at: self.created_at,
            updated_at: self.updated_at,
        }
    }
}

/// A person as borrowed by one row of a page: the fields that a member list of any dialect shows. Fields that the
/// query did not ask for (see [`PersonFields`]) are empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "each field is documented at `Person`")]
pub struct PersonView<'a> {
    pub number: i64,
    pub id: Uuid,
    pub uid: &'a str,
    pub login: &'a str,
    pub name: &'a str,
    pub business_name: &'a str,
    pub tag_line: &'a str,
    pub description: &'a str,
    pub email: &'a str,
    pub phone: &'a str,
    pub additional_information: &'a str,
    pub hourly_rate: Money,
    pub city: &'a str,
    pub state: &'a str,
    pub country: &'a str,
    pub category: &'a str,
    pub earnings_6_months: Money,
    pub feedback_6_months: i64,
    pub positive_feedback_6_months: i64,
    pub avatar: &'a str,
    pub link: &'a str,
    pub metadata: &'a str,
    pub tags: &'a str,
    pub role: &'a str,
    pub status_message: &'a str,
    pub account_status: AccountStatus,
    pub presence: Presence,
    pub last_active_at: Option<i64>,
    pub created_at: i64,
    pub updated_at: Option<i64>,
}

impl PersonView<'_> {
    /// With only the fields that are asked for; what every directory gives.
    #[must_use]
    pub fn only(self, fields: PersonFields) -> Self {
        let text = |field, text| if fields.contains(field) { text } else { "" };
        let business = fields.contains(PersonFields::BUSINESS);
        let times = fields.contains(PersonFields::TIMES);
        Self {
            number: if fields.contains(PersonFields::NUMBER) { self.number } else { 0 },
            id: if fields.contains(PersonFields::ID) { self.id } else { Uuid::nil() },
            uid: self.uid,
            login: text(PersonFields::LOGIN, self.login),
            name: text(PersonFields::NAME, self.name),
            business_name: text(PersonFields::BUSINESS_NAME, self.business_name),
            tag_line: text(PersonFields::TAG_LINE, self.tag_line),
            description: text(PersonFields::DESCRIPTION, self.description),
            email: text(PersonFields::EMAIL, self.email),
            phone: text(PersonFields::PHONE, self.phone),
            additional_information: text(PersonFields::ADDITIONAL_INFORMATION, self.additional_information),
            hourly_rate: if business { self.hourly_rate } else { Money::default() },
            city: text(PersonFields::CITY, self.city),
            state: text(PersonFields::STATE, self.state),
            country: text(PersonFields::COUNTRY, self.country),
            category: text(PersonFields::CATEGORY, self.category),
            earnings_6_months: if business { self.earnings_6_months } else { Money::default() },
            feedback_6_months: if business { self.feedback_6_months } else { 0 },
            positive_feedback_6_months: if business { self.positive_feedback_6_months } else { 0 },
            avatar: text(PersonFields::AVATAR, self.avatar),
            link: text(PersonFields::LINK, self.link),
            metadata: text(PersonFields::METADATA, self.metadata),
            tags: text(PersonFields::TAGS, self.tags),
            role: text(PersonFields::ROLE, self.role),
            status_message: text(PersonFields::STATUS_MESSAGE, self.status_message),
            account_status: if fields.contains(PersonFields::ACCOUNT_STATUS) {
                self.account_status
            } else {
                AccountStatus::Active
            },
            presence: if fields.contains(PersonFields::PRESENCE) { self.presence } else { Presence::Available },
            last_active_at: if times { self.last_active_at } else { None },
            created_at: if times { self.created_at } else { 0 },
            updated_at: if times { self.updated_at } else { None },
        }
    }
}

/// How to name a person.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum PersonKey {
    /// By number.
    Number(i64),
    /// By id.
    Id(Uuid),
    /// By uid, in lower case.
    Uid(String),
    /// By login, compared folded.
    Login(String),
}

/// Which fields of a member a page must carry, so that a store need not read the others: those of the person, and of the
/// membership. `uid` and the membership's state are always there. One that is not asked for is empty, nil, 0, `None`, or
/// the first of its vocabulary, see [`MemberRow::only`](crate::MemberRow::only).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PersonFields(u32);

macro_rules! person_fields {
    ($($(#[$doc:meta])* $name:ident = $bit:literal),+ $(,)?) => {
        impl PersonFields {
            $($(#[$doc])* pub const $name: Self = Self(1 << $bit);)+
            /// Every field.
            pub const ALL: Self = Self($((1 << $bit))|+);
        }
    };
}

person_fields! {
    /// `login`.
    LOGIN = 0,
    /// `name`.
    NAME = 1,
    /// `business_name`.
    BUSINESS_NAME = 2,
    /// `tag_line`.
    TAG_LINE = 3,
    /// `description`.
    DESCRIPTION = 4,
    /// `email`.
    EMAIL = 5,
    /// `phone`.
    PHONE = 6,
    /// `additional_information`.
    ADDITIONAL_INFORMATION = 7,
    /// `city`.
    CITY = 8,
    /// `state`.
    STATE = 9,
    /// `country`.
    COUNTRY = 10,
    /// `category`.
    CATEGORY = 11,
    /// `avatar`.
    AVATAR = 12,
    /// `link`.
    LINK = 13,
    /// `metadata`.
    METADATA = 14,
    /// `tags`.
    TAGS = 15,
    /// `role`.
    ROLE = 16,
    /// `status_message`.
    STATUS_MESSAGE = 17,
    /// `id`.
    ID = 18,
    /// `account_status`.
    ACCOUNT_STATUS = 19,
    /// `presence`.
    PRESENCE = 20,
    /// `hourly_rate`, `earnings_6_months`, `feedback_6_months` and `positive_feedback_6_months`.
    BUSINESS = 21,
    /// `last_active_at`, `created_at` and `updated_at`.
    TIMES = 22,
    /// `number`.
    NUMBER = 23,
    /// Of the membership: `scope` and `joined_at`.
    MEMBERSHIP = 24,
}

impl PersonFields {
    /// None but `uid`.
    pub const NONE: Self = Self(0);

    /// The fields of both.
    #[must_use]
    pub const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether all fields of `other` are asked for.
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
}
