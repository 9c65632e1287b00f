//! What an answer shows, as text.

use membership::{DirectoryError, MemberPage};

/// All that a page of members shows, as text; when somebody was last there to the minute, which is as exact as a read model
/// knows it. `ask` hands the page over.
pub fn told(ask: impl FnOnce(&mut dyn FnMut(MemberPage<'_>)) -> Result<(), DirectoryError>) -> Result<String, String> {
    let mut told = String::new();
    let outcome = ask(&mut |page| {
        told = format!("{:?} {} {}\n", page.group, page.total, page.rows.len());
        page.rows.each(&mut |row| {
            let mut row = *row;
            row.person.last_active_at = row.person.last_active_at.map(|at| at.div_euclid(60));
            told.push_str(&format!("{row:?}\n"));
        });
    });
    outcome.map(|()| told).map_err(|error| error.to_string())
}
