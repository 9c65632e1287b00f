//! What every reply says of the client's rate (documented by the vendor: the limit of a minute, what is left of it, and,
//! where a request is refused, the unix time from which on asking again helps).

use dialect::StandingFields;

/// The fields.
pub const FIELDS: StandingFields =
    StandingFields { limit: "X-Rate-Limit", remaining: "X-Rate-Limit-Remaining", reset_at: "X-Rate-Limit-Reset" };

#[cfg(test)]
mod tests {
    use super::*;
    use dialect::Standing;

    #[test]
    fn the_time_is_told_to_who_is_refused() {
        let told = |standing| FIELDS.numbers(&standing).collect::<Vec<_>>();
        let both = [("X-Rate-Limit", 700), ("X-Rate-Limit-Remaining", 699)];
        assert_eq!(told(Standing { limit: 700, remaining: 699, reset_at: None }), both);
        let refused = told(Standing { limit: 700, remaining: 0, reset_at: Some(1_625_143_246) });
        assert_eq!(refused[1..], [("X-Rate-Limit-Remaining", 0), ("X-Rate-Limit-Reset", 1_625_143_246)]);
    }
}
