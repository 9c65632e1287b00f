//! How a client stands with its rate of requests.

/// How a client stands with the rate at which it may ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Requests a minute that it may make; as many may come at once.
    pub limit: u32,
    /// How many of them are left at the moment.
    pub remaining: u32,
    /// Where the request was refused: when asking again helps, in unix seconds.
    pub reset_at: Option<i64>,
}
