//! What is done for one request, with the core at hand.

use super::asked::{Asked, Told};
use super::cookie::Cookie;
use super::forms::{Pressed, Sent};
use super::page::{self, Shown, Wrong};
use super::{Flow, Shared};
use crate::answer::no_randomness;
use crate::oauth::SignedIn;
use crate::{Refusal, Reply, Session};
use access::{Credential, Rights, Secret};
use membership::AccountStatus;
use membership::text::fold;
use std::sync::Arc;

/// A request for the pages.
pub(super) struct Visit {
    pub shared: Arc<Shared>,
    pub flow: &'static Flow,
    pub asked: Asked,
    /// Whether the browser speaks https.
    pub secure: bool,
    pub cookie: Option<Cookie>,
}

const UNPROVEN: Wrong<'_> = Wrong {
    status: 403,
    problem: "This page had been left, was open for too long, or the browser keeps no cookies. Please try again.",
};
const NOT_RIGHT: Wrong<'_> =
    Wrong { status: 401, problem: "The login and the password do not fit, or the account may not sign in." };

/// What cannot be told to the client, because nobody knows who or where it is.
pub(super) fn not_understood(text: &str) -> Reply {
    page::say(400, "The application did not ask correctly", text)
}

impl Visit {
    /// Shows the page that comes next.
    pub fn look(&self, session: &Session<'_>) -> Result<Reply, Refusal> {
        self.judged(session, |client, target, rights| self.next(session, (client, target, rights), None))
    }

    /// Does what was pressed.
    pub fn form(&self, session: &Session<'_>, sent: &Sent) -> Result<Reply, Refusal> {
        self.judged(session, |client, target, rights| {
            let place = (client, target, rights);
            let proof = sent.proof.as_deref();
            let proven = |cookie: &&Cookie| !sent.from_elsewhere && cookie.is_proven(&self.asked.again, proof);
            let (Some(cookie), Some(pressed)) = (self.cookie.as_ref().filter(proven), sent.pressed) else {
                return self.next(session, place, Some(UNPROVEN));
            };
            match pressed {
                Pressed::SignIn => self.sign_in(session, place, cookie, sent),
                Pressed::Allow => self.allow(session, place, cookie),
                Pressed::Deny => Ok(page::to(self.asked.with_error(target, &Told::denied()))),
                Pressed::Switch => {
                    session.end_sign_in(&cookie.hash())?;
                    Ok(page::to(self.here()).with("Set-Cookie", fresh()?.set(self.secure)))
                }
                Pressed::SignOut => {
                    session.end_sign_in(&cookie.hash())?;
                    let said = page::say(200, "You are signed out", "You can close this page.");
                    Ok(said.with("Set-Cookie", fresh()?.set(self.secure)))
                }
            }
        })
    }

    /// Goes on with the client, where its browsers are sent and what it may ask for, once that is judged.
    fn judged(
        &self,
        session: &Session<'_>,
        go_on: impl FnOnce(&Credential, &str, Rights) -> Result<Reply, Refusal>,
    ) -> Result<Reply, Refusal> {
        let Some(client) = session.client(&self.asked.client_id)? else {
            return Ok(not_understood("Nobody knows its client_id here, or it may not ask any more."));
        };
        let Some(target) = self.asked.target(&client) else {
            return Ok(not_understood("Its redirect_uri is not one that is registered for it."));
        };
        match &self.asked.terms {
            Ok(terms) => go_on(&client, target, terms.rights.and(client.rights)),
            Err(told) => Ok(page::to(self.asked.with_error(target, told))),
        }
    }

    /// The page to consent, or to sign in first.
    fn next(&self, session: &Session<'_>, place: Place<'_>, wrong: Option<Wrong<'_>>) -> Result<Reply, Refusal> {
        let (client, target, rights) = place;
        let (title, asked) = (self.flow.title, &self.asked);
        if let Some(cookie) = &self.cookie
            && let Some(SignedIn { person, .. }) = session.signed_in(&cookie.hash())?
        {
            let proof = cookie.proof(&asked.again).to_hex();
            return Ok(Shown { title, client, asked, target, proof: &proof }.consent(&person, rights, wrong));
        }
        self.sign_in_page(place, "", wrong)
    }

    fn sign_in_page(&self, place: Place<'_>, login: &str, wrong: Option<Wrong<'_>>) -> Result<Reply, Refusal> {
        let (client, target, _) = place;
        let made = if self.cookie.is_none() { Some(fresh()?) } else { None };
        let proof = made.as_ref().or(self.cookie.as_ref()).map(|cookie| cookie.proof(&self.asked.again).to_hex());
        let proof = proof.unwrap_or_default();
        let shown = Shown { title: self.flow.title, client, asked: &self.asked, target, proof: &proof };
        let page = shown.sign_in(login, wrong);
        Ok(match made {
            Some(cookie) => page.with("Set-Cookie", cookie.set(self.secure)),
            None => page,
        })
    }

    fn sign_in(&self, session: &Session<'_>, place: Place<'_>, before: &Cookie, sent: &Sent) -> Result<Reply, Refusal> {
        let (throttle, now) = (&self.shared.throttle, session.now());
        let folded = fold(&sent.login);
        if let Err(seconds) = throttle.take(&folded, sent.address, now) {
            log::warn!("too many tries to sign in from one address or with one login");
            let minutes = seconds.div_ceil(60);
            let problem = format!("Too many tries. Try again in {minutes} min.");
            let page = self.sign_in_page(place, &sent.login, Some(Wrong { status: 429, problem: &problem }))?;
            return Ok(page.with("Retry-After", seconds.to_string()));
        }
        let give_back = || throttle.give_back(&folded, sent.address, now);
        let judged = self.judge_password(session, sent).inspect_err(|_| give_back())?;
        let Some(person) = judged else { return self.sign_in_page(place, &sent.login, Some(NOT_RIGHT)) };
        give_back();
        // Who was signed in before at this browser no longer is.
        session.end_sign_in(&before.hash())?;
        let cookie = fresh()?;
        session.begin_sign_in(person, cookie.hash())?;
        Ok(page::to(self.here()).with("Set-Cookie", cookie.set(self.secure)))
    }

    /// The number of the person whose login and password these are. It takes as long whatever is wrong.
    fn judge_password(&self, session: &Session<'_>, sent: &Sent) -> Result<Option<i64>, Refusal> {
        let login = session.login(&sent.login)?;
        let hash = login.as_ref().and_then(|login| login.password.as_ref());
        let right = self.shared.is_right(hash, sent.password.reveal()).map_err(|error| {
            log::error!("{error}");
            Refusal::Unavailable(BUSY)
        })?;
        let right = right.ok_or(Refusal::Unavailable(BUSY))?;
        Ok(login
            .filter(|login| right && login.holder.account_status == AccountStatus::Active)
            .map(|login| login.holder.viewer.number))
    }

    fn allow(&self, session: &Session<'_>, place: Place<'_>, cookie: &Cookie) -> Result<Reply, Refusal> {
        let (client, target, rights) = place;
        let (Some(SignedIn { person, by }), Ok(terms)) = (session.signed_in(&cookie.hash())?, &self.asked.terms) else {
            return self.next(session, place, Some(UNPROVEN));
        };
        let code = Secret::hexadecimal(CODE_BYTES).map_err(no_randomness)?;
        let consent = access::Consent {
            client,
            person: person.number,
            rights,
            scope: &terms.scope,
            redirect_uri: self.asked.redirect_uri.as_deref(),
            code_challenge: terms.code_challenge.clone(),
            code: code.hash(),
            now: session.now(),
        };
        session.consent(&by, &consent)?;
        Ok(page::to(self.asked.with_code(target, code.reveal())))
    }

    /// This address, as seen from itself.
    fn here(&self) -> String {
        format!("?{}", self.asked.again)
    }
}

/// Client, address and rights, as they were judged.
type Place<'a> = (&'a Credential, &'a str, Rights);

/// After how many seconds a password may be judged when too many are.
const BUSY: u32 = 5;

/// A code has so many random bytes, as twice as many hexadecimal digits.
const CODE_BYTES: usize = 20;

fn fresh() -> Result<Cookie, Refusal> {
    Cookie::new().map_err(no_randomness)
}
