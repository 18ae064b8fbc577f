//! Small turns of phrase that several parts share.

pub(super) fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_uppercase().collect::<String>() + chars.as_str()).unwrap_or_default()
}

/// Texts between blank lines, each on one line.
pub(super) fn paragraphs(text: &str) -> Vec<String> {
    text.split("\n\n")
        .map(|paragraph| paragraph.trim().replace('\n', " "))
        .filter(|paragraph| !paragraph.is_empty())
        .collect()
}

/// The beginning of a text, on one line.
pub(super) fn brief(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= 80 {
        return line;
    }
    let cut: String = line.chars().take(78).collect();
    // No word is cut, unless it is all that there is.
    let end = cut.rfind(' ').filter(|end| *end > 20).unwrap_or(cut.len());
    format!("{} …", cut[..end].trim_end_matches([' ', ',', ';', ':']))
}

/// `2026-11-01` as `1 November 2026`.
pub(super) fn day(date: impl std::fmt::Display) -> String {
    const MONTHS: [&str; 12] = [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ];
    let text = date.to_string();
    let parts: Vec<usize> = text.split('-').filter_map(|part| part.parse().ok()).collect();
    match parts[..] {
        [year, month @ 1..=12, day] => format!("{day} {} {year}", MONTHS[month - 1]),
        _ => text,
    }
}
