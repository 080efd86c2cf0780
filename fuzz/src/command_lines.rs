//! Laws of the command lines: reading one does nothing and never panics, and what it asks for does not depend on how its flags are
//! spelled. kubeseal reads as Go's pflag does, sops as Go's `flag` does.

use std::ffi::OsString;
use std::sync::LazyLock;

use arbitrary::{Arbitrary, Result, Unstructured};
use sealkit_cli::front_end::FrontEnd;
use sealkit_cli::{Environment, Request, commands};

/// Words that mean something to one front end or another, or are hard to read.
const TEXTS: [&str; 40] = [
    "",
    "-",
    "=",
    "=x",
    "a=b",
    "a,b",
    "\"a,b\",c",
    "\"a",
    "a.b[0].c",
    "[\"a\"][0]",
    "[\"a\"] \"b\"",
    "true",
    "false",
    "T",
    "0",
    "1",
    "-5",
    "0x10",
    "1_000",
    "9223372036854775808",
    "yaml",
    "json",
    "dotenv",
    "strict",
    "cluster-wide",
    "ns/web",
    "secret.yaml",
    "-x",
    "-o",
    "--raw",
    "age1x",
    "user=admin",
    "key=@file",
    "https://example.com/cert.pem",
    "é🔑",
    "two words",
    "line\nbreak",
    "{}",
    "^(data|stringData)$",
    "2160h",
];

/// A command of a front end: the words that lead to it, and its flags.
struct Command {
    front_end: FrontEnd,
    path: Vec<String>,
    flags: Vec<Flag>,
    /// Whether there are commands below it, whose names are no mere words then.
    below: Vec<String>,
}

struct Flag {
    long: String,
    short: Option<char>,
    takes_value: bool,
    /// The environment variable that stands for it: all but the logging flags of kubeseal have one.
    variable: Option<String>,
}

static COMMANDS: LazyLock<Vec<Command>> = LazyLock::new(|| {
    let mut found = Vec::new();
    for root in commands() {
        let front_end = match root.get_name() {
            "kubeseal" => FrontEnd::Kubeseal,
            "sops" => FrontEnd::Sops,
            _ => FrontEnd::Sealkit,
        };
        let mut open = vec![(&root, vec![root.get_name().to_owned()])];
        while let Some((command, path)) = open.pop() {
            let below = |name: &str| path.iter().cloned().chain([name.to_owned()]).collect();
            open.extend(command.get_subcommands().map(|command| (command, below(command.get_name()))));
            let flags = command.get_arguments().filter_map(|flag| {
                let long = flag.get_long()?.to_owned();
                let values = flag.get_num_args().is_none_or(|count| count.min_values() > 0);
                let has_variable =
                    front_end == FrontEnd::Kubeseal && flag.get_help_heading() != Some("Logging");
                let variable = format!("SEALED_SECRETS_{}", long.to_ascii_uppercase().replace('-', "_"));
                Some(Flag {
                    short: flag.get_short(),
                    takes_value: flag.get_action().takes_values() && values,
                    variable: has_variable.then_some(variable),
                    long,
                })
            });
            found.push(Command {
                front_end,
                flags: flags.collect(),
                below: command
                    .get_subcommands()
                    .flat_map(|below| std::iter::once(below.get_name()).chain(below.get_all_aliases()))
                    .map(str::to_owned)
                    .collect(),
                path,
            });
        }
    }
    found
});

/// A command line made of flags that the command has, and other words.
pub struct Line {
    command: &'static Command,
    pieces: Vec<Piece>,
    variable: Option<(&'static Flag, String)>,
}

enum Piece {
    Flag { flag: &'static Flag, value: String, is_short: bool },
    Word(String),
}

impl<'a> Arbitrary<'a> for Line {
    fn arbitrary(control: &mut Unstructured<'a>) -> Result<Self> {
        let commands: &'static [Command] = &COMMANDS;
        let command = control.choose(commands)?;
        let mut pieces = Vec::new();
        for _ in 0..control.int_in_range(0..=8)? {
            let is_flag = !command.flags.is_empty() && control.ratio(3, 4)?;
            pieces.push(if is_flag {
                Piece::Flag {
                    flag: control.choose(&command.flags)?,
                    value: text(control)?,
                    is_short: control.arbitrary()?,
                }
            } else if control.ratio(1, 8)? {
                Piece::Word("--".to_owned())
            } else {
                Piece::Word(text(control)?)
            });
        }
        let flags: Vec<_> = command.flags.iter().filter(|flag| flag.variable.is_some()).collect();
        let variable = match flags.is_empty() || control.arbitrary()? {
            true => None,
            false => Some((*control.choose(&flags)?, text(control)?)),
        };
        Ok(Self { command, pieces, variable })
    }
}

fn text(control: &mut Unstructured<'_>) -> Result<String> {
    match control.ratio(1, 6)? {
        true => String::arbitrary(control),
        false => Ok((*control.choose(&TEXTS)?).to_owned()),
    }
}

/// How a flag is written.
#[derive(Clone, Copy, PartialEq)]
enum Spelling {
    /// `--flag value`, `-o value`, `--switch`
    Apart,
    /// `--flag=value`, `-ovalue`, `--switch=true`
    Joined,
    /// As [`Self::Joined`] with an equals sign and the other number of dashes, where the front end takes both.
    Other,
}

/// Any words, as the command line of each front end: an error, or the same request each time and by whichever name.
pub fn any_words(words: &[String]) {
    let environment = Environment::given::<&str, &str>([]);
    for front_end in ["kubeseal", "sops"] {
        let own = || std::iter::once(front_end).chain(words.iter().map(String::as_str)).map(OsString::from);
        let below = || std::iter::once(OsString::from("sealkit")).chain(own());
        assert!(outcome(own(), &environment) == outcome(below(), &environment), "{front_end} {words:?}");
    }
    let own = || std::iter::once("sealkit").chain(words.iter().map(String::as_str)).map(OsString::from);
    assert!(outcome(own(), &environment) == outcome(own(), &environment), "sealkit {words:?}");
}

/// Each spelling asks for the same, and so does a variable in the place of a flag.
pub fn spellings_agree(line: &Line) {
    let nothing = Environment::given::<&str, &str>([]);
    let Some(apart) = line.spelled(Spelling::Apart) else { return };
    let outcome = outcome(apart.clone(), &nothing);
    for spelling in [Spelling::Joined, Spelling::Other] {
        let other = line.spelled(spelling).expect("it could be spelled before");
        assert!(self::outcome(other.clone(), &nothing) == outcome, "{apart:?} is not {other:?}");
    }
    if let Some((flag, value)) = line.variable.as_ref().filter(|(_, value)| !value.is_empty())
        && let Some(variable) = &flag.variable
        && !value.contains('\0')
    {
        let mut with_flag = apart.clone();
        with_flag.insert(1, format!("--{}={value}", flag.long).into());
        // A variable that is overruled may hold anything.
        if let Ok(expected) = self::outcome(with_flag, &nothing) {
            let environment = Environment::given([(variable, value)]);
            assert!(
                self::outcome(apart.clone(), &environment) == Ok(expected),
                "{variable}={value} {apart:?}"
            );
        }
    }
}

fn outcome(
    words: impl IntoIterator<Item = OsString>,
    environment: &Environment,
) -> std::result::Result<Request, u8> {
    Request::read(words, environment).map_err(|failure| failure.code())
}

impl Line {
    /// The words; none if a word could be taken for a flag, or a name for another command's.
    fn spelled(&self, spelling: Spelling) -> Option<Vec<OsString>> {
        let front_end = self.command.front_end;
        let mut words = self.command.path.clone();
        let mut pieces: Vec<&Piece> = self.pieces.iter().collect();
        if front_end == FrontEnd::Sealkit || (words.len() > 1 && !self.command.below.is_empty()) {
            // Behind the first word of `exec` all is another program's, and of `sops groups` another command's.
            pieces.sort_by_key(|piece| matches!(piece, Piece::Word(_)));
        }
        let mut is_ended = false;
        for piece in pieces {
            match piece {
                Piece::Word(word) => {
                    let is_command =
                        self.command.below.contains(word) || matches!(word.as_str(), "help" | "h");
                    let is_flag = word.len() > 1 && word.starts_with('-') && word != "--";
                    if is_command || (is_flag && !is_ended) {
                        return None;
                    }
                    is_ended |= word == "--";
                    words.push(word.clone());
                }
                // For a shell that completes words, whatever stands before it.
                Piece::Flag { value, .. } if value == "--generate-bash-completion" => return None,
                Piece::Flag { flag, value, is_short } => {
                    let spelling = if is_ended { Spelling::Apart } else { spelling };
                    flag.spell(front_end, value, *is_short, spelling, &mut words);
                }
            }
        }
        (words.last()? != "--generate-bash-completion")
            .then(|| words.into_iter().map(OsString::from).collect())
    }
}

impl Flag {
    fn spell(
        &self,
        front_end: FrontEnd,
        value: &str,
        is_short: bool,
        spelling: Spelling,
        words: &mut Vec<String>,
    ) {
        let is_sops = front_end == FrontEnd::Sops;
        let short = self.short.filter(|_| is_short);
        let name = short.map_or_else(|| self.long.clone(), String::from);
        let dashes = match (short.is_some(), is_sops, spelling) {
            (_, true, Spelling::Other) | (false, false, _) => "--",
            (_, true, _) | (true, false, _) => "-",
        };
        let flag = [dashes, &name].concat();
        if !self.takes_value {
            // Our own switches, and short ones of kubeseal, take no value.
            let takes_equals = is_sops || (front_end == FrontEnd::Kubeseal && short.is_none());
            words.push(if takes_equals && spelling != Spelling::Apart { flag + "=true" } else { flag });
            return;
        }
        let is_letter = short.is_some() && !is_sops;
        // A value that begins with a dash needs the equals sign in our own commands; `-o=` and `-o` are too little.
        let must_join = front_end == FrontEnd::Sealkit && value.starts_with('-');
        if is_letter && (value.is_empty() || value.starts_with('=') || must_join) {
            words.push(format!("--{}={value}", self.long));
            return;
        }
        match spelling {
            Spelling::Apart if !must_join => words.extend([flag, value.to_owned()]),
            Spelling::Joined if is_letter => words.push(flag + value),
            _ => words.push(format!("{flag}={value}")),
        }
    }
}

impl std::fmt::Debug for Line {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let variable = self.variable.as_ref().map(|(flag, value)| (&flag.variable, value));
        formatter.debug_tuple("Line").field(&self.spelled(Spelling::Apart)).field(&variable).finish()
    }
}
