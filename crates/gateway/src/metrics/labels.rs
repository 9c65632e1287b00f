//! The labels, of which there are only so many.

use prometheus_client::encoding::{EncodeLabelSet, EncodeLabelValue, LabelValueEncoder};
use std::fmt::Write;

/// What stands for a route, a dialect or a method that is not one of ours.
const NONE: &str = "none";

/// What was asked for, as far as it is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct Asked {
    dialect: &'static str,
    route: &'static str,
    method: &'static str,
}

impl Asked {
    /// The dialect, the pattern of the address (nothing for what is none) and the method as sent.
    pub fn new(dialect: Option<&'static str>, route: Option<&'static str>, method: &str) -> Self {
        Self { dialect: dialect.unwrap_or(NONE), route: route.unwrap_or(NONE), method: known(method) }
    }
}

/// A method that is used somewhere; one word for all others, since clients can make them up.
fn known(method: &str) -> &'static str {
    const METHODS: [&str; 7] = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"];
    METHODS.into_iter().find(|known| *known == method).unwrap_or(NONE)
}

/// The same and what came of it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct Answered {
    dialect: &'static str,
    route: &'static str,
    method: &'static str,
    status: u16,
}

impl Answered {
    pub const fn of(asked: Asked, status: u16) -> Self {
        Self { dialect: asked.dialect, route: asked.route, method: asked.method, status }
    }
}

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$of:meta])* $variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub(crate) enum $name {
            $($(#[$of])* $variant),+
        }

        impl $name {
            /// All of them.
            #[allow(dead_code, reason = "not every kind of label has to be known before it is used")]
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];
        }

        impl EncodeLabelValue for $name {
            fn encode(&self, encoder: &mut LabelValueEncoder<'_>) -> Result<(), std::fmt::Error> {
                encoder.write_str(match self {
                    $(Self::$variant => $word),+
                })
            }
        }
    };
}

words! {
    /// Where a request came in.
    Listener {
        /// Where the dialects are.
        Public = "public",
        /// The admin listener.
        Admin = "admin",
    }
}

words! {
    /// A limit because of which a request is refused.
    Limit {
        /// The rate of an address, or too many unknown credentials from it.
        Address = "address_rate",
        /// The rate of a credential.
        Credential = "credential_rate",
        /// The length of the header, or of one of its parts, or of the address.
        Header = "header",
        /// The length of the body.
        Body = "body",
        /// As many wait for a turn as may.
        Queue = "queue",
        /// No turn came in time.
        Turn = "turn",
        /// The store took longer than a request waits for it.
        Store = "store",
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct ListenerLabel {
    pub listener: Listener,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct Refused {
    pub limit: Limit,
}
