//! The domain of rollcall: persons, groups, the membership of a person in a group and its life cycle, and the
//! questions one may ask of them. No input or output of any kind happens here.
//!
//! **May import:** nothing of this project. Every other crate may import this one.
//!
//! The heart is [`MemberQuery`]: what any dialect asks when it lists the members of a group. Something that can
//! answer it is a [`Directory`], and something that can change what is answered a [`Registrar`]: the database (`store`),
//! or the naive one in memory that the tests compare with (`testkit`).
//!
//! ```
//! use membership::{Compare, Filter, Folded, GroupKey, MemberQuery, TextExpr, TextField, Window};
//!
//! // "Name eq 'jane doe'", whatever the case, the second ten.
//! let filter = Filter::Text(
//!     TextExpr::Field(TextField::Name),
//!     Compare::Eq,
//!     TextExpr::Literal(Folded::new("Jane DOE")),
//! );
//! let query = MemberQuery::new(GroupKey::Number(1116), Window::page(2, 10))
//!     .filtered(filter)
//!     .expect("small enough");
//! assert_eq!(query.window.offset, 10);
//! ```

mod change;
mod directory;
mod encoder;
mod filter;
mod group;
mod job;
mod kinds;
pub mod life_cycle;
pub mod limits;
mod listing;
mod money;
mod person;
mod query;
pub mod record;
mod registrar;
pub mod sample;
mod source;
pub mod text;

pub use change::{ACTIONS, ChangeEntry, Changes};
pub use directory::{Directory, DirectoryError, MemberPage, MemberRow, Rows, SliceRows};
pub use encoder::{Encoder, Written};
pub use filter::{Compare, Filter, FilterTooLarge, IntExpr, TextExpr, TextField, TextMatch};
pub use group::{Group, GroupKey, Membership};
pub use job::Job;
pub use kinds::{AccountStatus, GroupKind, JobState, Presence, Scope, ScopeSet, State, UnknownWord};
pub use listing::{Brief, GroupEntry, GroupQuery, JobQuery, MembershipEntry, Page, PersonQuery, Standing};
pub use money::{BadMoney, Money};
pub use person::{Person, PersonFields, PersonKey, PersonView};
pub use query::{MemberQuery, OrderBy, OrderKey, Window};
pub use registrar::{
    By, CommandError, Expected, Failing, GroupEdit, Named, NewGroup, NewJob, Registrar, SPENT, Step, StepFailure,
    Stepped, Taken,
};
pub use source::{CatchUp, Changed, Loaded, Source};
pub use text::Folded;
