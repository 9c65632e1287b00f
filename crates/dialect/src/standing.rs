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

/// The fields of a reply's header by which a dialect says how the client stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StandingFields {
    /// That of [`Standing::limit`].
    pub limit: &'static str,
    /// That of [`Standing::remaining`].
    pub remaining: &'static str,
    /// That of [`Standing::reset_at`], where there is one.
    pub reset_at: &'static str,
}

impl StandingFields {
    /// The fields with the numbers of `standing`, in this order.
    pub fn numbers(&self, standing: &Standing) -> impl Iterator<Item = (&'static str, i64)> {
        let Standing { limit, remaining, reset_at } = *standing;
        let always = [(self.limit, limit.into()), (self.remaining, remaining.into())];
        always.into_iter().chain(reset_at.map(|at| (self.reset_at, at)))
    }
}
