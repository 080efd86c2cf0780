//! Paths to values, as sops writes them: `["key"][0]['other']`.

use sealkit::document::{Path, Step};

/// Reads a path by the rules of sops: it is taken apart at every `[`, and nothing in quotes is escaped.
///
/// # Errors
/// What is wrong with it.
pub(super) fn parse(text: &str) -> Result<Path, String> {
    let mut steps = Vec::new();
    for part in text.split('[').filter(|part| !part.is_empty()) {
        let Some(inner) = part.strip_suffix(']') else {
            return Err(format!(
                "a path looks like [\"key\"][0], and {part:?} in this one does not end with ]"
            ));
        };
        if let Some(quote @ ('"' | '\'')) = inner.chars().next() {
            let key = inner[1..].strip_suffix(quote);
            let key = key.ok_or_else(|| format!("the quote in {part:?} is not closed"))?;
            steps.push(Step::Key(key.to_owned()));
        } else {
            let index = inner.strip_prefix('+').unwrap_or(inner).parse();
            let index = index.map_err(|_| format!("{inner:?} is neither an index nor a key in quotes"))?;
            steps.push(Step::Index(index));
        }
    }
    Ok(steps.into_iter().collect())
}

#[cfg(test)]
mod tests {
    use sealkit::document::Step;

    use super::parse;

    #[test]
    fn keys_and_indices() {
        let key = |text: &str| Step::Key(text.to_owned());
        assert_eq!(parse("[\"a\"][0]['b.c']").unwrap().steps(), [key("a"), Step::Index(0), key("b.c")]);
        assert_eq!(parse("[\"a\\\"\"]").unwrap().steps(), [key("a\\\"")]);
        assert_eq!(parse("").unwrap().steps(), []);
        for text in ["a", "[a]", "[\"a\"", "[0]x", "[-1]", "[]", "[\"]", "[\"a\"] "] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
