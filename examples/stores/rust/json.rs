// The little JSON that the store needs: values stay the text that they are until somebody asks what they are.
use std::collections::BTreeMap;

pub type Members = BTreeMap<String, String>; // of an object, by name

/// Splits an object or an array where its commas are.
pub fn parts(text: &str) -> Vec<&str> {
    let (mut depth, mut quoted, mut escaped, mut from, mut found) = (0, false, false, 1, vec![]);
    for (i, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => quoted = !quoted,
            '{' | '[' if !quoted => depth += 1,
            '}' | ']' if !quoted => depth -= 1,
            _ => {}
        }
        if !quoted && (depth == 0 || depth == 1 && c == ',') && i > from {
            found.push(text[from..i].trim());
            from = i + 1;
        }
    }
    found
}

/// Reads an object; names have no escapes here.
pub fn members(text: &str) -> Members {
    let pair = |part: &str| part[1..].split_once('"').map(|(k, v)| (k.into(), v.trim_start_matches([' ', ':']).into()));
    parts(text).into_iter().filter_map(pair).collect()
}

/// Reads a string; empty where it is null or not there.
pub fn text(m: &Members, key: &str) -> String {
    m.get(key).map(|raw| raw.trim_matches('"').to_string()).filter(|raw| raw != "null").unwrap_or_default()
}

/// Writes an object.
pub fn object(pairs: impl Iterator<Item = (String, String)>) -> String {
    format!("{{{}}}", pairs.map(|(key, raw)| format!("\"{key}\":{raw}")).collect::<Vec<_>>().join(","))
}

/// Reads a duration such as 1h30m.
pub fn microseconds(length: &str) -> u64 {
    let units = [('u', 1_000), ('s', 1_000_000), ('m', 60_000_000), ('h', 3_600_000_000), ('d', 86_400_000_000)];
    let one = |part: &str| units.iter().find_map(|(u, n)| Some(part.strip_suffix(*u)?.parse::<u64>().ok()? * n));
    length.replace("ms", "u").split_inclusive(char::is_alphabetic).filter_map(one).sum()
}
