//! What is agreed with a credential beside its rights.

use crate::SecretHash;

/// Which groups a credential lets its holder see and change.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Groups {
    /// All that its rights reach.
    #[default]
    All,
    /// Only those of these numbers, which ascend. Of none of them, where there are none.
    Only(Vec<i64>),
}

/// Stands in the store for a limit to no group at all, since nothing stands for no limit.
const NO_GROUP: &str = "none";

impl Groups {
    /// Only the groups of these numbers.
    pub fn only(numbers: impl IntoIterator<Item = i64>) -> Self {
        let mut numbers: Vec<i64> = numbers.into_iter().collect();
        numbers.sort_unstable();
        numbers.dedup();
        Self::Only(numbers)
    }

    /// Whether the group of this number is one of them.
    pub fn contains(&self, number: i64) -> bool {
        match self {
            Self::All => true,
            Self::Only(numbers) => numbers.binary_search(&number).is_ok(),
        }
    }

    /// Whether all of `others` are among them.
    pub fn hold(&self, others: &Self) -> bool {
        match others {
            Self::All => *self == Self::All,
            Self::Only(numbers) => numbers.iter().all(|number| self.contains(*number)),
        }
    }

    /// The numbers, where there is a limit.
    pub fn limit(&self) -> Option<&[i64]> {
        match self {
            Self::All => None,
            Self::Only(numbers) => Some(numbers),
        }
    }

    /// The form in the store: the numbers, separated by blanks; nothing when there is no limit.
    pub fn to_words(&self) -> String {
        match self {
            Self::All => String::new(),
            Self::Only(numbers) if numbers.is_empty() => NO_GROUP.to_owned(),
            Self::Only(numbers) => numbers.iter().map(i64::to_string).collect::<Vec<_>>().join(" "),
        }
    }

    /// Reads the form in the store; `None` when it is none.
    pub fn from_words(words: &str) -> Option<Self> {
        match words {
            "" => Some(Self::All),
            NO_GROUP => Some(Self::Only(Vec::new())),
            _ => words.split(' ').map(|word| word.parse().ok()).collect::<Option<Vec<i64>>>().map(Self::only),
        }
    }
}

/// What is agreed with a credential beside its rights. Most have nothing of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Agreed {
    /// Which groups it lets its holder see and change. What is exchanged for it is limited to the same.
    pub groups: Groups,
    /// The name of a client, as persons see it who are asked to consent; of 100 characters at the most.
    pub name: String,
    /// Of a client the addresses to which it may have a browser sent, each as [`crate::check_redirect_uri`] takes it;
    /// of a code the one that the client said, if it said one.
    pub redirect_uris: Vec<String>,
    /// The scope in the words of the client; of a grant, and of the codes and tokens of its family. It gives no rights.
    pub scope: String,
    /// Of a code the hash of the verifier that must come with it (RFC 7636), if the client wants that.
    pub code_challenge: Option<SecretHash>,
}

impl Agreed {
    /// Only that it is limited to these groups.
    pub fn limited(groups: Groups) -> Self {
        Self { groups, ..Self::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_to_groups_survives_the_store() {
        for (groups, words) in [
            (Groups::All, ""),
            (Groups::only([]), "none"),
            (Groups::only([5]), "5"),
            (Groups::only([9, 5, 9, 1116]), "5 9 1116"),
        ] {
            assert_eq!(groups.to_words(), words);
            assert_eq!(Groups::from_words(words), Some(groups));
        }
        for bad in [" ", "5  9", "5,9", "all", "none 5"] {
            assert_eq!(Groups::from_words(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_limit_to_no_group_is_a_limit() {
        assert!(Groups::All.contains(5) && Groups::only([5]).contains(5));
        assert!(Groups::All.hold(&Groups::All) && Groups::only([5, 6]).hold(&Groups::only([6])));
        assert!(!Groups::only([5]).hold(&Groups::All) && !Groups::only([5]).hold(&Groups::only([5, 6])));
        assert!(!Groups::only([5]).contains(6) && !Groups::only([]).contains(5));
    }
}
