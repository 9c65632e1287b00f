//! What browsers need before they show a page of another origin the replies. The SDK runs in such pages. Credentials
//! travel in headers of its own and never in cookies, so every origin is welcome and none is named.

use dialect::Reply;

/// The methods of the dialect's surface, those still to come included, so that a browser need not ask anew.
const METHODS: &str = "GET, POST, PUT, PATCH, DELETE";

/// The headers that the SDK and REST users send.
const HEADERS: &str = "apikey, authToken, appId, resource, sdk, onBehalfOf, Content-Type, Accept";

/// For how many seconds a browser may remember a preflight. Two hours, the most that Chromium heeds.
const MAX_AGE: &str = "7200";

/// The headers that scripts would not be shown otherwise: when to ask again, and how a client stands with its rate.
const EXPOSED: &str = "Retry-After, X-Rate-Limit, X-Rate-Limit-Remaining, X-Rate-Limit-Reset";

/// Answers a preflight, whatever the path: what is wrong with the request itself is told in its own reply. A browser
/// looks at the header only, so there is no body; the rule that every success has one is for what scripts read.
pub fn preflight() -> Reply {
    Reply::new(204, "", "")
        .with("Access-Control-Allow-Methods", METHODS)
        .with("Access-Control-Allow-Headers", HEADERS)
        .with("Access-Control-Max-Age", MAX_AGE)
}

/// Lets pages of any origin read the reply.
pub fn open(reply: &mut Reply) {
    reply.headers.push(("Access-Control-Allow-Origin", "*".to_owned()));
    reply.headers.push(("Access-Control-Expose-Headers", EXPOSED.to_owned()));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rate::FIELDS;

    #[test]
    fn scripts_are_shown_how_they_stand() {
        let all = ["Retry-After", FIELDS.limit, FIELDS.remaining, FIELDS.reset_at];
        assert_eq!(EXPOSED, all.join(", "));
    }
}
