//! How the outcome of a call comes about: from memory, where that is proven current, or from the store, in turn.

use super::gateway::{Gateway, RETRY_AFTER, guarded, too_many};
use super::kept::Basis;
use super::limits::NoTurn;
use super::memory::{self, Hand, Memory};
use super::principals::{Key, Mark};
use crate::logging;
use crate::metrics::Limit;
use access::Principal;
use actix_web::web;
use dialect::{Call, Core, Cost, Dialect, Known, Refusal, Reply, Request, Standing, answer_at_hand};
use roster::{Cost as HeldCost, Ground};
use std::sync::Arc;
use uuid::Uuid;

/// What is found out of whoever asks while a call is answered.
#[derive(Clone, Debug, Default)]
pub(super) struct Asking {
    /// How the credential stands with its rate.
    pub standing: Option<Standing>,
    /// The credential.
    pub credential: Option<i64>,
    /// What [`Memory::proven`] has said of the request, where it was asked already.
    pub proven: Option<Option<Mark>>,
    /// On what the reply rests, where it came from memory and is the same to the same request as long as that holds.
    pub basis: Option<Basis>,
}

/// What was read of a credential's key before the credential is looked up.
struct Lookup {
    key: Key,
    /// The epoch of the roster, and a number of the change log, which were read after the request came in, in that order.
    read_at: Mark,
}

impl Gateway {
    /// What comes of a call. Who asks is told in `asking` as soon as that is known.
    pub(super) async fn run(
        self: &Arc<Self>,
        id: Uuid,
        dialect: &dyn Dialect,
        asked: &Request<'_>,
        call: Call,
        asking: &mut Asking,
    ) -> Result<Reply, Refusal> {
        let audience = dialect.name();
        let Some(memory) = &self.memory else { return self.from_store(id, audience, call, None, asking).await };
        let Some(key) = memory::key(audience, &call) else {
            return self.from_store(id, audience, call, None, asking).await;
        };
        let proven = match asking.proven {
            Some(proven) => proven,
            None => memory.proven(id).await?,
        };
        let Some((epoch, head)) = proven else {
            return self.from_store(id, audience, call, None, asking).await;
        };
        let lookup = Lookup { key, read_at: (epoch, head) };
        let Some((known, credentials)) = self.known(id, memory, &lookup)? else {
            return self.from_store(id, audience, call, Some(lookup), asking).await;
        };
        self.admit(&known, asking)?;
        known.may(self.core(), call.action.operation())?;
        let principal = known.principal();
        let query = call.action.members_asked();
        match query.and_then(|query| Some((memory.roster.hold(head, query)?, query.clone()))) {
            Some((held, query)) => {
                let (epoch, credentials) = credentials;
                let ground = Ground { epoch, credentials, version: held.version() };
                let principal = Arc::clone(principal);
                let reply = self.at_hand(id, memory, dialect, asked, call, principal, Hand(held)).await?;
                asking.basis = Some(Basis { query, ground, known });
                Ok(reply)
            }
            None => {
                let (principal, cost) = (Arc::clone(principal), call.action.cost());
                let work = move |core: Core<'_>| dialect::run(core, audience, &principal, &call.action);
                self.ask(id, cost, work).await?
            }
        }
    }

    /// The credential that was presented, if it is remembered, or can be looked up at once; with the last change that may
    /// concern one, as far as the roster had come before. `None` where it cannot.
    fn known(&self, id: Uuid, memory: &Memory, lookup: &Lookup) -> Result<Option<(Known, Mark)>, Refusal> {
        let Lookup { key, read_at } = lookup;
        let core = self.core();
        // The roster is current up to that number at least, so it knows of every change that was committed before.
        let last_change = memory.roster.last_credential_change();
        if let Some(known) = memory.principals.get(key, last_change, core.now) {
            return Ok(Some((known, last_change)));
        }
        if !self.in_process {
            return Ok(None);
        }
        let known = guarded(id, || Known::find(core, key.audience, key.kind, &key.secret))??;
        memory.principals.keep(key.clone(), known.clone(), *read_at);
        Ok(Some((known, last_change)))
    }

    /// Counts the request with its credential.
    fn admit(&self, known: &Known, asking: &mut Asking) -> Result<(), Refusal> {
        asking.credential = known.principal().credential;
        let Some(credential) = asking.credential else { return Ok(()) };
        let admitted = self.guard.admit_credential(credential);
        let standing = admitted.as_ref().map_or_else(|exceeded| Some(exceeded.standing), |standing| *standing);
        asking.standing = standing.or(asking.standing);
        let admitted = admitted.inspect_err(|_| self.metrics.refused(Limit::Credential));
        admitted.map(|_| ()).map_err(too_many)
    }

    /// Answers with what the roster holds: on this thread where that is short, or else in turn.
    #[expect(clippy::too_many_arguments, reason = "all of what a request is made of meets here")]
    async fn at_hand(
        self: &Arc<Self>,
        id: Uuid,
        memory: &Memory,
        dialect: &dyn Dialect,
        asked: &Request<'_>,
        call: Call,
        principal: Arc<Principal>,
        hand: Hand,
    ) -> Result<Reply, Refusal> {
        let validator = memory.validators.validator(dialect, asked, &principal, hand.0.version());
        if let Some(validator) = validator.as_ref().filter(|validator| validator.is_known_to(asked)) {
            dialect::reaches(&principal, &hand)?;
            return Ok(validator.clone().unchanged());
        }
        let outcome = match hand.0.cost() {
            HeldCost::Short => guarded(id, || answer_at_hand(&principal, &call.action, &hand))?,
            HeldCost::Scan => {
                let work = move |_: Core<'_>| answer_at_hand(&principal, &call.action, &hand);
                self.ask(id, Cost::Blocking, work).await?
            }
        };
        outcome.map(|reply| match validator {
            Some(validator) => validator.tell(reply),
            None => reply,
        })
    }

    /// Looks up who asks, unless that is remembered, and runs the call on the store. The credential is remembered.
    async fn from_store(
        self: &Arc<Self>,
        id: Uuid,
        audience: &'static str,
        call: Call,
        lookup: Option<Lookup>,
        asking: &mut Asking,
    ) -> Result<Reply, Refusal> {
        let (gateway, cost, mut told) = (Arc::clone(self), call.action.cost(), asking.clone());
        let work = move |core: Core<'_>| {
            let memory = gateway.memory.as_ref();
            // What was asked of memory before was not remembered then.
            let (remembered, lookup) = match (memory, lookup) {
                (Some(memory), None) => memory::key_of_any(audience, &call).map_or((None, None), |key| {
                    match memory.remembered(&key, core.now) {
                        None => (None, Some(Lookup { key, read_at: memory.followed() })),
                        remembered => (remembered, None),
                    }
                }),
                (_, lookup) => (None, lookup),
            };
            let outcome = dialect::answer_if(core, audience, &call, remembered, |known| {
                if let (Some(memory), Some(Lookup { key, read_at })) = (memory, lookup) {
                    memory.principals.keep(key, known.clone(), read_at);
                }
                gateway.admit(known, &mut told)
            });
            (told, outcome)
        };
        let (told, outcome) = self.ask(id, cost, work).await?;
        *asking = told;
        outcome
    }

    /// Asks the core: at once where that takes no time, or else when there is a turn, on a thread that may block. Goes
    /// on to its end when nobody waits for the outcome any more. Refused as unavailable when there is no turn in time,
    /// and as a fault of ours when the work panics.
    pub(crate) async fn ask<T: Send + 'static>(
        self: &Arc<Self>,
        id: Uuid,
        cost: Cost,
        work: impl FnOnce(Core<'_>) -> T + Send + 'static,
    ) -> Result<T, Refusal> {
        let turns = match cost {
            Cost::Inline if self.in_process => return guarded(id, || work(self.core())),
            Cost::Inline => &self.quick_turns,
            Cost::Blocking => &self.turns,
            Cost::Writing => &self.writing_turns,
        };
        let turn = turns.turn(self.limits.queue_timeout).await.map_err(|none| {
            self.metrics.refused(match none {
                NoTurn::Late => Limit::Turn,
                NoTurn::Full => Limit::Queue,
            });
            logging::within(id, || match none {
                NoTurn::Late => log::warn!("no turn within {:?}", self.limits.queue_timeout),
                NoTurn::Full => log::warn!("as many requests wait for a turn as may"),
            });
            Refusal::Unavailable(RETRY_AFTER)
        })?;
        let gateway = Arc::clone(self);
        let work = move || {
            // Given back when the work is done, not when the client has lost its patience.
            let _turn = turn;
            guarded(id, || work(gateway.core()))
        };
        let answer = tokio::time::timeout(self.limits.answer_timeout, web::block(work)).await;
        let answer = answer.map_err(|_| self.no_answer(id))?;
        answer.map_err(|_| Refusal::Internal)?
    }

    /// The store has said nothing, not even that it is away.
    fn no_answer(&self, id: Uuid) -> Refusal {
        self.metrics.refused(Limit::Store);
        logging::within(id, || log::error!("no answer of the store within {:?}", self.limits.answer_timeout));
        Refusal::Unavailable(RETRY_AFTER)
    }

    pub(super) fn core(&self) -> Core<'_> {
        Core {
            directory: &*self.directory,
            registrar: &*self.registrar,
            vault: &*self.vault,
            now: chrono::Utc::now().timestamp(),
        }
    }
}
