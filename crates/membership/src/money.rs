//! Amounts in US dollars, exact to the cent.

use crate::record::numbers::first_inexact;
use std::fmt;
use std::str::FromStr;

/// An amount of US dollars in whole cents. Printed as the Elance documents print it: at least one digit behind the
/// point and no needless zeros.
///
/// ```
/// use membership::Money;
/// assert_eq!("942985".parse::<Money>().map(|m| m.to_string()), Ok("942985.0".to_owned()));
/// assert_eq!("22.50".parse::<Money>().map(|m| m.to_string()), Ok("22.5".to_owned()));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Money {
    /// Whole cents, 0 to 99,999,999,999,999.
    pub cents: i64,
}

/// The largest number of cents an amount may have.
pub const MAX_CENTS: i64 = 99_999_999_999_999;

/// A text that is no amount.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be a decimal number from 0 to 999999999999.99 with at most two digits behind the point")]
pub struct BadMoney;

impl FromStr for Money {
    type Err = BadMoney;

    fn from_str(text: &str) -> Result<Self, BadMoney> {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
        let digits = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
        if !digits(whole) || !digits(fraction) || whole.len() > 15 {
            return Err(BadMoney);
        }
        let fraction = fraction.trim_end_matches('0');
        if fraction.len() > 2 {
            return Err(BadMoney);
        }
        let whole: i64 = whole.parse().map_err(|_| BadMoney)?;
        let hundredths: i64 = format!("{fraction:0<2}").parse().map_err(|_| BadMoney)?;
        let cents = whole * 100 + hundredths;
        if cents > MAX_CENTS { Err(BadMoney) } else { Ok(Self { cents }) }
    }
}

impl Money {
    /// Reads JSON: a text (`"22.5"`), or a number (`22.5`, `225e-1`), which must be just this amount. One with more digits
    /// than a reader keeps is refused, not rounded.
    pub fn of_json(json: &str) -> Result<Self, BadMoney> {
        match serde_json::from_str(json) {
            Ok(serde_json::Value::String(text)) => text.parse(),
            Ok(serde_json::Value::Number(number)) if first_inexact(json).is_none() => number.to_string().parse(),
            _ => Err(BadMoney),
        }
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, rest) = (self.cents / 100, self.cents % 100);
        if rest % 10 == 0 { write!(f, "{whole}.{}", rest / 10) } else { write!(f, "{whole}.{rest:02}") }
    }
}

impl serde::Serialize for Money {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for Money {
    /// As [`Money::of_json`]; of JSON only.
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        // As it is written: a value would have rounded it already.
        let written = Box::<serde_json::value::RawValue>::deserialize(d)?;
        Self::of_json(written.get()).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints_what_it_reads() {
        for (text, printed) in
            [("0", "0.0"), ("20.0", "20.0"), ("0.05", "0.05"), ("1.10", "1.1"), ("999999999999.99", "999999999999.99")]
        {
            assert_eq!(text.parse::<Money>().map(|m| m.to_string()), Ok(printed.to_owned()));
        }
        for bad in ["", ".", "1.", ".5", "-1", "1e3", "1.234", "1000000000000", "١"] {
            assert_eq!(bad.parse::<Money>(), Err(BadMoney), "{bad}");
        }
    }

    #[test]
    fn json_says_it_as_a_text_or_as_a_number_and_nothing_is_rounded() {
        for (json, cents) in [
            ("\"22.50\"", 2_250),
            ("22", 2_200),
            ("22.5", 2_250),
            ("22.500", 2_250),
            ("225e-1", 2_250),
            ("0.29", 29),
            ("0", 0),
            ("999999999999.99", MAX_CENTS),
        ] {
            assert_eq!(Money::of_json(json), Ok(Money { cents }), "{json}");
            assert_eq!(serde_json::from_str::<Money>(json).ok(), Some(Money { cents }), "{json}");
        }
        for bad in ["-1", "22.501", "22.50000000000000000001", "0.2899999999999999999999", "1e300", "1000000000000"] {
            assert_eq!(Money::of_json(bad), Err(BadMoney), "{bad}");
            assert!(serde_json::from_str::<Money>(bad).is_err(), "{bad}");
        }
        for bad in ["null", "true", "[1]", "{}", "\"\"", "x", ""] {
            assert_eq!(Money::of_json(bad), Err(BadMoney), "{bad}");
        }
    }
}
