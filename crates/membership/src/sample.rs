//! The sample data: one group that holds the members of the examples in the documents of all three dialects, and
//! some hundred generated ones so that there are pages to turn.

/// The sample data as import lines (see [`crate::record`]).
pub const NDJSON: &str = include_str!("../data/sample.ndjson");
/// The number of the sample group, its Elance `groupId`.
pub const GROUP_NUMBER: i64 = 1116;
/// The id of the sample group, its RM `GroupID`.
pub const GROUP_ID: &str = "6fe49ce4-56d4-475f-9483-1adca6b2976c";
/// The guid of the sample group in CometChat.
pub const GROUP_GUID: &str = "supergroup";
