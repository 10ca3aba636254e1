//! Plain text as numbered lines, for line-based formats.

/// Lines with their 1-based numbers, without line ends (`\n` and `\r\n`).
pub fn numbered(text: &str) -> impl Iterator<Item = (u32, &str)> {
    text.lines().zip(1u32..).map(|(line, n)| (n, line))
}

/// The number of leading spaces (a tab counts as one).
pub fn indent(line: &str) -> usize {
    line.len() - line.trim_start_matches([' ', '\t']).len()
}

/// The text inside a pair of equal single or double quotes, else the text itself.
pub fn unquoted(text: &str) -> &str {
    let text = text.trim();
    ['"', '\''].iter().find_map(|quote| text.strip_prefix(*quote)?.strip_suffix(*quote)).unwrap_or(text)
}
