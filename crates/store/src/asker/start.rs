//! Opening a connection, up to the first question. Blocks.

use super::place::Place;
use super::question::{Asker, BadReply, Heard, STATEMENT};
use super::stream::{Stream, connect, left};
use super::{IDENTITY, NotDirect};
use bytes::BytesMut;
use fallible_iterator::FallibleIterator;
use postgres_protocol::authentication::md5_hash;
use postgres_protocol::authentication::sasl::{ChannelBinding, SCRAM_SHA_256, ScramSha256};
use postgres_protocol::message::backend::{DataRowBody, ErrorResponseBody, Message};
use postgres_protocol::message::frontend;
use std::io::{self, ErrorKind};
use std::time::{Duration, Instant};

/// The longest message that is taken, in bytes.
const LONGEST: usize = 65_536;

/// For how long an answer to the first call of a function is waited for.
const TRIAL: Duration = Duration::from_secs(1);

/// A connection that was opened, and where it leads to.
pub(super) struct Opened {
    pub stream: Stream,
    pub asker: Asker,
    pub identity: String,
}

/// Opens one. Where the server does not answer to the call of a function, one that never calls it.
pub(super) fn open(place: &Place, statement: Duration) -> Result<Opened, NotDirect> {
    let until = Instant::now() + place.patience;
    match open_one(place, statement, until, true)? {
        Some(opened) => Ok(opened),
        None => {
            log::debug!("the server does not answer to calls of functions, so it is asked for the head each time");
            open_one(place, statement, until, false)?.ok_or_else(stray)
        }
    }
}

/// `None` where it turns out that the server does not do what is asked next.
fn open_one(place: &Place, statement: Duration, until: Instant, may_call: bool) -> Result<Option<Opened>, NotDirect> {
    let stream = connect(&place.host, place.keepalive, until).map_err(NotDirect::now)?;
    let mut talk = Talk { stream, until, heard: BytesMut::new(), out: BytesMut::new() };
    let process = talk.start(place)?;
    let milliseconds = statement.as_millis();
    talk.run(&format!(
        "SET statement_timeout = {milliseconds}; SET lock_timeout = {milliseconds}; SET client_min_messages = error; \
         SET client_encoding = 'UTF8'; SET default_transaction_isolation = 'read committed'; \
         SET default_transaction_deferrable = off; \
         SELECT pg_catalog.set_config(name, '0', false) FROM pg_catalog.pg_settings WHERE name = 'idle_session_timeout'"
    ))?;
    let facts = talk.facts()?;
    if facts.process != process.to_string() {
        // What is asked next may be asked of another process, on another server.
        return Err(NotDirect::Never("a pool of connections is in between"));
    }
    let function = facts.function.filter(|_| may_call);
    let asked = if function.is_some() { "number, pg_catalog.pg_current_snapshot()" } else { "number" };
    talk.prepare(&format!("SELECT {asked} FROM change_head"))?;
    if !talk.heard.is_empty() {
        return Err(stray());
    }
    let mut asker = Asker::new(function);
    if function.is_some() && !talk.try_out(&mut asker)? {
        return Ok(None);
    }
    talk.stream.set_nonblocking().map_err(NotDirect::now)?;
    Ok(Some(Opened { stream: talk.stream, asker, identity: facts.identity }))
}

/// A connection with somebody who speaks the protocol.
struct Talk {
    stream: Stream,
    until: Instant,
    heard: BytesMut,
    out: BytesMut,
}

/// What there is to know of the other side.
struct Facts {
    /// The number of the process that answers.
    process: String,
    identity: String,
    /// That of `pg_current_snapshot()`, where what it says can be relied on.
    function: Option<u32>,
}

impl Talk {
    fn start(&mut self, place: &Place) -> Result<i32, NotDirect> {
        let parameters =
            [("user", place.user.as_str()), ("database", place.database.as_str()), ("client_encoding", "UTF8")];
        let named = place.application.as_deref().map(|name| ("application_name", name));
        frontend::startup_message(parameters.into_iter().chain(named), &mut self.out).map_err(NotDirect::now)?;
        self.send()?;
        self.authenticate(place)?;
        let mut process = 0;
        loop {
            match self.next()? {
                Message::BackendKeyData(key) => process = key.process_id(),
                Message::ReadyForQuery(_) => return Ok(process),
                Message::ParameterStatus(_) => {}
                _ => return Err(stray()),
            }
        }
    }

    fn authenticate(&mut self, place: &Place) -> Result<(), NotDirect> {
        const NO_PASSWORD: NotDirect = NotDirect::Never("the password stands neither in its address nor in PGPASSWORD");
        let password = || place.password.as_deref().map(str::as_bytes).ok_or(NO_PASSWORD);
        let mut scram = None;
        loop {
            match self.next()? {
                Message::AuthenticationOk => return Ok(()),
                Message::AuthenticationCleartextPassword => {
                    frontend::password_message(password()?, &mut self.out).map_err(NotDirect::now)?;
                }
                Message::AuthenticationMd5Password(body) => {
                    let hash = md5_hash(place.user.as_bytes(), password()?, body.salt());
                    frontend::password_message(hash.as_bytes(), &mut self.out).map_err(NotDirect::now)?;
                }
                Message::AuthenticationSasl(body) => {
                    if !body.mechanisms().any(|name| Ok(name == SCRAM_SHA_256)).map_err(NotDirect::now)? {
                        return Err(NotDirect::Never("the server asks for a proof that only libpq gives"));
                    }
                    let new = ScramSha256::new(password()?, ChannelBinding::unsupported());
                    frontend::sasl_initial_response(SCRAM_SHA_256, new.message(), &mut self.out)
                        .map_err(NotDirect::now)?;
                    scram = Some(new);
                }
                Message::AuthenticationSaslContinue(body) => {
                    let scram = scram.as_mut().ok_or_else(stray)?;
                    scram.update(body.data()).map_err(NotDirect::now)?;
                    frontend::sasl_response(scram.message(), &mut self.out).map_err(NotDirect::now)?;
                }
                Message::AuthenticationSaslFinal(body) => {
                    scram.as_mut().ok_or_else(stray)?.finish(body.data()).map_err(NotDirect::now)?;
                }
                Message::AuthenticationGss | Message::AuthenticationKerberosV5 | Message::AuthenticationSspi => {
                    return Err(NotDirect::Never("the server asks for a proof that only libpq gives"));
                }
                _ => return Err(stray()),
            }
            self.send()?;
        }
    }

    /// Asks where this leads to.
    fn facts(&mut self) -> Result<Facts, NotDirect> {
        // A snapshot tells which transactions are to be seen only on a server that writes, and only of tables that are
        // kept as PostgreSQL keeps them.
        let row = self.run(&format!(
            "SELECT pg_catalog.pg_backend_pid(), {IDENTITY}, \
             pg_catalog.to_regprocedure('pg_catalog.pg_current_snapshot()')::pg_catalog.oid, \
             NOT pg_catalog.pg_is_in_recovery() AND relkind = 'r' AND amname = 'heap', pg_catalog.version() \
             FROM pg_catalog.pg_class c JOIN pg_catalog.pg_am a ON a.oid = c.relam \
             WHERE c.oid = 'change_head'::pg_catalog.regclass"
        ))?;
        let row = row.ok_or_else(stray)?;
        let columns: Vec<Option<&[u8]>> =
            row.ranges().map(|range| Ok(range.map(|range| &row.buffer()[range]))).collect().map_err(NotDirect::now)?;
        let text = |column: Option<&[u8]>| column.map(|text| String::from_utf8_lossy(text).into_owned());
        let [process, identity, function, usual, version] = columns.as_slice() else { return Err(stray()) };
        let function = text(*function).and_then(|number| number.parse().ok());
        let is_known = *usual == Some(b"t".as_slice()) && text(*version).is_some_and(|version| is_postgresql(&version));
        Ok(Facts {
            process: text(*process).unwrap_or_default(),
            identity: text(*identity).ok_or_else(stray)?,
            function: function.filter(|_| is_known),
        })
    }

    fn prepare(&mut self, statement: &str) -> Result<(), NotDirect> {
        frontend::parse(STATEMENT, statement, [], &mut self.out).map_err(NotDirect::now)?;
        frontend::sync(&mut self.out);
        self.send()?;
        self.until_ready().map(drop)
    }

    /// Asks for the head, and then by a call whether it is another one. Whether that is answered.
    fn try_out(&mut self, asker: &mut Asker) -> Result<bool, NotDirect> {
        self.ask(asker)?.map_err(NotDirect::now)?;
        self.until = self.until.min(Instant::now() + TRIAL);
        Ok(self.ask(asker).is_ok_and(|answer| answer.is_ok()))
    }

    /// Puts the next question of this one, and waits for the answer.
    fn ask(&mut self, asker: &mut Asker) -> Result<Result<Heard, BadReply>, NotDirect> {
        self.out.extend_from_slice(asker.ask().map_err(NotDirect::now)?);
        self.send()?;
        loop {
            self.read().map_err(NotDirect::now)?;
            let heard = asker.hear(&self.heard);
            self.heard.clear();
            if let Some(answer) = heard.transpose() {
                return Ok(answer);
            }
        }
    }

    /// Runs statements, and gives the last row of what they give.
    fn run(&mut self, statements: &str) -> Result<Option<DataRowBody>, NotDirect> {
        frontend::query(statements, &mut self.out).map_err(NotDirect::now)?;
        self.send()?;
        self.until_ready()
    }

    fn until_ready(&mut self) -> Result<Option<DataRowBody>, NotDirect> {
        let mut row = None;
        loop {
            match self.next()? {
                Message::DataRow(body) => row = Some(body),
                Message::ReadyForQuery(_) => return Ok(row),
                _ => {}
            }
        }
    }

    fn send(&mut self) -> Result<(), NotDirect> {
        self.stream.wait_at_most(left(self.until).map_err(NotDirect::now)?).map_err(NotDirect::now)?;
        let sent = self.stream.write_all(&self.out);
        self.out.clear();
        sent.map_err(NotDirect::now)
    }

    /// The next message that is no notice. A refusal is an error.
    fn next(&mut self) -> Result<Message, NotDirect> {
        loop {
            if let [_, a, b, c, d, ..] = *self.heard
                && u32::from_be_bytes([a, b, c, d]) as usize > LONGEST
            {
                return Err(stray());
            }
            match Message::parse(&mut self.heard).map_err(NotDirect::now)? {
                Some(Message::NoticeResponse(_)) => {}
                Some(Message::ErrorResponse(body)) => return Err(refused(&body)),
                Some(message) => return Ok(message),
                None => self.read().map_err(NotDirect::now)?,
            }
        }
    }

    fn read(&mut self) -> io::Result<()> {
        self.stream.wait_at_most(left(self.until)?)?;
        let mut bytes = [0; 4_096];
        match self.stream.read(&mut bytes)? {
            0 => Err(ErrorKind::UnexpectedEof.into()),
            read => {
                self.heard.extend_from_slice(&bytes[..read]);
                Ok(())
            }
        }
    }
}

/// Whether this is said by PostgreSQL, and not by one of those that were made of it and see by other rules what is
/// committed.
fn is_postgresql(version: &str) -> bool {
    let others = ["-YB-", "Yugabyte", "Greenplum", "Cockroach", "Redshift", "Materialize", "OpenGauss", "Limitless"];
    version.strip_prefix("PostgreSQL ").is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
        && !others.iter().any(|other| version.contains(other))
}

/// In the server's words, which may name the user and the database, but have no secrets.
fn refused(body: &ErrorResponseBody) -> NotDirect {
    let (mut code, mut words) = (String::new(), String::new());
    let mut fields = body.fields();
    while let Ok(Some(field)) = fields.next() {
        let value = || String::from_utf8_lossy(field.value_bytes()).into_owned();
        match field.type_() {
            b'C' => code = value(),
            b'M' => words = value().chars().filter(|c| !c.is_control()).take(200).collect(),
            _ => {}
        }
    }
    NotDirect::Now(format!("{words} ({code})"))
}

fn stray() -> NotDirect {
    NotDirect::Now("the server says what was not asked".to_owned())
}

#[cfg(test)]
mod tests {
    #[test]
    fn only_postgresql_is_known() {
        for (version, known) in [
            ("PostgreSQL 15.18 (Debian 15.18-0+deb12u1) on x86_64-pc-linux-gnu, compiled by gcc", true),
            ("PostgreSQL 18beta1 on aarch64-unknown-linux-gnu", true),
            ("PostgreSQL 11.2-YB-2.15.0.1-b0 on x86_64-pc-linux-gnu", false),
            ("PostgreSQL 12.12 (Greenplum Database 7.0.0 build) on x86_64", false),
            ("CockroachDB CCL v23.1.11 (x86_64-pc-linux-gnu)", false),
            ("", false),
        ] {
            assert_eq!(super::is_postgresql(version), known, "{version}");
        }
    }
}
