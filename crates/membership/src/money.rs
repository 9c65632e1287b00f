//! Amounts in US dollars, exact to the cent.

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
    /// Reads a text (`"22.5"`) or a JSON number.
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        use serde::de::Error;
        match serde_json::Value::deserialize(d)? {
            serde_json::Value::String(text) => text.parse().map_err(D::Error::custom),
            serde_json::Value::Number(number) => number.to_string().parse().map_err(D::Error::custom),
            _ => Err(D::Error::custom(BadMoney)),
        }
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
}
