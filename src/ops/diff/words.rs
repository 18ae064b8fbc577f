//! Word by word.

use similar::{ChangeTag, TextDiff};

/// A stretch of text and whether it was there before, is there now, or both.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Piece {
    /// In both.
    Same(String),
    /// Only before.
    Removed(String),
    /// Only now.
    Added(String),
}

/// A text's change, piece by piece.
pub type Words = Vec<Piece>;

/// Compares two texts by words. Texts with little in common are easier to read one after the other.
pub fn words(before: &str, after: &str) -> Words {
    let pieces = by_words(before, after);
    let same: usize =
        pieces.iter().map(|piece| if let Piece::Same(text) = piece { text.len() } else { 0 }).sum();
    if same * 3 >= before.len().max(after.len()) {
        return pieces;
    }
    let whole = [Piece::Removed(before.to_owned()), Piece::Added(after.to_owned())];
    whole
        .into_iter()
        .filter(|piece| !matches!(piece, Piece::Removed(text) | Piece::Added(text) if text.is_empty()))
        .collect()
}

fn by_words(before: &str, after: &str) -> Words {
    let diff = TextDiff::configure().diff_words(before, after);
    let mut pieces: Words = Vec::new();
    for change in diff.iter_all_changes() {
        let text = change.value();
        match (change.tag(), pieces.last_mut()) {
            (ChangeTag::Equal, Some(Piece::Same(last)))
            | (ChangeTag::Delete, Some(Piece::Removed(last)))
            | (ChangeTag::Insert, Some(Piece::Added(last))) => last.push_str(text),
            (ChangeTag::Equal, _) => pieces.push(Piece::Same(text.to_owned())),
            (ChangeTag::Delete, _) => pieces.push(Piece::Removed(text.to_owned())),
            (ChangeTag::Insert, _) => pieces.push(Piece::Added(text.to_owned())),
        }
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_word_is_one_change() {
        assert_eq!(
            words("the data is kept", "the data are kept"),
            vec![
                Piece::Same("the data ".into()),
                Piece::Removed("is".into()),
                Piece::Added("are".into()),
                Piece::Same(" kept".into()),
            ]
        );
    }
}
