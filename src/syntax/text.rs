//! Text that a reader sees differently from a machine: controls, invisible characters, look-alikes.

use crate::diag::{Code, Finding, Label, Severity};

/// Characters that do not show.
pub static HIDDEN: Code = Code {
    id: "TOM-0104",
    severity: Severity::Error,
    title: "a character is there that nobody can see",
    explain: "Control characters, marks that turn the direction of writing, and characters without a width can make a text look \
like another one: a reviewer would approve what is not there. They are refused everywhere, in comments and in names too. \
Remove the character; the finding gives its code point.",
};

/// Letters of another script that look like Latin ones.
pub static LOOKALIKE: Code = Code {
    id: "TOM-0105",
    severity: Severity::Warning,
    title: "a word looks like another one that it is not",
    explain: "A word has Latin letters and Greek or Cyrillic ones that look the same, or a letter and its accent as two characters where everybody writes one, so that two texts that \
look equal are not. It is nearly always a slip of the keyboard or of a copy. Type the word anew. Units such as µg and Ω alone are fine.",
};

/// Whether a character does not show, or changes how others show.
pub fn is_hidden(c: char) -> bool {
    match c {
        '\n' | '\t' => false,
        c if c.is_ascii() => c.is_ascii_control(),
        '\u{80}'..='\u{9f}' // C1 controls
        | '\u{ad}' // soft hyphen
        | '\u{34f}' // combining grapheme joiner
        | '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' // direction
        | '\u{115f}' | '\u{1160}' | '\u{3164}' | '\u{ffa0}' // fillers
        | '\u{17b4}' | '\u{17b5}'
        | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200d}' | '\u{2060}'..='\u{2065}' | '\u{206a}'..='\u{206f}' | '\u{feff}' // no width
        | '\u{2028}' | '\u{2029}' // line and paragraph separators
        | '\u{fe00}'..='\u{fe0f}' // variation selectors
        | '\u{fff0}'..='\u{fffb}' | '\u{fffe}' | '\u{ffff}'
        | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
        | '\u{e0000}'..='\u{e0fff}' => true, // tags and further selectors
        _ => false,
    }
}

/// Text as it may go anywhere that people read: what cannot be seen is shown as what it is.
pub fn visible(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if is_hidden(c) {
            out.push_str(&format!("⟨U+{:04X}⟩", u32::from(c)));
        } else {
            out.push(c);
        }
    }
    out
}

/// A finding for the first hidden character of a file's raw text. A carriage return before a line feed is a line end.
pub(super) fn hidden_in(file: &str, text: &str) -> Option<Finding> {
    let plain = |b: u8| matches!(b, b'\n' | b'\t' | 0x20..=0x7e);
    if text.bytes().fold(true, |all, byte| all & plain(byte)) {
        return None; // nearly every file, and without a branch for each byte
    }
    let mut at = 0;
    while let Some(skip) = text.as_bytes()[at..].iter().position(|b| !plain(*b)) {
        at += skip;
        let c = text[at..].chars().next()?;
        let line_end = c == '\r' && text[at + 1..].starts_with('\n');
        if is_hidden(c) && !line_end {
            return Some(hidden(c, Label::bytes(file, at..at + c.len_utf8())));
        }
        at += c.len_utf8();
    }
    None
}

/// A finding for a hidden character that came out of an escape.
pub(super) fn hidden_in_value(label: impl Fn() -> Label, value: &str) -> Option<Finding> {
    if value.bytes().all(|b| matches!(b, b'\n' | 0x20..=0x7e)) {
        return None;
    }
    let ends_line = |at: usize| value[at + 1..].starts_with('\n');
    let found = value.char_indices().find(|(at, c)| is_hidden(*c) && !(*c == '\r' && ends_line(*at)));
    found.map(|(_, c)| hidden(c, label()))
}

fn hidden(c: char, label: Label) -> Finding {
    Finding::new(&HIDDEN, format!("the character U+{:04X} cannot be seen", u32::from(c)))
        .at(label.saying("here"))
        .help("remove it")
}

/// A finding for the first word that mixes Latin letters with Greek or Cyrillic ones, or has a letter and its accent apart.
pub(super) fn lookalike_in_value(label: impl Fn() -> Label, value: &str) -> Option<Finding> {
    if value.is_ascii() {
        return None;
    }
    if let Some((what, says)) = not_composed(value) {
        return Some(Finding::new(&LOOKALIKE, what).at(label().saying(says)).help("type the letter anew"));
    }
    let foreign = |c: char| matches!(c, '\u{370}'..='\u{52f}') && !matches!(c, 'µ' | 'Ω' | 'μ');
    let word = value
        .split(|c: char| !c.is_alphabetic())
        .find(|word| word.chars().any(foreign) && word.chars().any(|c| c.is_ascii_alphabetic()))?;
    let odd: Vec<String> =
        word.chars().filter(|c| foreign(*c)).map(|c| format!("U+{:04X}", u32::from(c))).collect();
    Some(
        Finding::new(&LOOKALIKE, format!("the word `{word}` mixes scripts"))
            .at(label().saying(odd.join(", ")))
            .help("type the word anew"),
    )
}

/// What stands in a text otherwise than everybody writes it: a letter with a mark of its own behind it that Unicode has as one character, or a
/// character that is another one under a second number.
fn not_composed(value: &str) -> Option<(String, String)> {
    if unicode_normalization::is_nfc(value) {
        return None;
    }
    let composed =
        |(letter, mark): &(char, char)| unicode_normalization::char::compose(*letter, *mark).is_some();
    if let Some((letter, mark)) = value.chars().zip(value.chars().skip(1)).find(composed) {
        let says = format!("U+{:04X} after `{letter}`", u32::from(mark));
        return Some((format!("`{letter}{mark}` is two characters that look like one"), says));
    }
    let c = value.chars().find(|c| !unicode_normalization::is_nfc(c.encode_utf8(&mut [0; 4])))?;
    Some((format!("`{c}` looks like another character"), format!("U+{:04X}", u32::from(c))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn d07_what_cannot_be_seen_is_found() {
        for c in
            "\u{202e}\u{2066}\u{200f}\u{61c}\u{200b}\u{2060}\u{feff}\u{e0041}\u{fe0f}\u{ad}\u{0}\u{7f}\u{9b}"
                .chars()
        {
            assert!(hidden_in("f", &format!("a{c}b")).is_some(), "U+{:04X}", u32::from(c));
        }
        assert!(hidden_in("f", "a\rb").is_some());
        assert!(hidden_in("f", "a\r\nb\tc ŵ ł µ Ω °").is_none());
    }

    #[test]
    fn d08_words_of_two_scripts_are_found() {
        let label = || Label::file("f");
        assert!(lookalike_in_value(label, "p\u{430}tient").is_some());
        for fine in ["Llŷn", "Łódź", "5 µg", "10 kΩ", "37 °C", "αβγ", "Иван"] {
            assert!(lookalike_in_value(label, fine).is_none(), "{fine}");
        }
    }
}
