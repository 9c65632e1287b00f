//! What every reply says of the client's rate (documented by the vendor: the limit of a minute, what is left of it, and,
//! where a request is refused, the unix time from which on asking again helps).

use dialect::{Reply, Standing};

/// The fields, for scripts of browsers, to whom they would not be shown otherwise.
const FIELDS: &str = "X-Rate-Limit, X-Rate-Limit-Remaining, X-Rate-Limit-Reset";

/// Adds the fields.
pub fn tell(standing: &Standing, reply: &mut Reply) {
    reply.headers.push(("X-Rate-Limit", standing.limit.to_string()));
    reply.headers.push(("X-Rate-Limit-Remaining", standing.remaining.to_string()));
    if let Some(reset_at) = standing.reset_at {
        reply.headers.push(("X-Rate-Limit-Reset", reset_at.to_string()));
    }
    reply.headers.push(("Access-Control-Expose-Headers", FIELDS.to_owned()));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_is_told_to_who_is_refused() {
        let told = |standing| {
            let mut reply = Reply::new(200, "", "");
            tell(&standing, &mut reply);
            reply.headers
        };
        let exposed = ("Access-Control-Expose-Headers", FIELDS.to_owned());
        let both = [("X-Rate-Limit", "700".to_owned()), ("X-Rate-Limit-Remaining", "699".to_owned()), exposed.clone()];
        assert_eq!(told(Standing { limit: 700, remaining: 699, reset_at: None }), both);
        let refused = told(Standing { limit: 700, remaining: 0, reset_at: Some(1_625_143_246) });
        let (left, reset) = (("X-Rate-Limit-Remaining", "0".into()), ("X-Rate-Limit-Reset", "1625143246".into()));
        assert_eq!(refused[1..], [left, reset, exposed]);
    }
}
