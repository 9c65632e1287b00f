//! Entity tags (RFC 9110, section 8.8.3), and the fields that name them.

/// Which entity tags a condition names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Tags {
    /// Any.
    Any,
    /// These, each with whether it is weak.
    These(Vec<(bool, String)>),
}

impl Tags {
    /// Reads a field's value; `None` when it is none.
    pub fn parse(text: &str) -> Option<Self> {
        if text.trim() == "*" {
            return Some(Self::Any);
        }
        let mut tags = Vec::new();
        let mut rest = text.trim_matches([' ', '\t', ',']);
        while !rest.is_empty() {
            let (weak, quoted) = rest.strip_prefix("W/").map_or((false, rest), |quoted| (true, quoted));
            let (tag, behind) = quoted.strip_prefix('"')?.split_once('"')?;
            tags.push((weak, format!("\"{tag}\"")));
            let behind = behind.trim_start_matches([' ', '\t']);
            if !behind.is_empty() && !behind.starts_with(',') {
                return None;
            }
            rest = behind.trim_start_matches([' ', '\t', ',']);
        }
        (!tags.is_empty()).then_some(Self::These(tags))
    }

    /// Whether the tag (in its quotation marks) is among them; a weak one counts only where that is enough.
    pub fn hold(&self, tag: &str, weakly: bool) -> bool {
        match self {
            Self::Any => true,
            Self::These(tags) => tags.iter().any(|(weak, named)| named == tag && (weakly || !weak)),
        }
    }
}
