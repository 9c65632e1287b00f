//! What is asked, and what the answers say: by PostgreSQL's protocol of messages, version 3.

/// The longest message that is taken, in bytes. That of a snapshot has eight for each transaction that is under way.
const LONGEST: usize = 65_536;

/// The name of the statement that is prepared on each of these connections.
pub(super) const STATEMENT: &str = "head";

/// Who knows what to ask by one connection, and what the answer means. One question at a time.
#[derive(Debug)]
pub struct Asker {
    /// The message that asks for the snapshot, where that says anything.
    snapshot: Option<Vec<u8>>,
    /// The messages that ask for the head, and for the snapshot under which it is read.
    head: Vec<u8>,
    under_way: Option<Question>,
    /// What has arrived and is no whole message yet.
    arrived: Vec<u8>,
    /// What the answer under way has said.
    told: Option<Told>,
    /// A snapshot, and the head that was read under it.
    known: Option<(Vec<u8>, u64)>,
    /// Whether the snapshot has just been found to be another one.
    changed: bool,
    /// How many times in a row it was.
    in_a_row: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Question {
    Snapshot,
    Head,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Told {
    /// Whether it is the one that is known.
    Snapshot(bool),
    Head(u64),
}

/// What was heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heard {
    /// The number of a change that was the last one at some time after the question was put.
    Head(u64),
    /// Something was committed: what [`Asker::ask`] gives next asks what the last change is.
    Changed,
}

/// A reply that says nothing: the server refuses, or it is none at all. The connection is of no use any more.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadReply {
    /// With the code of what is the matter (SQLSTATE).
    #[error("the server refuses ({0})")]
    Refused(String),
    /// Not what the protocol allows here.
    #[error("the server says what was not asked")]
    Stray,
}

impl Asker {
    /// By a connection on which [`STATEMENT`] is prepared. `function` is the number of `pg_current_snapshot()`, where that is
    /// to be asked; then the statement has it as its second column.
    pub(super) fn new(function: Option<u32>) -> Self {
        Self {
            snapshot: function.map(call),
            head: execute(),
            under_way: None,
            arrived: Vec::new(),
            told: None,
            known: None,
            changed: false,
            in_a_row: 0,
        }
    }

    /// Puts the next question: what is to be sent. Nothing may be under way.
    pub fn ask(&mut self) -> Result<&[u8], BadReply> {
        // What a server may say by itself may have arrived in part.
        if self.under_way.is_some() || !matches!(self.arrived.first(), None | Some(b'N' | b'S' | b'A')) {
            return Err(BadReply::Stray);
        }
        self.told = None;
        // While it is another one each time, to ask for it is one question too many.
        let is_of_use = self.known.is_some() && !self.changed && self.in_a_row < 2;
        let (question, message) = match &self.snapshot {
            Some(message) if is_of_use => (Question::Snapshot, message),
            _ => (Question::Head, &self.head),
        };
        self.under_way = Some(question);
        Ok(message)
    }

    /// Takes what has arrived. `None` as long as the answer is not there as a whole.
    pub fn hear(&mut self, arrived: &[u8]) -> Result<Option<Heard>, BadReply> {
        let mut before = std::mem::take(&mut self.arrived);
        before.extend_from_slice(arrived);
        let (mut rest, mut heard) = (before.as_slice(), None);
        while let Some((kind, body, behind)) = message(rest)? {
            rest = behind;
            if kind == b'Z' {
                heard = Some(self.end(body)?);
            } else {
                self.take(kind, body)?;
            }
        }
        let taken = before.len() - rest.len();
        before.drain(..taken);
        self.arrived = before;
        Ok(heard)
    }

    /// A message before the last of an answer.
    fn take(&mut self, kind: u8, body: &[u8]) -> Result<(), BadReply> {
        let told = match (kind, self.under_way) {
            // Said at any time: a notice, a setting that was changed, a notification.
            (b'N' | b'S' | b'A', _) => return Ok(()),
            (b'E', _) => return Err(BadReply::Refused(code(body))),
            // The beginning and the end of a statement.
            (b'2' | b'C', Some(Question::Head)) => return Ok(()),
            (b'V', Some(Question::Snapshot)) => {
                let (snapshot, rest) = value(body).ok_or(BadReply::Stray)?;
                let known = self.known.as_ref().is_some_and(|(known, _)| known == snapshot);
                rest.is_empty().then_some(Told::Snapshot(known))
            }
            (b'D', Some(Question::Head)) => self.row(body),
            _ => None,
        };
        if self.told.is_some() {
            return Err(BadReply::Stray);
        }
        self.told = Some(told.ok_or(BadReply::Stray)?);
        Ok(())
    }

    /// The row with the head, and with the snapshot where that was asked for.
    fn row(&mut self, body: &[u8]) -> Option<Told> {
        let columns = 1 + u16::from(self.snapshot.is_some());
        let (head, rest) = value(body.strip_prefix(&columns.to_be_bytes())?)?;
        let head = u64::try_from(i64::from_be_bytes(head.try_into().ok()?)).ok()?;
        if self.snapshot.is_some() {
            let (snapshot, rest) = value(rest)?;
            if !rest.is_empty() || snapshot.is_empty() {
                return None;
            }
            match &mut self.known {
                Some((known, number)) if known == snapshot => {
                    // That it is another number would prove all of this wrong.
                    if *number != head {
                        return None;
                    }
                    self.in_a_row = 0;
                }
                known => *known = Some((snapshot.to_vec(), head)),
            }
        } else if !rest.is_empty() {
            return None;
        }
        Some(Told::Head(head))
    }

    /// The end of an answer, behind which the server waits for the next question and is in no transaction.
    fn end(&mut self, body: &[u8]) -> Result<Heard, BadReply> {
        let told = self.told.take().filter(|_| body == b"I").ok_or(BadReply::Stray)?;
        self.under_way = None;
        self.changed = told == Told::Snapshot(false);
        match told {
            Told::Head(head) => Ok(Heard::Head(head)),
            Told::Snapshot(true) => {
                self.in_a_row = 0;
                self.known.as_ref().map(|(_, head)| Heard::Head(*head)).ok_or(BadReply::Stray)
            }
            Told::Snapshot(false) => {
                self.in_a_row += 1;
                Ok(Heard::Changed)
            }
        }
    }
}

/// A call of a function without arguments, whose result is to be in binary.
fn call(function: u32) -> Vec<u8> {
    let mut message = vec![b'F', 0, 0, 0, 14];
    message.extend(function.to_be_bytes());
    message.extend([0, 0, 0, 0, 0, 1]);
    message
}

/// Runs the statement, whose columns are to be in binary.
fn execute() -> Vec<u8> {
    let mut message = vec![b'B', 0, 0, 0, 0, 0];
    message.extend(STATEMENT.bytes());
    message.extend([0, 0, 0, 0, 0, 0, 1, 0, 1]);
    message[4] = u8::try_from(message.len() - 1).unwrap_or_default();
    message.extend([b'E', 0, 0, 0, 9, 0, 0, 0, 0, 0]);
    message.extend([b'S', 0, 0, 0, 4]);
    message
}

/// The first message: its kind, its body, and what is behind it. `None` when it is not there as a whole.
#[allow(clippy::type_complexity, reason = "three parts of one slice")]
fn message(bytes: &[u8]) -> Result<Option<(u8, &[u8], &[u8])>, BadReply> {
    let Some((head, rest)) = bytes.split_first_chunk::<5>() else { return Ok(None) };
    let length = u32::from_be_bytes([head[1], head[2], head[3], head[4]]) as usize;
    let length = length.checked_sub(4).filter(|length| *length <= LONGEST).ok_or(BadReply::Stray)?;
    Ok(rest.split_at_checked(length).map(|(body, behind)| (head[0], body, behind)))
}

/// A value with its length before it, and what is behind it. `None` where it is null, too.
fn value(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first_chunk::<4>()?;
    rest.split_at_checked(usize::try_from(i32::from_be_bytes(*length)).ok()?)
}

/// The code of an error.
fn code(body: &[u8]) -> String {
    let fields = body.split(|byte| *byte == 0);
    let code = fields.filter_map(|field| field.strip_prefix(b"C")).find(|code| code.len() == 5);
    code.map_or_else(|| "no code".to_owned(), |code| String::from_utf8_lossy(code).into_owned())
}

#[cfg(test)]
mod tests;
