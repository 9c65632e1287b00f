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

/// Rows and columns. A cell that is asked for as what it is not, or that is not there, is 0 or empty.
#[derive(Debug)]
pub struct Table {
    columns: usize,
    cells: Vec<Cell>,
    texts: String,
}

impl Table {
    /// Without rows, but with room for so many.
    pub fn new(columns: usize, rows: usize) -> Self {
        let texts = if rows == 0 { String::new() } else { String::with_capacity(rows * ROW_BYTES) };
        Self { columns, cells: Vec::with_capacity(rows * columns), texts }
    }

    /// Appends an integer.
    pub fn push_int(&mut self, value: i64) {
        self.cells.push(Cell::Int(value));
    }

    /// Appends a text.
    pub fn push_text(&mut self, value: &str) {
        let begin = self.end();
        self.texts.push_str(value);
        let end = self.end();
        self.cells.push(Cell::Text(begin, end));
    }

    /// Appends a row whose columns stand in one text with U+0000 between them, leaving out those without a kind; `None`
    /// when they are not as many as their kinds, or not of them.
    pub fn push_packed(&mut self, row: &str, kinds: &[Option<Kind>]) -> Option<()> {
        let begin = self.end();
        self.texts.push_str(row);
        let mut ends = memchr::memchr_iter(0, row.as_bytes()).chain([row.len()]);
        let mut at = 0;
        for kind in kinds {
            let end = ends.next()?;
            match kind {
                Some(Kind::Int) => self.cells.push(Cell::Int(row.get(at..end)?.parse().ok()?)),
                Some(Kind::Text) => {
                    self.cells.push(Cell::Text(begin + u32::try_from(at).ok()?, begin + u32::try_from(end).ok()?));
                }
                None => {}
            }
            at = end + 1;
        }
        ends.next().is_none().then_some(())
    }

    /// Where the next text begins. A page is a thousand rows of bounded texts: four gigabytes are far away.
    fn end(&self) -> u32 {
        u32::try_from(self.texts.len()).unwrap_or(u32::MAX)
    }

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
        let mut table = Table::new(2, 1);
        for (number, text) in [(1, "é"), (2, ""), (3, "z")] {
            table.push_int(number);
            table.push_text(text);
        }
        assert_eq!(table.rows(), 3);
        assert_eq!((table.int(2, 0), table.text(0, 1), table.text(2, 1)), (3, "é", "z"));
        let kinds = [Some(Kind::Int), None, Some(Kind::Text)];
        assert_eq!(table.push_packed("4\0skipped\0é", &kinds), Some(()));
        assert_eq!((table.rows(), table.int(3, 0), table.text(3, 1)), (4, 4, "é"));
        for row in ["4\0a", "4\0a\0b\0c", "x\0a\0b"] {
            assert_eq!(Table::new(2, 1).push_packed(row, &kinds), None, "{row:?}");
        }
        assert_eq!((table.int(0, 1), table.text(9, 1), table.text(0, 2)), (0, "", ""));
    }
}
