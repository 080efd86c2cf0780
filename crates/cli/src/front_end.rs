//! Which of the three command lines the user is speaking.

use std::ffi::{OsStr, OsString};
use std::path::Path;

/// One of the program's command lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FrontEnd {
    /// The flags of bitnami-labs' `kubeseal`.
    Kubeseal,
    /// Our own commands.
    Sealkit,
    /// The commands and flags of getsops' `sops`.
    Sops,
}

impl FrontEnd {
    /// Picks the front end by the program's name (the first argument, a path), else by the first word after it.
    ///
    /// Returns it with the arguments that it is to read, its own name first: `sealkit kubeseal --raw` comes back as
    /// `kubeseal --raw`.
    #[must_use]
    pub fn pick(mut arguments: Vec<OsString>) -> (Self, Vec<OsString>) {
        let by_name = arguments.first().and_then(|program| Self::of_program(program));
        if let Some(front_end) = by_name {
            return (front_end, arguments);
        }
        // `sealkit help kubeseal` is `kubeseal --help`.
        if arguments.get(1).is_some_and(|word| word == "help") && arguments.get(2).is_some_and(is_name) {
            arguments.remove(1);
            arguments.insert(2, "--help".into());
        }
        let by_word = match arguments.get(1).and_then(|word| word.to_str()) {
            Some("kubeseal") => Some(Self::Kubeseal),
            Some("sops") => Some(Self::Sops),
            _ => None,
        };
        if let Some(front_end) = by_word {
            arguments.remove(0);
            return (front_end, arguments);
        }
        (Self::Sealkit, arguments)
    }

    fn of_program(program: &OsStr) -> Option<Self> {
        let name = Path::new(program).file_name()?.to_str()?.to_ascii_lowercase();
        match name.strip_suffix(".exe").unwrap_or(&name) {
            "kubeseal" => Some(Self::Kubeseal),
            "sops" => Some(Self::Sops),
            _ => None,
        }
    }
}

fn is_name(word: &OsString) -> bool {
    word == "kubeseal" || word == "sops"
}

#[cfg(test)]
mod tests {
    use super::FrontEnd;

    fn pick(words: &[&str]) -> (FrontEnd, Vec<String>) {
        let (front_end, rest) = FrontEnd::pick(words.iter().map(Into::into).collect());
        (front_end, rest.into_iter().map(|word| word.into_string().unwrap()).collect())
    }

    #[test]
    fn the_programs_name_decides_first() {
        assert_eq!(pick(&["/usr/bin/kubeseal", "sops"]).0, FrontEnd::Kubeseal);
        assert_eq!(pick(&["kubeseal.EXE", "--raw"]).0, FrontEnd::Kubeseal);
        assert_eq!(pick(&["./sops", "-d", "x"]).0, FrontEnd::Sops);
        assert_eq!(pick(&["sops", "kubeseal"]).1, ["sops", "kubeseal"]);
    }

    #[test]
    fn the_first_word_decides_next_and_takes_the_names_place() {
        assert_eq!(
            pick(&["sealkit", "kubeseal", "--raw"]),
            (FrontEnd::Kubeseal, vec!["kubeseal".into(), "--raw".into()])
        );
        assert_eq!(pick(&["renamed", "sops", "-d"]), (FrontEnd::Sops, vec!["sops".into(), "-d".into()]));
    }

    #[test]
    fn help_on_a_front_end_is_its_own() {
        assert_eq!(
            pick(&["sealkit", "help", "kubeseal"]),
            (FrontEnd::Kubeseal, vec!["kubeseal".into(), "--help".into()])
        );
        assert_eq!(pick(&["sealkit", "help", "seal"]).0, FrontEnd::Sealkit);
        assert_eq!(pick(&["sealkit", "help"]).1, ["sealkit", "help"]);
    }

    #[test]
    fn anything_else_is_our_own() {
        assert_eq!(pick(&["sealkit", "seal", "kubeseal"]).0, FrontEnd::Sealkit);
        assert_eq!(pick(&["kubeseal-old"]).0, FrontEnd::Sealkit);
        assert_eq!(pick(&[]).0, FrontEnd::Sealkit);
    }
}
