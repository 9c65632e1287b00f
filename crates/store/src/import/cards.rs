//! The cards of persons, as SQLite keeps them: what lists show, as one text with U+0000 between its parts. In a new
//! database another thread than the one that writes puts them together.

use super::rows::PersonRow;

/// Cards, one behind the other.
#[derive(Debug, Default)]
pub(super) struct Cards {
    text: String,
    ends: Vec<usize>,
}

impl Cards {
    /// Puts the card of a person together; the parts and their order are those of the column `persons.card`.
    pub fn push(&mut self, row: &PersonRow) {
        let text = &mut self.text;
        let mut number = itoa::Buffer::new();
        text.push_str(&row.uid);
        macro_rules! part {
            ($($part:expr),+ $(,)?) => {
                $(text.push('\0'); text.push_str($part);)+
            };
        }
        part!(&row.id, &row.login, &row.name, &row.account_status, &row.description, &row.email, &row.phone);
        part!(&row.additional_information, &row.presence, &row.role, &row.avatar, &row.link, &row.metadata, &row.tags);
        part!(&row.status_message);
        part!(number.format(row.last_active_at));
        part!(number.format(row.created_at));
        part!(number.format(row.updated_at));
        part!(&row.business_name, &row.tag_line, &row.city, &row.state, &row.country, &row.category);
        part!(number.format(row.hourly_rate));
        part!(number.format(row.earnings_6_months));
        part!(number.format(row.feedback_6_months));
        part!(number.format(row.positive_feedback_6_months));
        self.ends.push(text.len());
    }

    /// The card that was put together as the `nth` one, from 0.
    pub fn get(&self, nth: usize) -> Option<&str> {
        let end = *self.ends.get(nth)?;
        let start = nth.checked_sub(1).and_then(|before| self.ends.get(before)).copied().unwrap_or_default();
        self.text.get(start..end)
    }

    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Forgets all, but keeps the room.
    pub fn clear(&mut self) {
        self.text.clear();
        self.ends.clear();
    }
}
