//! The access log: one line a request, of the same form on every listener.

use crate::logging::{self, Stamp};
use crate::printable::printable;
use crate::settings::LogFormat;
use log::Record;
use log::kv::Value;
use serde::Serialize;
use std::cell::RefCell;
use std::fmt::{self, Write};
use std::net::IpAddr;
use std::time::{Duration, SystemTime};
use uuid::Uuid;

/// What is told of a request. Never its query, in which an access token may stand, nor what it presented.
pub(crate) struct Access<'a> {
    /// Its id.
    pub id: Uuid,
    /// Who asked, as far as proxies of ours tell it.
    pub client: IpAddr,
    /// The dialect; none where no dialect holds the path.
    pub dialect: Option<&'static str>,
    /// The method.
    pub method: &'a str,
    /// The path, without what may be a secret.
    pub path: &'a str,
    /// The pattern of the address; none where the path is none.
    pub route: Option<&'static str>,
    /// The status of the reply.
    pub status: u16,
    /// The length of its body; 0 where it is streamed.
    pub bytes: u64,
    /// How long it took from the header of the request to the reply.
    pub took: Duration,
    /// The number of the credential that let the request in.
    pub credential: Option<i64>,
}

/// A line as JSON, its names in the order of the alphabet, as in all other lines.
#[derive(Serialize)]
struct Line<'a> {
    bytes: u64,
    client: IpAddr,
    credential: &'a str,
    dialect: &'a str,
    level: &'a str,
    message: &'a str,
    method: &'a str,
    micros: u64,
    path: &'a str,
    request: Uuid,
    route: &'a str,
    status: u16,
    target: &'a str,
    time: &'a Stamp,
}

thread_local! {
    /// The memory of the last line of this thread.
    static LINE: RefCell<String> = const { RefCell::new(String::new()) };
}

const TARGET: &str = "access";
const MESSAGE: &str = "request";

impl Access<'_> {
    /// Whether lines of this level are written at all.
    pub fn is_told(level: log::Level) -> bool {
        log::log_enabled!(target: TARGET, level)
    }

    /// Writes the line.
    pub fn log(&self, level: log::Level) {
        if !Self::is_told(level) {
            return;
        }
        // There are as many of these lines as requests, so they do not take the long way where that can be spared.
        if let Some(direct) = logging::direct() {
            let stamp = Stamp::of(SystemTime::now());
            LINE.with_borrow_mut(|line| {
                line.clear();
                if self.write(direct.format(), level, &stamp, line).is_ok() {
                    direct.put(line);
                }
            });
            return;
        }
        self.record(level, &|record| log::logger().log(record));
    }

    /// The line as the logger takes it.
    fn record(&self, level: log::Level, then: &dyn Fn(&Record<'_>)) {
        let credential = self.credential.map_or_else(|| "-".to_owned(), |id| id.to_string());
        let pairs = [
            ("request", Value::from_display(&self.id)),
            ("client", Value::from_display(&self.client)),
            ("dialect", Value::from(self.dialect.unwrap_or("-"))),
            ("method", Value::from(self.method)),
            ("path", Value::from(self.path)),
            ("status", Value::from(self.status)),
            ("bytes", Value::from(self.bytes)),
            ("micros", Value::from(self.micros())),
            ("route", Value::from(self.route.unwrap_or("-"))),
            ("credential", Value::from(credential.as_str())),
        ];
        let pairs: &[(&str, Value<'_>)] = &pairs;
        let mut record = Record::builder();
        record.target(TARGET).level(level).key_values(&pairs);
        then(&record.args(format_args!("{MESSAGE}")).build());
    }

    fn micros(&self) -> u64 {
        u64::try_from(self.took.as_micros()).unwrap_or(u64::MAX)
    }

    /// The line as the logger writes it.
    fn write(&self, format: LogFormat, level: log::Level, time: &Stamp, line: &mut String) -> fmt::Result {
        let mut digits = itoa::Buffer::new();
        let credential = self.credential.map_or("-", |id| digits.format(id));
        let (dialect, route) = (self.dialect.unwrap_or("-"), self.route.unwrap_or("-"));
        if format == LogFormat::Json {
            let level = level.as_str().to_ascii_lowercase();
            let json = serde_json::to_string(&Line {
                bytes: self.bytes,
                client: self.client,
                credential,
                dialect,
                level: &level,
                message: MESSAGE,
                method: self.method,
                micros: self.micros(),
                path: self.path,
                request: self.id,
                route,
                status: self.status,
                target: TARGET,
                time,
            });
            line.push_str(&json.map_err(|_| fmt::Error)?);
            line.push('\n');
            return Ok(());
        }
        let mut id = [0; uuid::fmt::Hyphenated::LENGTH];
        let mut number = itoa::Buffer::new();
        line.push_str(time.as_str());
        line.push_str(match level {
            log::Level::Error => " ERROR access: ",
            log::Level::Warn => " WARN  access: ",
            log::Level::Info => " INFO  access: ",
            log::Level::Debug => " DEBUG access: ",
            log::Level::Trace => " TRACE access: ",
        });
        line.push_str(MESSAGE);
        line.push_str(" request=");
        line.push_str(self.id.hyphenated().encode_lower(&mut id));
        line.push_str(" client=");
        match self.client {
            IpAddr::V4(address) => {
                for (at, octet) in address.octets().into_iter().enumerate() {
                    line.push_str(if at == 0 { "" } else { "." });
                    line.push_str(number.format(octet));
                }
            }
            IpAddr::V6(address) => write!(line, "{address}")?,
        }
        line.push_str(" dialect=");
        line.push_str(dialect);
        for (name, text) in [(" method=", self.method), (" path=", self.path)] {
            line.push_str(name);
            line.push_str(&printable(text));
        }
        for (name, value) in [(" status=", self.status.into()), (" bytes=", self.bytes), (" micros=", self.micros())] {
            line.push_str(name);
            line.push_str(number.format::<u64>(value));
        }
        line.push_str(" route=");
        line.push_str(route);
        line.push_str(" credential=");
        line.push_str(credential);
        line.push('\n');
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::logging::tests::written_by;

    #[test]
    fn the_short_way_leads_to_the_same_line() {
        let plain = Access {
            id: Uuid::nil(),
            client: "192.0.2.1".parse().expect("an address"),
            dialect: Some("rm"),
            method: "GET",
            path: "/api/Organization/groups",
            route: Some("/api/Organization/groups"),
            status: 200,
            bytes: 1_234,
            took: Duration::from_micros(56),
            credential: Some(7),
        };
        let odd = Access {
            client: "2001:db8::1".parse().expect("an address"),
            dialect: None,
            method: "BR\u{1b}EW",
            path: "/a\nb \"c\" \\ \u{202e}é",
            route: None,
            took: Duration::MAX,
            credential: None,
            ..plain
        };
        for access in [plain, odd] {
            for format in [LogFormat::Text, LogFormat::Json] {
                for level in [log::Level::Info, log::Level::Debug] {
                    let by_logger =
                        written_by(format, "trace", &|logger| access.record(level, &|record| logger.log(record)));
                    let [by_logger] = by_logger.as_slice() else { panic!("{by_logger:?}") };
                    let stamp = Stamp::of(SystemTime::UNIX_EPOCH);
                    let mut line = String::new();
                    access.write(format, level, &stamp, &mut line).expect("written");
                    // All but the time.
                    let without = |line: &str| match format {
                        LogFormat::Text => line.split_once(' ').expect("a time").1.to_owned(),
                        LogFormat::Json => line.rsplit_once(",\"time\":").expect("a time").0.to_owned(),
                    };
                    assert_eq!(without(line.trim_end_matches('\n')), without(by_logger), "{format:?}");
                    assert!(line.contains(stamp.as_str()) && line.ends_with('\n'));
                }
            }
        }
    }
}
