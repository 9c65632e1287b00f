//! Texts one behind the other.

use super::SHARED;
use std::ops::Range;
use std::sync::Arc;

/// How many ends are compared at once.
const NEAR: usize = 16;

/// Texts one behind the other: alone, or as a part of a *run*, in which those of many chunks stand, so that who looks
/// through all of them reads the memory from one end to the other.
#[derive(Clone, Debug)]
pub(crate) struct Arena {
    /// These, and perhaps others.
    text: Arc<str>,
    ends: Ends,
    /// Where the texts begin in `text`, and how many bytes they have.
    from: u32,
    len: u32,
    /// Where their ends begin in `ends`, and how many there are.
    first: u32,
    count: u32,
}

/// Where each text ends, behind the beginning of those of its arena.
#[derive(Clone, Debug)]
enum Ends {
    Two(Arc<[u16]>),
    Four(Arc<[u32]>),
}

impl Arena {
    pub(crate) fn new<'a>(texts: impl Iterator<Item = &'a str>) -> Self {
        let mut text = String::new();
        let ends: Vec<usize> = texts
            .map(|one| {
                text.push_str(one);
                text.len()
            })
            .collect();
        let count = ends.len();
        let ends = if text.len() <= usize::from(u16::MAX) {
            Ends::Two(ends.iter().map(|end| *end as u16).collect())
        } else {
            // A text has at most some ten thousand bytes, and a chunk few of them.
            Ends::Four(ends.iter().map(|end| *end as u32).collect())
        };
        Self::alone(text, ends, count)
    }

    fn alone(text: String, ends: Ends, count: usize) -> Self {
        let (len, count) = (text.len() as u32, count as u32);
        Self { text: text.into(), ends, from: 0, len, first: 0, count }
    }

    /// All texts, one behind the other.
    #[inline]
    pub(crate) fn text(&self) -> &str {
        &self.text[self.from as usize..(self.from + self.len) as usize]
    }

    /// The same as bytes, for which nothing is read here.
    #[inline]
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.text.as_bytes()[self.from as usize..(self.from + self.len) as usize]
    }

    fn places(&self) -> Range<usize> {
        self.first as usize..(self.first + self.count) as usize
    }

    /// Where the text of the row ends.
    #[inline]
    pub(crate) fn end(&self, at: usize) -> usize {
        let at = self.first as usize + at;
        match &self.ends {
            Ends::Two(ends) => usize::from(ends[at]),
            Ends::Four(ends) => ends[at] as usize,
        }
    }

    #[inline]
    pub(crate) fn start(&self, at: usize) -> usize {
        if at == 0 { 0 } else { self.end(at - 1) }
    }

    #[inline]
    pub(crate) fn get(&self, at: usize) -> &str {
        let from = self.from as usize;
        &self.text[from + self.start(at)..from + self.end(at)]
    }

    /// The row whose text holds the byte at `byte`, which must be one.
    #[inline]
    pub(crate) fn row_of(&self, byte: usize) -> usize {
        match &self.ends {
            Ends::Two(ends) => {
                // There are no more bytes than that.
                let (ends, byte) = (&ends[self.places()], byte as u16);
                // As a rule it is near where it would be if all texts were as long: of some there, all are compared, so that
                // nothing is guessed.
                let guess = (u32::from(byte) * self.count / self.len.max(1)) as usize;
                let low = guess.saturating_sub(NEAR / 2).min(ends.len().saturating_sub(NEAR));
                if let Some(near) = ends[low..].first_chunk::<NEAR>() {
                    let before = near.iter().fold(0, |before, end| before + u16::from(*end <= byte));
                    if (before > 0 || low == 0) && usize::from(before) < NEAR {
                        return low + usize::from(before);
                    }
                }
                ends.partition_point(|end| *end <= byte)
            }
            Ends::Four(ends) => ends[self.places()].partition_point(|end| *end as usize <= byte),
        }
    }

    /// Calls `each` with every row and where its text ends.
    #[inline]
    pub(crate) fn each_end(&self, mut each: impl FnMut(usize, usize)) {
        match &self.ends {
            Ends::Two(ends) => {
                ends[self.places()].iter().enumerate().for_each(|(row, end)| each(row, usize::from(*end)));
            }
            Ends::Four(ends) => {
                ends[self.places()].iter().enumerate().for_each(|(row, end)| each(row, *end as usize));
            }
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.count as usize
    }

    /// How many bytes its texts take, without those of others in the same run.
    pub(super) fn size(&self) -> usize {
        let of_end = match &self.ends {
            Ends::Two(_) => 2,
            Ends::Four(_) => 4,
        };
        self.len as usize + self.len() * of_end + if self.is_in_run() { 0 } else { 2 * SHARED }
    }

    /// Whether it stands in a run with others.
    pub(super) fn is_in_run(&self) -> bool {
        self.len as usize != self.text.len()
    }

    /// Whether both stand in the same run.
    pub(super) fn is_beside(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.text, &other.text)
    }

    /// Puts these into one run, in this order, but for those that are too large for it.
    pub(super) fn gather(arenas: &mut [&mut Self]) {
        let (mut text, mut all): (String, Vec<u16>) = Default::default();
        let is_small = |arena: &Self| matches!(arena.ends, Ends::Two(_));
        text.reserve_exact(arenas.iter().filter(|arena| is_small(arena)).map(|arena| arena.len as usize).sum());
        for arena in arenas.iter().filter(|arena| is_small(arena)) {
            text.push_str(arena.text());
            arena.each_end(|_, end| all.push(end as u16));
        }
        let (text, all): (Arc<str>, Arc<[u16]>) = (text.into(), all.into());
        let (mut from, mut first) = (0, 0);
        for arena in arenas.iter_mut().filter(|arena| is_small(arena)) {
            let Self { len, count, .. } = **arena;
            **arena = Self { text: Arc::clone(&text), ends: Ends::Two(Arc::clone(&all)), from, len, first, count };
            // Of some chunks, each with less than 64 KiB.
            (from, first) = (from + len, first + count);
        }
    }

    /// With `rows` rows, not fewer than before, and these texts in these rows, which are ascending, alone; `None` where they
    /// would be too large for ends of two bytes.
    pub(super) fn patched(&self, rows: usize, changes: &[(usize, &str)]) -> Option<Self> {
        let Ends::Two(old) = &self.ends else { return None };
        let (old, all) = (&old[self.places()], self.text());
        let more: usize = changes.iter().map(|(_, text)| text.len()).sum();
        let mut text = String::with_capacity(all.len() + more);
        let mut ends: Vec<u16> = Vec::with_capacity(rows);
        // Copies the rows up to this one, which may be behind all that are there.
        let copy = |text: &mut String, ends: &mut Vec<u16>, to: usize| {
            let from = ends.len();
            let there = to.min(old.len());
            if from < there {
                let (start, begin) = (self.start(from), text.len());
                text.push_str(&all[start..self.end(there - 1)]);
                // Checked below; what is wrong here is not used then.
                ends.extend(old[from..there].iter().map(|end| (usize::from(*end) - start + begin) as u16));
            }
            ends.resize(to.max(ends.len()), text.len() as u16);
        };
        for (row, new) in changes {
            copy(&mut text, &mut ends, *row);
            text.push_str(new);
            ends.push(text.len() as u16);
        }
        copy(&mut text, &mut ends, rows);
        (text.len() <= usize::from(u16::MAX)).then(|| Self::alone(text, Ends::Two(ends.into()), rows))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Texts of all lengths up to `longest`, some of which are empty.
    fn texts(count: usize, longest: usize) -> Vec<String> {
        (0..count).map(|row| "abé".repeat(longest).chars().take(row * row * 31 % (longest + 1)).collect()).collect()
    }

    #[test]
    fn each_byte_is_of_the_row_in_whose_text_it_is() {
        for (count, longest) in
            [(1, 9), (3, 200), (15, 1), (16, 4), (17, 4), (255, 30), (256, 14), (256, 250), (256, 900)]
        {
            let all = texts(count, longest);
            let other = Arena::new(["before", ""].into_iter());
            let mut arenas = [other.clone(), Arena::new(all.iter().map(String::as_str)), other];
            for gathered in [false, true] {
                let arena = &arenas[1];
                let rows = all.iter().enumerate().flat_map(|(row, text)| std::iter::repeat_n(row, text.len()));
                for (byte, row) in rows.enumerate() {
                    assert_eq!(arena.row_of(byte), row, "byte {byte} of {count} up to {longest}");
                }
                assert_eq!(arena.text(), all.concat());
                assert_eq!(arena.text().as_bytes(), arena.bytes());
                assert!((0..count).all(|row| arena.get(row) == all[row]));
                assert_eq!(arena.is_in_run(), gathered && all.concat().len() <= usize::from(u16::MAX));
                Arena::gather(&mut arenas.iter_mut().collect::<Vec<_>>());
            }
        }
    }

    #[test]
    fn what_is_patched_leaves_its_run() {
        let all = texts(100, 20);
        let mut arenas = [Arena::new(all.iter().map(String::as_str)), Arena::new(all.iter().map(String::as_str))];
        Arena::gather(&mut arenas.iter_mut().collect::<Vec<_>>());
        let patched = arenas[1].patched(120, &[(0, "zero"), (7, ""), (110, "later")]).expect("small");
        let mut expected = all.clone();
        expected.resize(120, String::new());
        (expected[0], expected[7], expected[110]) = ("zero".to_owned(), String::new(), "later".to_owned());
        assert!((0..120).all(|row| patched.get(row) == expected[row]));
        assert!(arenas[0].is_beside(&arenas[1]) && !patched.is_beside(&arenas[1]) && !patched.is_in_run());
        assert_eq!(arenas[1].text(), all.concat());
    }
}
