//! The log: lines on stderr, as text or as JSON, each with the id of the request that it was written for.

mod sink;
mod stamp;

pub(crate) use stamp::Stamp;

use crate::printable::printable;
use crate::settings::{LogFormat, Logging};
use env_logger::WriteStyle;
use env_logger::fmt::{Formatter, Target};
use log::Record;
use log::kv::{self, Key, Value, VisitSource};
use serde_json::{Map, Value as Json};
use sink::{Logged, SINK};
use std::borrow::Cow;
use std::cell::Cell;
use std::fmt::{self, Display, Write as _};
use std::io::{self, IsTerminal, Write};
use std::panic::PanicHookInfo;
use std::sync::OnceLock;
use uuid::Uuid;

thread_local! {
    static REQUEST: Cell<Option<Uuid>> = const { Cell::new(None) };
}

/// Runs `work`; every line that is logged meanwhile on this thread bears `request`.
pub(crate) fn within<T>(request: Uuid, work: impl FnOnce() -> T) -> T {
    /// Ends it, also when `work` panics.
    struct Restore(Option<Uuid>);
    impl Drop for Restore {
        fn drop(&mut self) {
            REQUEST.set(self.0);
        }
    }
    let _restore = Restore(REQUEST.replace(Some(request)));
    work()
}

/// Of a path that is no address of ours, what a log may show: what stands behind the first segment may be a secret that
/// was meant for another address.
pub(crate) fn first_segment(path: &str) -> Cow<'_, str> {
    match path.get(1..).and_then(|below| below.split_once('/')) {
        Some((first, behind)) if !behind.is_empty() => Cow::Owned(format!("/{first}/…")),
        _ => Cow::Borrowed(path),
    }
}

/// Starts the log. What panics is logged too, so that it has the form and the request's id of any other line.
pub(crate) fn start(settings: &Logging) -> anyhow::Result<()> {
    let mut builder = builder(settings)?;
    if io::stderr().is_terminal() {
        builder.target(Target::Stderr).try_init()?;
    } else {
        // It would ask the operating system for each line whether that is a terminal.
        builder.target(Target::Pipe(Box::new(Logged))).try_init()?;
        // Set once, as the logger.
        let _ = DIRECT.set(Direct(settings.format));
    }
    std::panic::set_hook(Box::new(|panic| log::error!(target: "panic", "{}", describe(panic))));
    Ok(())
}

/// Writes what waits to be written, at the end of the process.
pub(crate) fn flush() {
    SINK.flush();
}

/// The way around the logger for lines of which there are very many. Who takes it writes them as the logger would.
#[derive(Clone, Copy)]
pub(crate) struct Direct(LogFormat);

static DIRECT: OnceLock<Direct> = OnceLock::new();

/// That way; none where lines are coloured, or there is no log.
pub(crate) fn direct() -> Option<Direct> {
    DIRECT.get().copied()
}

impl Direct {
    /// The form of lines.
    pub fn format(self) -> LogFormat {
        self.0
    }

    /// Has a line, with its end, written soon.
    pub fn put(self, line: &str) {
        SINK.soon(line.as_bytes());
    }
}

fn builder(settings: &Logging) -> anyhow::Result<env_logger::Builder> {
    let mut builder = env_logger::Builder::new();
    check_filter(&settings.filter)?;
    // It logs what does not parse as HTTP, as errors, so anybody could fill the log. Whoever names it gets it.
    builder.filter_module("actix_http", log::LevelFilter::Off);
    builder.parse_filters(&settings.filter);
    let colored = io::stderr().is_terminal();
    if !colored {
        // Nothing that is written below moves a cursor, so nothing has to be looked through for it.
        builder.write_style(WriteStyle::Always);
    }
    match settings.format {
        LogFormat::Text => builder.format(move |out, record| text(out, record, colored)),
        LogFormat::Json => builder.format(json),
    };
    Ok(builder)
}

/// Refuses a bad filter. `parse_filters` would tell of it on stderr and go on without it.
fn check_filter(filter: &str) -> anyhow::Result<()> {
    let levels = filter.split(',').map(|part| part.rsplit_once('=').map_or(part, |(_, level)| level).trim());
    for level in levels {
        if level.parse::<log::LevelFilter>().is_err() {
            anyhow::bail!(
                "logging.filter cannot be read at `{level}`; write a level (error, warn, info, debug, trace, off) or \
                 parts with theirs, like warn,access=info"
            );
        }
    }
    Ok(())
}

/// Where it panicked and with which words, on one line.
fn describe(panic: &PanicHookInfo<'_>) -> String {
    let payload = panic.payload();
    let words =
        payload.downcast_ref::<&str>().copied().or_else(|| payload.downcast_ref::<String>().map(String::as_str));
    let place = panic.location().map(ToString::to_string).unwrap_or_default();
    format!("panic at {place}: {}", words.unwrap_or("no words")).replace('\n', " ")
}

/// `2026-11-22T01:10:33.123Z INFO access: request id=… status=200`
fn text(out: &mut Formatter, record: &Record<'_>, colored: bool) -> io::Result<()> {
    let (time, level) = (out.timestamp_millis(), record.level());
    if colored {
        let style = out.default_level_style(level);
        write!(out, "{time} {style}{level:<5}{style:#} {}: ", record.target())?;
    } else {
        write!(out, "{time} {level:<5} {}: ", record.target())?;
    }
    fit(out, record.args())?;
    if let Some(request) = REQUEST.get() {
        write!(out, " request={request}")?;
    }
    record.key_values().visit(&mut TextPairs(out)).map_err(io::Error::other)?;
    writeln!(out)
}

/// Writes a value as [`printable`] has it.
fn fit(out: &mut Formatter, value: impl Display) -> io::Result<()> {
    write!(Fit(out), "{value}").map_err(|_| io::ErrorKind::Other.into())
}

struct Fit<'a>(&'a mut Formatter);

impl fmt::Write for Fit<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.write_all(printable(text).as_bytes()).map_err(|_| fmt::Error)
    }
}

struct TextPairs<'a>(&'a mut Formatter);

impl<'kvs> VisitSource<'kvs> for TextPairs<'_> {
    fn visit_pair(&mut self, key: Key<'kvs>, value: Value<'kvs>) -> Result<(), kv::Error> {
        write!(self.0, " {key}=")?;
        fit(self.0, value)?;
        Ok(())
    }
}

fn json(out: &mut Formatter, record: &Record<'_>) -> io::Result<()> {
    let mut fields = JsonPairs(Map::new());
    fields.set("time", out.timestamp_millis().to_string());
    fields.set("level", record.level().as_str().to_ascii_lowercase());
    fields.set("target", record.target());
    fields.set("message", record.args().to_string());
    if let Some(request) = REQUEST.get() {
        fields.set("request", request.to_string());
    }
    record.key_values().visit(&mut fields).map_err(io::Error::other)?;
    serde_json::to_writer(&mut *out, &fields.0)?;
    writeln!(out)
}

struct JsonPairs(Map<String, Json>);

impl JsonPairs {
    fn set(&mut self, key: &str, value: impl Into<Json>) {
        self.0.insert(key.to_owned(), value.into());
    }
}

impl<'kvs> VisitSource<'kvs> for JsonPairs {
    fn visit_pair(&mut self, key: Key<'kvs>, value: Value<'kvs>) -> Result<(), kv::Error> {
        match value.to_u64() {
            Some(number) => self.set(key.as_str(), number),
            None => self.set(key.as_str(), value.to_string()),
        }
        Ok(())
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use log::Log;
    use std::sync::{Arc, Mutex};

    #[test]
    fn of_an_unknown_path_the_first_segment_is_shown() {
        for (path, shown) in [("/", "/"), ("/a/", "/a/"), ("/a", "/a"), ("/a/t", "/a/…"), ("//t/u", "//…"), ("", "")]
        {
            assert_eq!(first_segment(path), shown);
        }
    }

    #[test]
    fn filters_are_checked() {
        for (filter, good) in [
            ("info", true),
            ("warn,access=info", true),
            ("off", true),
            ("loud", false),
            ("", false),
            ("access=", false),
        ] {
            assert_eq!(check_filter(filter).is_ok(), good, "{filter}");
        }
    }

    #[test]
    fn a_request_is_known_only_while_it_lasts() {
        let id = Uuid::new_v4();
        assert_eq!(within(id, || REQUEST.get()), Some(id));
        let panicked = std::panic::catch_unwind(|| within(id, || std::panic::resume_unwind(Box::new("x"))));
        assert!(panicked.is_err());
        assert_eq!(REQUEST.get(), None);
    }

    /// The lines that a logger of this form writes.
    pub(crate) fn written_by(format: LogFormat, filter: &str, log: &dyn Fn(&dyn Log)) -> Vec<String> {
        #[derive(Clone, Default)]
        struct Memory(Arc<Mutex<Vec<u8>>>);
        impl Write for Memory {
            fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
                self.0.lock().expect("no panic").write(bytes)
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let memory = Memory::default();
        let settings = Logging { format, filter: filter.into() };
        let mut builder = builder(&settings).expect("a legal filter");
        let logger = builder.target(Target::Pipe(Box::new(memory.clone()))).build();
        log(&logger);
        let bytes = memory.0.lock().expect("no panic").clone();
        String::from_utf8(bytes).expect("UTF-8").lines().map(str::to_owned).collect()
    }

    /// What is written of two lines, one of them within a request.
    fn written(format: LogFormat) -> Vec<String> {
        written_by(format, "warn,access=info", &two_lines)
    }

    fn two_lines(logger: &dyn Log) {
        let pairs = [("status", Value::from(200)), ("path", Value::from("/a\nb"))];
        let line = |target, message: &str| {
            let pairs: &[(&str, Value<'_>)] = &pairs;
            let mut record = Record::builder();
            record.target(target).level(log::Level::Info).key_values(&pairs);
            logger.log(&record.args(format_args!("{message}")).build());
        };
        line("access", "one\nline");
        line("other", "below its level");
        let mut foreign = Record::builder();
        foreign.target("actix_http::h1::dispatcher").level(log::Level::Error);
        logger.log(&foreign.args(format_args!("stream error")).build());
        within(Uuid::nil(), || line("access", "two"));
    }

    #[test]
    fn text_lines_are_one_line_each() {
        let lines = written(LogFormat::Text);
        assert_eq!(lines.len(), 2, "{lines:?}");
        assert!(lines[0].ends_with("INFO  access: one\\nline status=200 path=/a\\nb"), "{lines:?}");
        assert!(lines[1].contains(&format!("two request={} status=200", Uuid::nil())), "{lines:?}");
    }

    #[test]
    fn json_lines_are_objects() {
        let lines = written(LogFormat::Json);
        let objects: Vec<Json> = lines.iter().map(|line| serde_json::from_str(line).expect("JSON")).collect();
        assert_eq!(objects.len(), 2, "{lines:?}");
        assert_eq!((&objects[0]["status"], &objects[0]["path"]), (&200.into(), &"/a\nb".into()));
        assert_eq!((&objects[0]["message"], &objects[0]["level"]), (&"one\nline".into(), &"info".into()));
        assert_eq!((&objects[0]["request"], &objects[1]["request"]), (&Json::Null, &Uuid::nil().to_string().into()));
    }
}
