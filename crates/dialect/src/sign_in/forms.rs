//! What the forms of the pages send.

use super::cookie::is_from_elsewhere;
use crate::{Fault, Form, Request};
use access::Secret;
use std::net::IpAddr;

/// What was pressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pressed {
    SignIn,
    Allow,
    Deny,
    /// Sign in as someone else.
    Switch,
    SignOut,
}

/// A form as it was sent.
#[derive(Debug)]
pub(super) struct Sent {
    /// `None` when it is nothing that can be pressed.
    pub pressed: Option<Pressed>,
    pub proof: Option<String>,
    pub login: String,
    pub password: Secret,
    /// Whether the browser says that another site had it sent.
    pub from_elsewhere: bool,
    /// From where it came.
    pub address: Option<IpAddr>,
}

impl Sent {
    pub fn read(request: &Request<'_>) -> Result<Self, Fault> {
        let form = Form::of_body(request)?;
        let one = |name| form.one(&[name]).map(|value| value.map(String::from));
        let pressed = match form.one(&["do"])?.as_deref() {
            Some("sign-in") => Some(Pressed::SignIn),
            Some("allow") => Some(Pressed::Allow),
            Some("deny") => Some(Pressed::Deny),
            Some("switch") => Some(Pressed::Switch),
            Some("sign-out") => Some(Pressed::SignOut),
            _ => None,
        };
        Ok(Self {
            pressed,
            proof: one("proof")?,
            login: one("login")?.unwrap_or_default(),
            password: Secret::presented(one("password")?.unwrap_or_default()),
            from_elsewhere: is_from_elsewhere(request),
            address: request.headers.client_address(),
        })
    }
}
