//! Rows taken over from the database: all texts in one buffer, so that a page costs a handful of allocations and not
//! one for each text.

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A 64-bit integer.
    Int,
    /// A text.
    Text,
}

/// An integer, or where a text begins and ends.
#[derive(Clone, Copy, Debug)]
enum Cell {
    Int(i64),
    Text(u32, u32),
}

/// How many bytes of text a row has, at a guess.
const ROW_BYTES: usize = 320;

/// Rows as they are gathered. What they hold is not known to be UTF-8 before all of it is there: checking it once is
/// faster than checking piece after piece.
#[derive(Debug)]
pub struct Gathering {
    columns: usize,
    cells: Vec<Cell>,
    texts: Vec<u8>,
}

/// Rows and columns. A cell that is asked for as what it is not, or that is not there, is 0 or empty.
#[derive(Debug)]
pub struct Table {
    columns: usize,
    cells: Vec<Cell>,
    texts: String,
}

impl Gathering {
    /// Without rows, but with room for so many.
    pub fn new(columns: usize, rows: usize) -> Self {
        let texts = Vec::with_capacity(rows * ROW_BYTES);
        Self { columns, cells: Vec::with_capacity(rows * columns), texts }
    }

    /// Appends an integer.
    pub fn push_int(&mut self, value: i64) {
        self.cells.push(Cell::Int(value));
    }

    /// Appends a text.
    pub fn push_text(&mut self, value: &[u8]) {
        let begin = self.end();
        self.texts.extend_from_slice(value);
        let end = self.end();
        self.cells.push(Cell::Text(begin, end));
    }

    /// Appends a row whose columns stand in one text with U+0000 between them; `None` when they are not as many as their
    /// kinds, or not of them.
    pub fn push_packed(&mut self, row: &[u8], kinds: &[Kind]) -> Option<()> {
        let begin = self.end();
        self.texts.extend_from_slice(row);
        let mut ends = memchr::memchr_iter(0, row).chain([row.len()]);
        let mut at = 0;
        for kind in kinds {
            let end = ends.next()?;
            self.cells.push(match kind {
                Kind::Int => Cell::Int(std::str::from_utf8(row.get(at..end)?).ok()?.parse().ok()?),
                Kind::Text => Cell::Text(begin + u32::try_from(at).ok()?, begin + u32::try_from(end).ok()?),
            });
            at = end + 1;
        }
        ends.next().is_none().then_some(())
    }

    /// Where the next text begins. A page is a thousand rows of bounded texts: four gigabytes are far away.
    fn end(&self) -> u32 {
        u32::try_from(self.texts.len()).unwrap_or(u32::MAX)
    }

    /// The finished rows; fails when some text is not UTF-8. No cell ends within a character: U+0000 is none's part.
    pub fn finish(self) -> Result<Table, std::string::FromUtf8Error> {
        Ok(Table { columns: self.columns, cells: self.cells, texts: String::from_utf8(self.texts)? })
    }
}

impl Table {
    /// How many rows there are.
    pub const fn rows(&self) -> usize {
        match self.cells.len().checked_div(self.columns) {
            Some(rows) => rows,
            None => 0,
        }
    }

    fn cell(&self, row: usize, column: usize) -> Option<Cell> {
        if column < self.columns { self.cells.get(row * self.columns + column).copied() } else { None }
    }

    /// An integer.
    pub fn int(&self, row: usize, column: usize) -> i64 {
        match self.cell(row, column) {
            Some(Cell::Int(value)) => value,
            Some(Cell::Text(..)) | None => 0,
        }
    }

    /// A text.
    pub fn text(&self, row: usize, column: usize) -> &str {
        match self.cell(row, column) {
            Some(Cell::Text(begin, end)) => self.texts.get(begin as usize..end as usize).unwrap_or_default(),
            Some(Cell::Int(_)) | None => "",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_come_out_as_they_went_in() {
        let mut rows = Gathering::new(2, 1);
        for (number, text) in [(1, "é"), (2, ""), (3, "z")] {
            rows.push_int(number);
            rows.push_text(text.as_bytes());
        }
        assert_eq!(rows.push_packed("4\0é".as_bytes(), &[Kind::Int, Kind::Text]), Some(()));
        let table = rows.finish().expect("UTF-8");
        assert_eq!(table.rows(), 4);
        assert_eq!((table.int(2, 0), table.text(0, 1), table.text(2, 1)), (3, "é", "z"));
        assert_eq!((table.int(3, 0), table.text(3, 1)), (4, "é"));
        assert_eq!((table.int(0, 1), table.text(9, 1), table.text(0, 2)), (0, "", ""));
    }

    #[test]
    fn what_is_not_as_announced_is_refused() {
        for row in ["4", "4\0a\0b", "x\0a", "\0a"] {
            let pushed = Gathering::new(2, 1).push_packed(row.as_bytes(), &[Kind::Int, Kind::Text]);
            assert_eq!(pushed, None, "{row:?}");
        }
        let mut rows = Gathering::new(1, 1);
        rows.push_text(b"\xff");
        assert!(rows.finish().is_err());
    }
}
