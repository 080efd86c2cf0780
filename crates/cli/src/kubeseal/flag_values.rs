//! What the values of kubeseal's flags may be: the rules of Go's pflag, klog and client-go.

use ::sealkit::sealed_secrets::{ParseScopeError, Scope};

/// On or off, as Go's `strconv.ParseBool` reads it.
pub(super) fn switch(text: &str) -> Result<bool, ValueError> {
    match text {
        "1" | "t" | "T" | "true" | "TRUE" | "True" => Ok(true),
        "0" | "f" | "F" | "false" | "FALSE" | "False" => Ok(false),
        _ => Err(ValueError("neither true nor false")),
    }
}

/// A scope; nothing means strict.
pub(super) fn scope(text: &str) -> Result<Scope, ParseScopeError> {
    if text.is_empty() { Ok(Scope::Strict) } else { text.parse() }
}

/// A namespace, also in the spelling of `kubectl get`: `ns/web`.
pub(super) fn namespace(text: &str) -> Result<String, ValueError> {
    let prefixes = ["namespaces/", "namespace/", "ns/"];
    let is_prefix = |prefix: &&str| {
        text.len() > prefix.len()
            && text.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix))
    };
    let start = prefixes.iter().find(|prefix| is_prefix(prefix)).map_or(0, |prefix| prefix.len());
    Ok(text[start..].to_owned())
}

/// A comma list, with double quotes around an item that holds a comma (RFC 4180, one record).
pub(super) fn list(text: &str) -> Result<Vec<String>, ValueError> {
    let mut items = Vec::new();
    let mut rest = text;
    while !rest.is_empty() || !items.is_empty() {
        let (item, after) = match rest.strip_prefix('"') {
            Some(quoted) => quoted_item(quoted)?,
            None => {
                let end = rest.find(',').unwrap_or(rest.len());
                if rest[..end].contains('"') {
                    return Err(ValueError("a double quote inside an item that is not quoted"));
                }
                (rest[..end].to_owned(), &rest[end..])
            }
        };
        items.push(item);
        match after.strip_prefix(',') {
            Some(more) => rest = more,
            None => break,
        }
    }
    Ok(items)
}

/// The item that begins after an opening quote, and what follows its closing quote: nothing or a comma.
fn quoted_item(text: &str) -> Result<(String, &str), ValueError> {
    let mut item = String::new();
    let mut rest = text;
    loop {
        let end = rest.find('"').ok_or(ValueError("a double quote that is not closed"))?;
        item.push_str(&rest[..end]);
        rest = &rest[end + 1..];
        if let Some(more) = rest.strip_prefix('"') {
            item.push('"');
            rest = more;
        } else if rest.is_empty() || rest.starts_with(',') {
            return Ok((item, rest));
        } else {
            return Err(ValueError("text after a closing double quote"));
        }
    }
}

/// A severity of kubeseal's log: a name or a number.
pub(super) fn log_severity(text: &str) -> Result<String, ValueError> {
    let names = ["INFO", "WARNING", "ERROR", "FATAL"];
    let known = names.iter().any(|name| text.eq_ignore_ascii_case(name)) || text.parse::<i32>().is_ok();
    known.then(|| text.to_owned()).ok_or(ValueError("not a severity: use INFO, WARNING, ERROR or FATAL"))
}

/// A place in kubeseal's source: `file.go:123`.
pub(super) fn log_location(text: &str) -> Result<String, ValueError> {
    let is_place =
        |(file, line): (&str, &str)| file.contains('.') && line.parse::<u32>().is_ok_and(|line| line > 0);
    let known = text.is_empty() || text.split_once(':').is_some_and(is_place);
    known.then(|| text.to_owned()).ok_or(ValueError("not a place: use file.go:123"))
}

/// Levels for modules: `pattern=N`, separated by commas.
pub(super) fn log_modules(text: &str) -> Result<String, ValueError> {
    let is_level = |item: &str| {
        item.is_empty()
            || item
                .split_once('=')
                .is_some_and(|(pattern, level)| !pattern.is_empty() && level.parse::<i32>().is_ok())
    };
    text.split(',').all(is_level).then(|| text.to_owned()).ok_or(ValueError("not a list of pattern=N"))
}

/// A flag can't have this value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(super) struct ValueError(&'static str);

#[cfg(test)]
mod tests {
    use super::{list, log_location, log_modules, log_severity, namespace, scope, switch};
    use ::sealkit::sealed_secrets::Scope;

    #[test]
    fn switches_are_gos_booleans() {
        assert!(["1", "t", "T", "true", "TRUE", "True"].iter().all(|text| switch(text) == Ok(true)));
        assert!(["0", "f", "F", "false", "FALSE", "False"].iter().all(|text| switch(text) == Ok(false)));
        assert!(["", "yes", "tRUE", "on", " true"].iter().all(|text| switch(text).is_err()));
    }

    #[test]
    fn lists_are_one_csv_record() {
        let items = |text| list(text).unwrap();
        assert_eq!(items(""), [""; 0]);
        assert_eq!(items("a"), ["a"]);
        assert_eq!(items("a,b c,"), ["a", "b c", ""]);
        assert_eq!(items(",a"), ["", "a"]);
        assert_eq!(items(r#""a,b",c"#), ["a,b", "c"]);
        assert_eq!(items(r#""say ""yes""""#), [r#"say "yes""#]);
        assert_eq!(items(r#""""#), [""]);
        for bad in [r#"a"b"#, r#""a"#, r#""a"b"#, r#"a,"b"#] {
            assert!(list(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_namespace_loses_the_prefix_of_kubectl() {
        let cases = [("web", "web"), ("ns/web", "web"), ("Namespaces/web", "web"), ("namespace/web", "web")];
        for (text, expected) in cases.into_iter().chain([("ns/", "ns/"), ("", ""), ("x/web", "x/web")]) {
            assert_eq!(namespace(text).unwrap(), expected);
        }
        assert_eq!(namespace("ns/ns/web").unwrap(), "ns/web");
        assert_eq!(namespace("né/web").unwrap(), "né/web");
    }

    #[test]
    fn an_empty_scope_is_strict() {
        assert_eq!(scope(""), Ok(Scope::Strict));
        assert_eq!(scope("cluster-wide"), Ok(Scope::ClusterWide));
        assert!(scope("Strict").is_err());
    }

    #[test]
    fn log_flags_are_checked() {
        assert!(log_severity("error").is_ok() && log_severity("2").is_ok() && log_severity("LOUD").is_err());
        assert!(log_location("a.go:1").is_ok() && log_location("").is_ok() && log_location("a.go").is_err());
        assert!(log_modules("a=1,b*=2").is_ok() && log_modules("a").is_err());
    }
}
