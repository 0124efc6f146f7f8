//! The particulars of what happened, as `line=1 sku=MLK-1 name="Toned milk"`: a person can read them in a table, and a
//! screen can fill them into a sentence of its own language (REQ-109). The words around them are the screens'.

use std::fmt::{Display, Write as _};

/// Writes named values in the order given. A value with a space, a quote, an equals sign or nothing in it is quoted as
/// JSON quotes a text. Names are stable words; `sync/web/src/particulars.ts` reads them back.
pub fn particulars(named: &[(&str, &dyn Display)]) -> String {
    let mut text = String::new();
    for (name, value) in named {
        if !text.is_empty() {
            text.push(' ');
        }
        text.push_str(name);
        text.push('=');
        let value = value.to_string();
        if value.is_empty() || value.contains(|sign: char| sign.is_whitespace() || "\"=\\".contains(sign)) {
            quote(&mut text, &value);
        } else {
            text.push_str(&value);
        }
    }
    text
}

fn quote(text: &mut String, value: &str) {
    text.push('"');
    for sign in value.chars() {
        match sign {
            '"' | '\\' => text.extend(['\\', sign]),
            sign if sign.is_control() => {
                // Writing to a String cannot fail.
                let _ = write!(text, "\\u{:04x}", u32::from(sign));
            }
            sign => text.push(sign),
        }
    }
    text.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_values_stand_bare_and_others_are_quoted() {
        assert_eq!(particulars(&[]), "");
        assert_eq!(particulars(&[("line", &1), ("sku", &"MLK-1")]), "line=1 sku=MLK-1");
        assert_eq!(particulars(&[("name", &"Dal \"1 kg\""), ("why", &"")]), r#"name="Dal \"1 kg\"" why="""#);
        assert_eq!(particulars(&[("a", &"x=y"), ("b", &"\\\n")]), r#"a="x=y" b="\\\u000a""#);
    }
}
