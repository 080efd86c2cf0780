//! Reads words into flags, by Go's rules.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

use super::table::{Command, Flag, GLOBAL, Kind, TOP_LEVEL};
use super::{boolean, integer, shown, split_at, split_value, wrong};
use crate::Failure;
use crate::console::Environment;

/// A command line, taken apart.
#[derive(PartialEq)]
pub(crate) struct CommandLine {
    /// The flags before the command.
    pub(in crate::sops) global: Values,
    /// The command, those that it is below first: `groups`, `add`. Empty for the old forms, such as `sops -d FILE`.
    pub(in crate::sops) command: Vec<&'static Command>,
    /// The command's flags and words. For the old forms the words after the global flags; the flags are none.
    pub(in crate::sops) own: Values,
}

/// Flags that were given, and the words that are no flags.
#[derive(Clone, Debug, Default, PartialEq)]
pub(in crate::sops) struct Values {
    table: &'static [&'static [Flag]],
    /// By the flag's first name; what the environment says comes first.
    values: BTreeMap<&'static str, Vec<OsString>>,
    /// The names that the command line itself uses.
    typed: Vec<&'static str>,
    pub(in crate::sops) words: Vec<OsString>,
}

impl CommandLine {
    /// Reads the command line: the program's name first.
    ///
    /// # Errors
    /// An unknown flag, a value that a flag can't have, or a flag that is given under two names.
    pub(in crate::sops) fn read(arguments: &[OsString], environment: &Environment) -> Result<Self, Failure> {
        let words = arguments.get(1..).unwrap_or_default();
        let global = Values::read(words, GLOBAL, FirstWord::EndsFlags, environment)?;
        let mut line = Self { own: global.clone(), global, command: Vec::new() };
        line.global.words.clear();
        let mut commands = TOP_LEVEL;
        while let Some(command) = line.own.words.first().and_then(|word| find(commands, word)) {
            let words = line.own.words.split_off(1);
            line.command.push(command);
            commands = command.below;
            let first_word = if commands.is_empty() { FirstWord::IsAWord } else { FirstWord::EndsFlags };
            line.own = Values::read(&words, command.flags, first_word, environment)?;
        }
        if line.command.is_empty() {
            line.global = Values::read(words, GLOBAL, FirstWord::IsAWord, environment)?;
            line.own = Values { words: std::mem::take(&mut line.global.words), ..Values::default() };
        }
        Ok(line)
    }
}

/// What becomes of flags behind the first word that is none.
#[derive(Clone, Copy, PartialEq, Eq)]
enum FirstWord {
    /// They are words: they belong to somebody else.
    EndsFlags,
    /// They are flags all the same, if there are such flags.
    IsAWord,
}

fn find(commands: &'static [Command], word: &OsStr) -> Option<&'static Command> {
    commands.iter().find(|command| command.names.iter().any(|name| word == *name))
}

impl Values {
    fn read(
        words: &[OsString],
        table: &'static [&'static [Flag]],
        first_word: FirstWord,
        environment: &Environment,
    ) -> Result<Self, Failure> {
        let mut values = Self { table, ..Self::default() };
        values.read_environment(environment)?;
        let mut used: BTreeMap<&'static str, &'static str> = BTreeMap::new();
        let mut words = words.iter().cloned();
        while let Some(word) = words.next() {
            let bytes = word.as_encoded_bytes();
            if bytes == b"--" {
                break;
            }
            if bytes.len() < 2 || bytes[0] != b'-' {
                values.words.push(word);
                if first_word == FirstWord::EndsFlags {
                    break;
                }
                continue;
            }
            let dashes = if bytes[1] == b'-' { 2 } else { 1 };
            let is_behind = !values.words.is_empty();
            if bytes.get(dashes).is_none_or(|first| matches!(first, b'-' | b'=')) && !is_behind {
                return Err(wrong(format!("{} is no flag", shown(&word))));
            }
            let (name, value) = split_value(&split_at(&word, dashes).1);
            let (flag, name) = match lookup(table, &name) {
                Some(found) => found,
                // `sops set FILE PATH -5`
                None if is_behind => {
                    values.words.push(word);
                    continue;
                }
                None => return Err(wrong(format!("there is no flag -{} here", shown(&name)))),
            };
            let value = match (value, flag.kind) {
                (Some(value), _) => value,
                (None, Kind::Switch | Kind::SwitchOn) => OsString::from("true"),
                (None, _) => words.next().ok_or_else(|| wrong(format!("the flag -{name} needs a value")))?,
            };
            check(flag, name, &value)?;
            if let Some(other) = used.insert(flag.name(), name).filter(|other| *other != name) {
                return Err(wrong(format!("-{other} and -{name} are the same flag: give one of them")));
            }
            values.put(flag, value);
            if !values.typed.contains(&flag.name()) {
                values.typed.push(flag.name());
            }
        }
        values.words.extend(words);
        Ok(values)
    }

    fn read_environment(&mut self, environment: &Environment) -> Result<(), Failure> {
        for flag in self.table.iter().copied().flatten() {
            let Some(variable) = flag.variable else { continue };
            let Some(value) = environment.get(variable) else { continue };
            check(flag, variable, &value)?;
            match flag.kind {
                Kind::List => {
                    for part in value.to_string_lossy().split(',') {
                        self.put(flag, part.trim().into());
                    }
                }
                _ => self.put(flag, value),
            }
        }
        Ok(())
    }

    fn put(&mut self, flag: &'static Flag, value: OsString) {
        let values = self.values.entry(flag.name()).or_default();
        if flag.kind != Kind::List {
            values.clear();
        }
        values.push(value);
    }

    /// Whether a switch is on. One that the command does not have is off.
    pub(in crate::sops) fn switch(&self, name: &str) -> bool {
        match self.last(name) {
            Some(value) => boolean(value).unwrap_or(false),
            None => self.flag(name).is_some_and(|flag| flag.kind == Kind::SwitchOn),
        }
    }

    /// The value of a text flag. An empty one counts as not given.
    ///
    /// # Errors
    /// When it is no UTF-8.
    pub(in crate::sops) fn text(&self, name: &str) -> Result<Option<&str>, Failure> {
        let value = self.last(name).filter(|value| !value.is_empty());
        value
            .map(|value| {
                value.to_str().ok_or_else(|| wrong(format!("the value of -{name} is not valid UTF-8")))
            })
            .transpose()
    }

    /// The value of a flag that names a file. An empty one counts as not given.
    pub(in crate::sops) fn path(&self, name: &str) -> Option<PathBuf> {
        self.last(name).filter(|value| !value.is_empty()).map(PathBuf::from)
    }

    /// The value of a number.
    pub(in crate::sops) fn number(&self, name: &str) -> Option<i64> {
        self.last(name).and_then(|value| integer(value))
    }

    /// Whether the command has such a flag.
    pub(in crate::sops) fn knows(&self, name: &str) -> bool {
        self.flag(name).is_some()
    }

    /// All values of a flag.
    pub(in crate::sops) fn list(&self, name: &str) -> &[OsString] {
        self.values.get(name).map_or(&[], Vec::as_slice)
    }

    /// The first names of the flags that the command line uses, in their order.
    pub(in crate::sops) fn typed(&self) -> &[&'static str] {
        &self.typed
    }

    fn last(&self, name: &str) -> Option<&OsString> {
        self.values.get(name)?.last()
    }

    fn flag(&self, name: &str) -> Option<&'static Flag> {
        self.table.iter().copied().flatten().find(|flag| flag.name() == name)
    }
}

fn lookup(table: &'static [&'static [Flag]], name: &OsStr) -> Option<(&'static Flag, &'static str)> {
    let mut flags = table.iter().copied().flatten();
    flags.find_map(|flag| Some((flag, *flag.names.iter().find(|own| name == **own)?)))
}

/// Refuses a value that is not of the flag's kind. `name` is the flag's, or the variable's.
fn check(flag: &Flag, name: &str, value: &OsStr) -> Result<(), Failure> {
    let (fits, needed) = match flag.kind {
        Kind::Switch | Kind::SwitchOn => (boolean(value).is_some(), "true or false"),
        Kind::Number => (integer(value).is_some(), "a number"),
        Kind::List | Kind::Text => (true, ""),
    };
    if fits { Ok(()) } else { Err(wrong(format!("{name} should be {needed}, and is {:?}", shown(value)))) }
}

#[cfg(test)]
mod tests {
    use super::CommandLine;
    use crate::console::Environment;

    fn read(words: &[&str]) -> Result<CommandLine, u8> {
        read_with(&[], words)
    }

    fn read_with(variables: &[(&str, &str)], words: &[&str]) -> Result<CommandLine, u8> {
        let words: Vec<_> = ["sops"].iter().chain(words).map(Into::into).collect();
        CommandLine::read(&words, &Environment::given(variables.iter().copied()))
            .map_err(|failure| failure.code())
    }

    #[test]
    fn dashes_values_and_the_last_one_wins() {
        let line =
            read(&["-decrypt", "--output=a", "-output", "b", "-i=false", "--i=0", "x", "-5", "-s"]).unwrap();
        assert!(line.global.switch("decrypt") && !line.global.switch("in-place"));
        assert_eq!(line.global.text("output").unwrap(), Some("b"));
        assert!(line.global.switch("show-master-keys"));
        assert_eq!(line.own.words, ["x", "-5"]);
        assert_eq!(read(&["-d", "--", "-i"]).unwrap().own.words, ["-i"]);
        assert!(line.command.is_empty());
    }

    #[test]
    fn what_is_wrong_ends_with_1() {
        for words in [
            &["-di", "x"][..],
            &["--nonsense"],
            &["-i=maybe"],
            &["--indent", "two"],
            &["--output"],
            &["---d"],
            &["-=x"],
            &["-a", "age1x", "--age", "age1y"],
            &["decrypt", "--encrypt"],
        ] {
            assert_eq!(read(words).err(), Some(1), "{words:?}");
        }
    }

    #[test]
    fn a_command_s_flags_may_follow_its_words() {
        let line = read(&["--verbose", "decrypt", "x", "--extract", "[\"a\"]", "-i"]).unwrap();
        assert_eq!(line.command[0].names[0], "decrypt");
        assert_eq!(line.own.text("extract").unwrap(), Some("[\"a\"]"));
        assert!(line.own.switch("in-place") && line.global.switch("verbose"));
        assert_eq!(line.own.words, ["x"]);
        // A word that begins with a dash and is no flag ends them.
        let line = read(&["set", "-5", "x"]);
        assert_eq!(line.err(), Some(1));
        let line = read(&["set", "x", "[\"a\"]", "-5"]).unwrap();
        assert_eq!(line.own.words, ["x", "[\"a\"]", "-5"]);
        let line = read(&["groups", "delete", "1", "--file", "x"]).unwrap();
        assert_eq!((line.command[1].names[0], line.own.words), ("delete", vec!["1".into()]));
    }

    #[test]
    fn the_environment_stands_in_for_flags() {
        let variables =
            [("SOPS_AGE_RECIPIENTS", "age1a"), ("SOPS_KEYSERVICE", "tcp://a, tcp://b"), ("SOPS_PGP_FP", "")];
        let line = read_with(&variables, &["encrypt", "--age", "age1b", "x"]).unwrap();
        assert_eq!(line.global.text("age").unwrap(), Some("age1a"));
        assert_eq!(line.own.text("age").unwrap(), Some("age1b"));
        assert_eq!(line.own.list("keyservice"), ["tcp://a", "tcp://b"]);
        assert_eq!(line.own.text("pgp").unwrap(), None);
        assert!(line.own.switch("enable-local-keyservice"));
        assert_eq!(read_with(&[("SOPS_DISABLE_VERSION_CHECK", "maybe")], &["-v"]).err(), Some(1));
    }
}
