//! Medians and percentiles, and how they are printed.

/// Least, median and greatest of some numbers. Of an even number of them the median is the mean of the middle two.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spread {
    pub least: f64,
    pub median: f64,
    pub greatest: f64,
}

impl Spread {
    /// Of at least one number.
    pub fn of(values: &[f64]) -> Self {
        let mut sorted = values.to_vec();
        sorted.sort_by(f64::total_cmp);
        let (least, greatest) = (sorted[0], sorted[sorted.len() - 1]);
        let (low, high) = (sorted[(sorted.len() - 1) / 2], sorted[sorted.len() / 2]);
        Self { least, median: f64::midpoint(low, high), greatest }
    }

    /// `0.812 (0.790–0.840)`.
    pub fn ratio(&self) -> String {
        format!("{:.3} ({:.3}–{:.3})", self.median, self.least, self.greatest)
    }

    /// The same by another way of printing a number.
    pub fn by(&self, print: fn(f64) -> String) -> String {
        format!("{} ({}–{})", print(self.median), print(self.least), print(self.greatest))
    }
}

/// Half of the requests took no longer than the first, 99 of 100 no longer than the second; in nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Latency {
    pub p50: u64,
    pub p99: u64,
}

impl Latency {
    /// By nearest rank; 0 where there is no sample.
    pub fn of(samples: &mut [u64]) -> Self {
        samples.sort_unstable();
        if samples.is_empty() {
            return Self { p50: 0, p99: 0 };
        }
        Self { p50: percentile(samples, 50), p99: percentile(samples, 99) }
    }

    /// `0.31 / 0.88`, in milliseconds.
    pub fn print(&self) -> String {
        if self.p99 == 0 {
            return "–".to_owned();
        }
        format!("{} / {}", millis(self.p50 as f64 / 1e6), millis(self.p99 as f64 / 1e6))
    }
}

/// The least of the sorted samples that `percent` of them do not exceed.
pub fn percentile(sorted: &[u64], percent: usize) -> u64 {
    let rank = (sorted.len() * percent).div_ceil(100);
    sorted[rank.saturating_sub(1)]
}

/// A number of milliseconds with three digits that count.
pub fn millis(value: f64) -> String {
    let digits = match value {
        v if v >= 100.0 => 0,
        v if v >= 10.0 => 1,
        v if v >= 1.0 => 2,
        _ => 3,
    };
    format!("{value:.digits$}")
}

/// A whole number with a comma for each three digits; one below ten keeps a digit behind the point.
pub fn count(value: f64) -> String {
    if value < 10.0 && value.fract() != 0.0 {
        return format!("{value:.1}");
    }
    let digits = format!("{value:.0}");
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
