//! Topics and filters: what is one, and which filter hears which topic.

use super::Fault;

/// Text as MQTT allows it: no NUL, no control characters, no non-characters. `false` = malformed.
#[must_use]
pub fn is_text(text: &str) -> bool {
    !text.chars().any(|c| c.is_control() || matches!(c, '\u{FFFE}' | '\u{FFFF}' | '\u{FDD0}'..='\u{FDEF}'))
}

/// A topic that one can publish to.
///
/// # Errors
/// Malformed: empty, or with a wildcard.
pub fn check_topic(topic: &str) -> Result<(), Fault> {
    if topic.is_empty() || topic.contains(['+', '#']) { Err(Fault::Malformed) } else { Ok(()) }
}

/// A filter as written, with `$share/GROUP/` where several share the messages.
///
/// # Errors
/// Malformed: empty, wildcards that stand wrong, a share without group or filter.
pub fn check_filter(filter: &str) -> Result<(), Fault> {
    let (group, plain) = split_share(filter);
    let share_wrong = filter.starts_with("$share/")
        && group.is_none_or(|group| group.is_empty() || group.contains(['+', '#']));
    let mut levels = plain.split('/').peekable();
    let mut wrong = plain.is_empty() || share_wrong;
    while let Some(level) = levels.next() {
        wrong |= match level {
            "+" => false,
            "#" => levels.peek().is_some(),
            other => other.contains(['+', '#']),
        };
    }
    if wrong { Err(Fault::Malformed) } else { Ok(()) }
}

/// Group and filter of a shared subscription; no group for a plain one.
#[must_use]
pub fn split_share(filter: &str) -> (Option<&str>, &str) {
    match filter.strip_prefix("$share/").and_then(|rest| rest.split_once('/')) {
        Some((group, plain)) => (Some(group), plain),
        None => (None, filter),
    }
}

/// Whether a filter (without share) hears a topic. A wildcard in front hears nothing that starts with `$`.
#[must_use]
pub fn matches(filter: &str, topic: &str) -> bool {
    if topic.starts_with('$') && filter.starts_with(['+', '#']) {
        return false;
    }
    let (mut filters, mut topics) = (filter.split('/'), topic.split('/'));
    loop {
        match (filters.next(), topics.next()) {
            (Some("#"), _) | (None, None) => return true,
            (Some("+"), Some(_)) => {}
            (Some(filter), Some(topic)) if filter == topic => {}
            _ => return false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_hear_what_the_standard_says() {
        for (filter, topic, hears) in [
            ("a/b", "a/b", true),
            ("a/+", "a/b", true),
            ("a/+", "a", false),
            ("a/#", "a", true),
            ("a/#", "a/b/c", true),
            ("+/+", "/x", true),
            ("#", "$SYS/x", false),
            ("$SYS/#", "$SYS/x", true),
            ("a/b", "a/b/c", false),
            ("a/b/c", "a/b", false),
        ] {
            assert_eq!(matches(filter, topic), hears, "{filter} {topic}");
        }
    }

    #[test]
    fn wildcards_stand_alone() {
        for wrong in ["", "a#", "a/#/b", "a+/b", "$share//a", "$share/g/", "$share/g", "$share/+/a"] {
            assert!(check_filter(wrong).is_err(), "{wrong}");
        }
        for right in ["#", "+", "a/+/b/#", "$share/g/#", "/"] {
            assert!(check_filter(right).is_ok(), "{right}");
        }
        assert!(check_topic("a/b").is_ok() && check_topic("").is_err() && check_topic("a/+").is_err());
        assert!(is_text("ds/v1/सी") && !is_text("a\0") && !is_text("a\u{7f}") && !is_text("a\u{9f}"));
    }
}
