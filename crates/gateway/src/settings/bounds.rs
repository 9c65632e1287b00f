//! What the values may be.

use super::Settings;

impl Settings {
    /// What is wrong with the values, in words.
    pub(super) fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        let mut within = |name: &str, value: u64, least: u64, most: u64| {
            if !(least..=most).contains(&value) {
                problems.push(format!("{name} must be from {least} to {most}"));
            }
        };
        const DAY: u64 = 86_400;
        within("server.workers", self.server.workers as u64, 0, 1024);
        within("server.hsts_seconds", self.server.hsts_seconds, 0, 10 * 365 * DAY);
        within("server.keep_alive_seconds", self.server.keep_alive_seconds, 0, DAY);
        within("server.request_timeout_seconds", self.server.request_timeout_seconds, 1, DAY);
        within("server.shutdown_timeout_seconds", self.server.shutdown_timeout_seconds, 0, DAY);
        within("database.pool_size", self.database.pool_size.into(), 1, 1000);
        within("database.acquire_timeout_seconds", self.database.acquire_timeout_seconds, 1, DAY);
        within("database.statement_timeout_seconds", self.database.statement_timeout_seconds, 1, DAY);
        within("roster.bytes", self.roster.bytes, 0, 1 << 40);
        within("roster.replies_bytes", self.roster.replies_bytes, 0, 1 << 40);
        within("roster.behind", self.roster.behind.into(), 1, 1_000_000);
        within("limits.body_bytes", self.limits.body_bytes as u64, 1024, 1 << 30);
        within("limits.bodies_bytes", self.limits.bodies_bytes, 1 << 20, 1 << 40);
        within("limits.import_bytes", self.limits.import_bytes, 1024, 1 << 40);
        within("limits.body_timeout_seconds", self.limits.body_timeout_seconds, 1, DAY);
        within("limits.queue_timeout_seconds", self.limits.queue_timeout_seconds, 1, DAY);
        within("limits.queue_length", self.limits.queue_length.into(), 0, 1 << 20);
        within("limits.connections", self.limits.connections.into(), 1, 1 << 20);
        within("changes.keep_days", self.changes.keep_days.into(), 0, 36_500);
        within("dialects.elance.default_rpp", self.dialects.elance.default_rpp.into(), 1, 25);
        if self.limits.bodies_bytes < 2 * self.limits.body_bytes as u64 {
            problems.push("limits.bodies_bytes must be twice limits.body_bytes at least".to_owned());
        }
        if !is_public_url(&self.server.public_url) {
            problems.push(
                "server.public_url must be empty, or http:// or https:// with a host, perhaps a port and a path, and \
                 not end in /"
                    .to_owned(),
            );
        }
        let known = self.dialects.prefixes().map(|(name, _)| name);
        if !self.roster.ready_rows.iter().all(|name| known.contains(&name.as_str())) {
            problems.push(format!("roster.ready_rows must name dialects: {}", known.join(", ")));
        }
        for (name, prefix) in self.dialects.prefixes() {
            if !is_prefix(prefix) {
                problems.push(format!(
                    "dialects.{name}.prefix must be empty, or begin with / and not end in one, of letters, digits \
                     and the characters - . _ ~ /"
                ));
            }
        }
        problems
    }
}

fn is_public_url(text: &str) -> bool {
    let legal = |b: u8| b.is_ascii_alphanumeric() || b"-._~:/[]%".contains(&b);
    let host = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://")).unwrap_or_default();
    text.is_empty() || !host.is_empty() && !host.starts_with('/') && !host.ends_with('/') && host.bytes().all(legal)
}

fn is_prefix(prefix: &str) -> bool {
    let legal = |b: u8| b.is_ascii_alphanumeric() || b"-._~/".contains(&b);
    prefix.is_empty()
        || prefix.starts_with('/') && !prefix.ends_with('/') && !prefix.contains("//") && prefix.bytes().all(legal)
}
