//! Tables in Markdown, and the part of a document that is written anew by each run.

/// A table: its head, its rows.
pub struct Table {
    columns: usize,
    text: String,
}

impl Table {
    /// With these heads; all but the first column are set to the right.
    pub fn new(heads: &[&str]) -> Self {
        let mut table = Self { columns: heads.len(), text: String::new() };
        table.line(heads.iter().map(|head| (*head).to_owned()));
        table.line((0..heads.len()).map(|column| if column == 0 { "---" } else { "---:" }.to_owned()));
        table
    }

    /// One more row, of as many cells as there are heads.
    pub fn row(&mut self, cells: &[String]) {
        assert_eq!(cells.len(), self.columns, "{cells:?}");
        self.line(cells.iter().map(|cell| cell.replace('|', "\\|").replace('\n', " ")));
    }

    fn line(&mut self, cells: impl Iterator<Item = String>) {
        self.text.push('|');
        for cell in cells {
            self.text.push(' ');
            self.text.push_str(&cell);
            self.text.push_str(" |");
        }
        self.text.push('\n');
    }

    /// The table, ended by an empty line.
    pub fn finish(mut self) -> String {
        self.text.push('\n');
        self.text
    }
}

/// Puts `part` between the two markers of this name, `<!-- begin NAME -->` and `<!-- end NAME -->`, and leaves
/// everything else as it is. None when the document does not have each marker once, in this order.
pub fn replace_part(document: &str, name: &str, part: &str) -> Option<String> {
    let (begin, end) = (format!("<!-- begin {name} -->"), format!("<!-- end {name} -->"));
    let (before, rest) = document.split_once(&begin)?;
    let (_, after) = rest.split_once(&end)?;
    if before.contains(&end) || after.contains(&begin) || after.contains(&end) {
        return None;
    }
    Some(format!("{before}{begin}\n\n{}\n\n{end}{after}", part.trim()))
}
