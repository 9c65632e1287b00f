//! Numbers that JSON readers would round.

use serde_json::Number;

/// The first number in `json`, which is known to be JSON, that is read as a different number.
pub(crate) fn first_inexact(json: &str) -> Option<&str> {
    let bytes = json.as_bytes();
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let start = at;
        at += 1;
        match byte {
            b'"' => {
                while bytes.get(at).is_some_and(|b| *b != b'"') {
                    at += if bytes[at] == b'\\' { 2 } else { 1 };
                }
                at += 1;
            }
            b'-' | b'0'..=b'9' => {
                at += bytes[at..]
                    .iter()
                    .take_while(|b| matches!(b, b'0'..=b'9' | b'.' | b'e' | b'E' | b'+' | b'-'))
                    .count();
                let number = &json[start..at];
                if !is_exact(number) {
                    return Some(number);
                }
            }
            _ => {}
        }
    }
    None
}

/// The longest whole number that any reader keeps, in bytes.
const SHORT: usize = 15;

fn is_exact(number: &str) -> bool {
    if number.len() <= SHORT && number.bytes().all(|b| b.is_ascii_digit()) {
        return true;
    }
    let Ok(read) = number.parse::<Number>() else { return false };
    match (Decimal::of(number), Decimal::of(&read.to_string())) {
        (Some(written), Some(read)) => written == read,
        _ => false,
    }
}

/// A number as sign, digits without zeros at the ends, and the power of ten of the last one.
#[derive(PartialEq, Eq)]
struct Decimal {
    negative: bool,
    digits: String,
    power: i64,
}

impl Decimal {
    /// `None` when the exponent is beyond all bounds.
    fn of(number: &str) -> Option<Self> {
        let (negative, number) = number.strip_prefix('-').map_or((false, number), |rest| (true, rest));
        let (mantissa, exponent) = number.split_once(['e', 'E']).unwrap_or((number, "0"));
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let all = [whole, fraction].concat();
        let significant = all.trim_end_matches('0');
        let digits = significant.trim_start_matches('0').to_owned();
        if digits.is_empty() {
            // Zero, whatever its sign and exponent.
            return Some(Self { negative: false, digits, power: 0 });
        }
        let zeros = i64::try_from(all.len() - significant.len()).ok()?;
        let power = exponent.parse::<i64>().ok()?.checked_sub(i64::try_from(fraction.len()).ok()?)?;
        Some(Self { negative, digits, power: power.checked_add(zeros)? })
    }
}
