//! The maximum lengths of every text, in code points, in one table. A dialect may be stricter at its own door, as
//! its contract says; nothing is ever stored beyond these.

/// `uid` and `guid`: 1 to 100 of `a-z 0-9 - _` (documented by CometChat).
pub const UID: usize = 100;
/// The uid that no person has: as CometChat documents it, it stands for the application itself, which owns what nobody
/// owns.
pub const RESERVED_UID: &str = "app_system";
/// Login names.
pub const LOGIN: usize = 255;
/// Names of persons and groups (RM documents 400 for groups).
pub const NAME: usize = 400;
/// Business names, sponsors.
pub const BUSINESS_NAME: usize = 400;
/// Tag lines, status messages.
pub const TAG_LINE: usize = 1_000;
/// Descriptions, additional information, criteria.
pub const DESCRIPTION: usize = 10_000;
/// Overviews of a profile.
pub const OVERVIEW: usize = 20_000;
/// E-mail addresses.
pub const EMAIL: usize = 320;
/// Phone numbers.
pub const PHONE: usize = 100;
/// City, state, country, category, role.
pub const SHORT: usize = 200;
/// Avatars, links, icons, pages (CometChat documents 3,000).
pub const URL: usize = 3_000;
/// Metadata, as canonical JSON text.
pub const METADATA: usize = 20_000;
/// Number of tags.
pub const TAGS: usize = 25;
/// One tag.
pub const TAG: usize = 100;

/// Titles of jobs (our decision).
pub const TITLE: usize = 400;
/// Groups that a job prefers (our decision).
pub const JOB_GROUPS: usize = 25;
/// Passwords of groups, in clear (our decision): hashing takes time in proportion.
pub const PASSWORD: usize = 256;
/// The greatest number of a person, group or job: what a JSON number holds in every client.
pub const NUMBER: i64 = 9_007_199_254_740_991;
/// The latest time, in unix seconds: the end of the year 9999.
pub const TIME: i64 = 253_402_300_799;

/// Levels of a filter.
pub const FILTER_DEPTH: usize = 64;
/// Nodes of a filter, items of an `in` not counted. SQLite takes expressions of at most 1,000 levels, and a list of `or`
/// is as deep as it is long.
pub const FILTER_NODES: usize = 500;
/// Items of all the `in` of a filter together. Each is a bound value, and so are literals, up to three times each: SQLite
/// takes 32,766 of them in a statement, PostgreSQL 65,535.
pub const FILTER_ITEMS: usize = 10_000;
/// The longest text that an expression in a filter may produce, in code points. Nested `replace` calls could
/// otherwise grow a short request into gigabytes.
pub const FILTER_TEXT: u64 = 1_000_000;

/// Why a text of the named field is refused; empty ones are judged by the caller.
pub fn check(field: &'static str, text: &str, max: usize) -> Result<(), BadText> {
    if crate::text::has_nul(text) {
        return Err(BadText { field, problem: "must not hold the character U+0000".to_owned() });
    }
    if text.len() > max && text.chars().count() > max {
        return Err(BadText { field, problem: format!("must have at most {max} characters") });
    }
    Ok(())
}

/// Makes sure `text` is a legal uid or guid: 1 to 100 of `a-z 0-9 - _`. Upper case is lowered first, as CometChat does.
pub fn check_uid(field: &'static str, text: &str) -> Result<String, BadText> {
    let lowered = text.to_ascii_lowercase();
    let legal = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'_';
    if lowered.is_empty() || lowered.len() > UID || !lowered.bytes().all(legal) {
        let problem = "must be 1 to 100 letters a to z, digits, hyphens and underscores".to_owned();
        return Err(BadText { field, problem });
    }
    Ok(lowered)
}

/// A text that may not be stored.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field} {problem}")]
pub struct BadText {
    /// The snake_case name of the field.
    pub field: &'static str,
    /// What is wrong, to be read behind the name.
    pub problem: String,
}
