//! The pages. They need no scripts and load nothing.

use super::asked::Asked;
use crate::{Reply, is_host};
use access::{Credential, Right, Rights};
use base64ct::{Base64, Encoding};
use maud::{DOCTYPE, Markup, PreEscaped, html};
use membership::Person;
use sha2::{Digest, Sha256};
use std::sync::LazyLock;

/// What stands in `Content-Type`.
const HTML: &str = "text/html; charset=utf-8";

/// Every pair of colours has a contrast of 5 to 1 at the least, in the light and in the dark.
const CSS: &str = "\
:root{color-scheme:light dark;--ink:#1b1b1f;--paper:#fff;--line:#6b6b75;--act:#0b57d0;--on-act:#fff;--bad:#b3261e}\
@media(prefers-color-scheme:dark){:root{--ink:#e6e6ea;--paper:#17171a;--line:#9a9aa5;--act:#a8c7fa;--on-act:#062e6f;--bad:#f2b8b5}}\
*{box-sizing:border-box}\
body{margin:0;padding:1.5rem;font:1rem/1.5 system-ui,sans-serif;color:var(--ink);background:var(--paper);overflow-wrap:anywhere}\
main{max-width:26rem;margin:0 auto}\
h1{font-size:1.5rem;line-height:1.25}\
label{display:block;margin:1rem 0 .25rem;font-weight:600}\
input{width:100%;padding:.625rem;font:inherit;color:inherit;background:var(--paper);border:1px solid var(--line);border-radius:.25rem}\
button{margin:1rem .5rem 0 0;padding:.625rem 1rem;font:inherit;color:var(--ink);background:var(--paper);border:1px solid var(--line);border-radius:.25rem;cursor:pointer}\
button.main{color:var(--on-act);background:var(--act);border-color:var(--act)}\
:focus-visible{outline:3px solid var(--act);outline-offset:2px}\
.bad{padding:.5rem .75rem;color:var(--bad);border-left:4px solid var(--bad)}\
form.other{margin-top:2rem;border-top:1px solid var(--line)}";

/// The one style that the browser takes, by its hash.
static STYLE: LazyLock<String> = LazyLock::new(|| {
    let mut place = [0; 64];
    let hash = Base64::encode(&Sha256::digest(CSS), &mut place).unwrap_or_default();
    format!("'sha256-{hash}'")
});

/// Where a form may send the browser: here, and, since browsers judge what a form leads to as well, where the client is.
fn form_action(target: Option<&str>) -> String {
    let Some((scheme, rest)) = target.and_then(|target| target.split_once("://")) else { return "'self'".to_owned() };
    let (scheme, host) = (scheme.to_ascii_lowercase(), rest.split(['/', '?']).next().unwrap_or_default());
    // The grammar of the policy has no addresses of IPv6, and a `*` or `;` in a name would say something else in it.
    let can_be_said = is_host(host) && !host.starts_with('[');
    if can_be_said { format!("'self' {scheme}://{host}") } else { format!("'self' {scheme}:") }
}

/// A page, with the fields that every page bears; `target` is where its forms may lead to.
fn page(status: u16, title: &str, target: Option<&str>, content: &Markup) -> Reply {
    let markup = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="referrer" content="no-referrer";
                title { (title) }
                style { (PreEscaped(CSS)) }
            }
            body { main { (content) } }
        }
    };
    let policy = format!(
        "default-src 'none'; style-src {}; form-action {}; frame-ancestors 'none'; base-uri 'none'",
        *STYLE,
        form_action(target)
    );
    guarded(Reply::new(status, HTML, markup.into_string())).with("Content-Security-Policy", policy)
}

/// What replies of these addresses bear, pages or not.
pub(super) fn guarded(reply: Reply) -> Reply {
    reply
        .with("Cache-Control", "no-store")
        .with("Referrer-Policy", "no-referrer")
        .with("X-Content-Type-Options", "nosniff")
        .with("X-Frame-Options", "DENY")
}

/// Sends the browser elsewhere. 303, so that it does not send there what it has sent here (RFC 9700, 4.12).
pub(super) fn to(address: String) -> Reply {
    guarded(Reply::new(303, "", "")).with("Location", address)
}

/// What a page that one acts on is made of.
#[derive(Clone, Copy)]
pub(super) struct Shown<'a> {
    /// For whom the accounts are.
    pub title: &'a str,
    pub client: &'a Credential,
    pub asked: &'a Asked,
    /// Where the browser is sent in the end.
    pub target: &'a str,
    /// What its forms must bear.
    pub proof: &'a str,
}

/// What went wrong before, and with which status it is told.
#[derive(Clone, Copy)]
pub(super) struct Wrong<'a> {
    pub status: u16,
    pub problem: &'a str,
}

impl Shown<'_> {
    /// Who asks, as persons know it. A client without a name is called by its id.
    fn name(&self) -> &str {
        let name = self.client.agreed.name.as_str();
        if name.is_empty() { &self.client.client_id } else { name }
    }

    /// A form that is sent back to this address.
    fn form(&self, class: Option<&str>, content: &Markup) -> Markup {
        html! {
            form method="post" action=(format!("?{}", self.asked.again)) class=[class] {
                input type="hidden" name="proof" value=(self.proof);
                (content)
            }
        }
    }

    /// The page to sign in. `login` is what was typed before.
    pub fn sign_in(&self, login: &str, wrong: Option<Wrong<'_>>) -> Reply {
        let named = wrong.map(|_| "problem");
        let invalid = wrong.filter(|wrong| wrong.status == 401).map(|_| "true");
        let title = format!("Sign in to {}", self.title);
        let content = html! {
            h1 { (title) }
            p { "to go on to " strong { (self.name()) } }
            (problem(wrong))
            (self.form(None, &html! {
                label for="login" { "Login" }
                input id="login" name="login" type="text" value=(login) maxlength="400" required
                    autocomplete="username" autocapitalize="none" spellcheck="false"
                    aria-describedby=[named] aria-invalid=[invalid] autofocus[login.is_empty()];
                label for="password" { "Password" }
                input id="password" name="password" type="password" maxlength="1024" required
                    autocomplete="current-password"
                    aria-describedby=[named] aria-invalid=[invalid] autofocus[!login.is_empty()];
                button.main name="do" value="sign-in" { "Sign in" }
                button name="do" value="deny" formnovalidate { "Cancel" }
            }))
        };
        self.written(&title, wrong, &content)
    }

    /// The page to consent, as `person`. Nothing has the focus, so that nobody consents who goes on typing.
    pub fn consent(&self, person: &Person, rights: Rights, wrong: Option<Wrong<'_>>) -> Reply {
        let name = self.name();
        let title = format!("Let {name} use your account?");
        let content = html! {
            h1 { (title) }
            (problem(wrong))
            p { "You are signed in to " (self.title) " as " strong { (person.name) } " (" (person.login) ")." }
            p id="what" { strong { (name) } " asks to do this in your name:" }
            ul aria-labelledby="what" {
                li { "see your profile, and the groups, members and jobs that you can see" }
                @if rights.contains(Right::Write) {
                    li { "change what you can change: join and leave groups, answer for those that you run, post jobs" }
                }
            }
            p { "It does not get to know your password. You will be sent to " strong { (host(self.target)) } "." }
            (self.form(None, &html! {
                button.main name="do" value="allow" { "Allow" }
                button name="do" value="deny" { "Deny" }
            }))
            (self.form(Some("other"), &html! {
                button name="do" value="switch" { "Sign in as someone else" }
                button name="do" value="sign-out" { "Sign out" }
            }))
        };
        self.written(&title, wrong, &content)
    }

    fn written(&self, title: &str, wrong: Option<Wrong<'_>>, content: &Markup) -> Reply {
        let (status, before) = wrong.map_or((200, ""), |wrong| (wrong.status, "Error: "));
        page(status, &format!("{before}{title}"), Some(self.target), content)
    }
}

fn problem(wrong: Option<Wrong<'_>>) -> Markup {
    html! {
        @if let Some(wrong) = wrong { p.bad id="problem" role="alert" { (wrong.problem) } }
    }
}

/// The host of an address, with its port.
fn host(address: &str) -> &str {
    let behind = address.split_once("://").map_or(address, |(_, rest)| rest);
    behind.split(['/', '?']).next().unwrap_or_default()
}

/// A page that says something and leads nowhere.
pub(super) fn say(status: u16, heading: &str, text: &str) -> Reply {
    page(status, heading, None, &html! { h1 { (heading) } p { (text) } })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_lead_here_and_to_the_client_only() {
        for (target, allowed) in [
            (None, "'self'"),
            (Some("https://a.example:81/cb?x=1"), "'self' https://a.example:81"),
            (Some("HTTP://localhost?x"), "'self' http://localhost"),
            (Some("http://[::1]:3000/cb"), "'self' http:"),
            (Some("https://*.example/"), "'self' https:"),
            (Some("https://a.example;script-src/"), "'self' https:"),
        ] {
            assert_eq!(form_action(target), allowed);
        }
    }

    #[test]
    fn nothing_of_a_client_or_person_is_taken_for_markup() {
        let reply = say(400, "<b>\"&", "</p><script>alert(1)</script>");
        let text = String::from_utf8(reply.body).expect("UTF-8");
        assert!(text.contains("<h1>&lt;b&gt;&quot;&amp;</h1>"), "{text}");
        assert!(!text.contains("<script"), "{text}");
    }
}
