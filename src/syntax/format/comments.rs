//! The comments of a text, found without a parser, so that a parser's way with them can be held against it.

/// Every comment of a text in its order, each with white space at its end removed.
pub fn comments(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(skip) = text[at..].find(['#', '"', '\'']) {
        at += skip;
        at = match text.as_bytes()[at] {
            b'#' => {
                let end = text[at..].find('\n').map_or(text.len(), |end| at + end);
                found.push(text[at..end].trim_end());
                end
            }
            quote => after_string(text, at, char::from(quote)),
        };
    }
    found
}

/// The byte after the string that begins here.
fn after_string(text: &str, start: usize, quote: char) -> usize {
    let long = if quote == '"' { "\"\"\"" } else { "'''" };
    let is_long = text[start..].starts_with(long);
    let mut at = start + if is_long { 3 } else { 1 };
    while let Some(c) = text[at..].chars().next() {
        if quote == '"' && c == '\\' {
            at += 1 + text[at + 1..].chars().next().map_or(0, char::len_utf8);
        } else if is_long && text[at..].starts_with(long) {
            // Up to two quotes may stand at the end of the text itself.
            let quotes = text[at..].bytes().take_while(|b| char::from(*b) == quote).count();
            return at + quotes.min(5);
        } else if !is_long && (c == quote || c == '\n') {
            return at + 1;
        } else {
            at += c.len_utf8();
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::comments;

    #[test]
    fn comments_are_told_from_texts() {
        let text = "# a\nk = \"# no \\\" # no\" # b\nl = '# \\' # c\nm = \"\"\"\n# no \"\" # no\"\"\"\"\" # d\nn = '''# no''''' # e\no = [ # f\n]";
        assert_eq!(comments(text), ["# a", "# b", "# c", "# d", "# e", "# f"]);
    }
}
