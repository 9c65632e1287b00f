//! Whether what was written has the shape of the settings: names, sections, and what kind of value each is.
//!
//! Told here, in our own words, because a value may be a database URL with its password, and the errors of the
//! libraries quote what they could not read. Nothing here ever quotes a value.

use config::{Map, Value, ValueKind};

/// Settings for which certain words may stand, and how they are told.
const WORDS: [(&str, [&str; 2], &str); 2] = [
    ("logging.format", ["text", "json"], "must be \"text\" or \"json\""),
    ("dialects.elance.expires_in", ["absolute", "seconds"], "must be \"absolute\" or \"seconds\""),
];

/// Settings that may be larger than 32 bits hold; how large, is told where all bounds are.
const LARGE: [&str; 4] = ["roster.bytes", "roster.replies_bytes", "limits.bodies_bytes", "limits.import_bytes"];

/// What is wrong with `given`, in words. `known` are the defaults: every setting, each with a value of its kind.
pub(super) fn problems(given: &Map<String, Value>, known: &Map<String, Value>) -> Vec<String> {
    let mut problems = Vec::new();
    section("", given, known, &mut problems);
    problems.sort();
    problems
}

fn section(path: &str, given: &Map<String, Value>, known: &Map<String, Value>, problems: &mut Vec<String>) {
    for (key, value) in given {
        let name = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
        let problem = match (known.get(key).map(|v| &v.kind), &value.kind) {
            (None, _) => Some("is not a setting"),
            (Some(ValueKind::Table(known)), ValueKind::Table(given)) => {
                section(&name, given, known, problems);
                None
            }
            (Some(ValueKind::Table(_)), _) => Some("is a section, not a setting"),
            (Some(ValueKind::Boolean(_)), _) => wrong(value.clone().into_bool().is_ok(), "must be true or false"),
            (Some(ValueKind::String(_)), _) => {
                match (value.clone().into_string(), WORDS.iter().find(|(setting, ..)| *setting == name)) {
                    (Ok(text), Some((_, words, problem))) => wrong(words.contains(&text.as_str()), problem),
                    (text, _) => wrong(text.is_ok(), "must be a text"),
                }
            }
            (Some(ValueKind::Array(_)), _) if name == "roster.ready_rows" => super::Names::problem(value),
            (Some(ValueKind::Array(_)), _) => super::Nets::problem(value),
            // All other settings are numbers.
            (Some(_), ValueKind::Float(_)) => Some("must be a whole number"),
            (Some(_), _) => match value.clone().into_int() {
                Ok(number) => wrong(LARGE.contains(&&*name) || number <= i64::from(u32::MAX), "is too large")
                    .or_else(|| wrong(number >= 0, "must be a whole number from 0 on")),
                Err(_) => Some("must be a whole number"),
            },
        };
        if let Some(problem) = problem {
            let place = if value.origin().is_some() { " (set by the environment)" } else { "" };
            problems.push(format!("{name} {problem}{place}"));
        }
    }
}

fn wrong(good: bool, problem: &'static str) -> Option<&'static str> {
    (!good).then_some(problem)
}

/// Where a text stops being TOML: ` at line 3, column 7`, or nothing when the error does not say so.
pub(super) fn place(error: &config::ConfigError) -> String {
    let config::ConfigError::FileParse { cause, .. } = error else { return String::new() };
    // Only the numbers are taken: the rest of the error shows the line.
    let words = cause.to_string();
    let numbers = words.lines().next().and_then(|first| {
        let (line, column) = first.strip_prefix("TOML parse error at line ")?.split_once(", column ")?;
        Some((line.parse::<u32>().ok()?, column.parse::<u32>().ok()?))
    });
    numbers.map_or_else(String::new, |(line, column)| format!(" at line {line}, column {column}"))
}
