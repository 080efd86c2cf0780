//! kubeseal's flags, read by its rules: the last of several wins, flags may follow other words, and a switch takes a
//! value after an equals sign only (`--raw=false`).

use std::ffi::OsString;
use std::path::PathBuf;

use ::sealkit::sealed_secrets::Scope;
use clap::builder::ValueParser;
use clap::error::ContextKind;
use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};

use super::{environment, flag_values};
use crate::console::Environment;
use crate::failure::Failure;

/// What the command line and the environment ask for. A text that is empty counts as not given, as it does in kubeseal.
#[derive(PartialEq)]
pub(crate) struct Flags {
    pub(super) allow_empty_data: bool,
    pub(super) cert: Option<String>,
    pub(super) cluster: ClusterFlags,
    pub(super) fetch_cert: bool,
    pub(super) format: Option<String>,
    pub(super) from_file: Vec<String>,
    pub(super) help: bool,
    /// Words that are no flags. kubeseal takes them, and does nothing with them.
    pub(super) ignored: Vec<OsString>,
    pub(super) merge_into: Option<PathBuf>,
    pub(super) name: Option<String>,
    pub(super) namespace: Option<String>,
    pub(super) raw: bool,
    pub(super) re_encrypt: bool,
    pub(super) recovery_private_key: Vec<String>,
    pub(super) recovery_unseal: bool,
    /// Whether `--rotate` was used, the old name of `--re-encrypt`.
    pub(super) rotate: bool,
    pub(super) scope: Scope,
    pub(super) sealed_secret_file: Option<PathBuf>,
    pub(super) secret_file: Option<PathBuf>,
    pub(super) validate: bool,
    pub(super) version: bool,
}

/// The flags that say which cluster, and which controller in it.
#[derive(PartialEq)]
pub(super) struct ClusterFlags {
    pub(super) context: Option<String>,
    pub(super) controller_name: String,
    pub(super) controller_namespace: String,
    pub(super) kubeconfig: Option<PathBuf>,
    pub(super) server: Option<String>,
}

impl Flags {
    /// Reads the command line (the program's name first) and the `SEALED_SECRETS_…` variables.
    ///
    /// # Errors
    /// An unknown flag, or a value that a flag or a variable can't have: exit code 2.
    pub(crate) fn read(arguments: &[OsString], environment: &Environment) -> Result<Self, Failure> {
        let given = matches(arguments)?;
        let variables = environment::as_arguments(&command(), &given, environment)?;
        if variables.is_empty() {
            return Ok(Self::of(given));
        }
        // They go before the command line's own: the last one wins, and lists grow, as they do in kubeseal.
        let (program, words) = arguments.split_at(arguments.len().min(1));
        let all = program.iter().cloned().chain(variables).chain(words.iter().cloned());
        matches(all).map(Self::of)
    }

    fn of(mut matches: ArgMatches) -> Self {
        let matches = &mut matches;
        let rotate: Option<bool> = matches.remove_one("rotate");
        Self {
            allow_empty_data: switch(matches, "allow-empty-data"),
            cert: text(matches, "cert"),
            cluster: ClusterFlags {
                context: text(matches, "context"),
                controller_name: text(matches, "controller-name")
                    .unwrap_or_else(|| "sealed-secrets-controller".into()),
                controller_namespace: text(matches, "controller-namespace")
                    .unwrap_or_else(|| "kube-system".into()),
                kubeconfig: path(matches, "kubeconfig"),
                server: text(matches, "server"),
            },
            fetch_cert: switch(matches, "fetch-cert"),
            format: text(matches, "format"),
            from_file: list(matches, "from-file"),
            help: switch(matches, "help"),
            ignored: matches.remove_many("ignored").into_iter().flatten().collect(),
            merge_into: path(matches, "merge-into"),
            name: text(matches, "name"),
            namespace: text(matches, "namespace"),
            raw: switch(matches, "raw"),
            re_encrypt: rotate.unwrap_or_else(|| switch(matches, "re-encrypt")),
            recovery_private_key: list(matches, "recovery-private-key"),
            recovery_unseal: switch(matches, "recovery-unseal"),
            rotate: rotate.is_some(),
            scope: matches.remove_one("scope").unwrap_or_default(),
            sealed_secret_file: path(matches, "sealed-secret-file"),
            secret_file: path(matches, "secret-file"),
            validate: switch(matches, "validate"),
            version: switch(matches, "version"),
        }
    }
}

fn matches<W: Into<OsString> + Clone>(words: impl IntoIterator<Item = W>) -> Result<ArgMatches, Failure> {
    command().try_get_matches_from(words).map_err(|mut error| {
        // "Pass it as a value, after --": there are no such values.
        error.remove(ContextKind::Suggested);
        Failure::command_line(error)
    })
}

/// The command line as clap describes it, for reading it and for its help.
pub(crate) fn command() -> Command {
    Command::new("kubeseal")
        .bin_name("kubeseal")
        .about(ABOUT)
        .after_help(EXAMPLES)
        .override_usage("kubeseal --cert FILE|URL [FLAGS] < secret.yaml")
        .args_override_self(true)
        .disable_help_flag(true)
        .disable_version_flag(true)
        .args(of_sealing())
        .args(of_one_value())
        .args(of_recovery())
        .args(of_the_cluster())
        .args(of_connections())
        .args(of_logging())
        .args(general())
}

const ABOUT: &str = "\
Seal Kubernetes Secrets, so that only their cluster can open them: sealkit in the place of kubeseal.

Reads Secrets, YAML or JSON, from standard input or --secret-file, and writes SealedSecrets.";

const EXAMPLES: &str = "\
Every flag can also be given by the environment: --cert as SEALED_SECRETS_CERT, --secret-file as
SEALED_SECRETS_SECRET_FILE, and so on. A flag on the command line wins.

Examples:
  Seal a Secret for the cluster that the certificate belongs to:
    kubectl create secret generic app -n web --from-literal key=value --dry-run=client -o yaml |
      kubeseal --cert pub.pem -o yaml > sealed.yaml
  Seal one value:
    printf %s \"$PASSWORD\" | kubeseal --cert pub.pem --raw --namespace web --name app
  Put more items into a file that is sealed already:
    kubeseal --cert pub.pem --secret-file secret.yaml --merge-into sealed.yaml
  Open a sealed file with a backup of the cluster's keys:
    kubeseal --recovery-unseal --recovery-private-key backup.yaml --secret-file sealed.yaml

Exit codes: 0 done, 1 failed, 2 wrong flags.";

fn of_sealing() -> [Arg; 9] {
    [
        option("cert", "FILE|URL", "Certificate to seal for: a file, or a URL (http, https, file)"),
        option("secret-file", "FILE", "Read this file instead of standard input").short('f'),
        option(
            "sealed-secret-file",
            "FILE",
            "Write this file instead of standard output; .yaml and .yml choose YAML",
        )
        .short('w'),
        option("format", "FORMAT", "json or yaml [default: json; with --merge-into: as the file is]")
            .short('o'),
        option("name", "NAME", "Name for the Secret, in place of the one it has"),
        option(
            "namespace",
            "NAMESPACE",
            "Namespace for a Secret that has none; a Secret of another namespace is refused",
        )
        .short('n')
        .value_parser(ValueParser::new(flag_values::namespace)),
        option(
            "scope",
            "SCOPE",
            "Where the Secret may be opened: strict (this name in this namespace), namespace-wide or \
             cluster-wide [default: what the Secret's annotations say, else strict]",
        )
        .value_parser(ValueParser::new(flag_values::scope)),
        switch_flag("allow-empty-data", "Seal a Secret even if it holds nothing"),
        option("merge-into", "FILE", "Put the sealed items into this SealedSecret, in place"),
    ]
    .map(|flag| flag.help_heading("Sealing"))
}

fn of_one_value() -> [Arg; 2] {
    [
        switch_flag("raw", "Seal one value, from standard input or --from-file, and print just that"),
        list_option("from-file", "[KEY=]FILE", "File with the value for --raw"),
    ]
    .map(|flag| flag.help_heading("One value"))
}

fn of_recovery() -> [Arg; 2] {
    [
        switch_flag(
            "recovery-unseal",
            "Open SealedSecrets, with --recovery-private-key and without a cluster",
        ),
        list_option(
            "recovery-private-key",
            "FILE,...",
            "Private keys: PEM, or a backup of the controller's Secrets in YAML or JSON; may be repeated",
        ),
    ]
    .map(|flag| flag.help_heading("Recovery"))
}

fn of_the_cluster() -> [Arg; 8] {
    [
        option("kubeconfig", "FILE", "Kubeconfig that gives the namespace, where nothing else does"),
        option("context", "NAME", "Context of the kubeconfig to take, instead of its current one"),
        option("controller-name", "NAME", "The controller's service [default: sealed-secrets-controller]"),
        option("controller-namespace", "NAMESPACE", "The namespace it is in [default: kube-system]"),
        switch_flag("fetch-cert", "Print the certificate that --cert names; from a cluster: not yet"),
        switch_flag("validate", "Have the controller check a SealedSecret: not yet"),
        switch_flag(
            "re-encrypt",
            "Have the controller seal for its newest key: not yet, see `sealkit reseal`",
        )
        .overrides_with("rotate"),
        switch_flag("rotate", "The old name of --re-encrypt").hide(true).overrides_with("re-encrypt"),
    ]
    .map(|flag| flag.help_heading("Cluster"))
}

/// How kubectl and kubeseal connect to a cluster. They are read, and nothing is done with most of them yet.
fn of_connections() -> Vec<Arg> {
    let options = [
        "as",
        "as-uid",
        "certificate-authority",
        "client-certificate",
        "client-key",
        "cluster",
        "password",
        "proxy-url",
        "request-timeout",
        "server",
        "tls-server-name",
        "token",
        "user",
        "username",
    ];
    let switches = ["disable-compression", "insecure-skip-tls-verify"];
    (options.into_iter().map(|name| option(name, "VALUE", "A connection flag of kubectl")))
        .chain([option("as-group", "VALUE", "A connection flag of kubectl").action(ArgAction::Append)])
        .chain(switches.into_iter().map(|name| switch_flag(name, "A connection flag of kubectl")))
        .map(|flag| flag.hide(true).help_heading("Cluster"))
        .collect()
}

/// The flags of kubeseal's logging library. They are read, and there is no log.
fn of_logging() -> Vec<Arg> {
    let switches = [
        "add_dir_header",
        "alsologtostderr",
        "legacy_stderr_threshold_behavior",
        "logtostderr",
        "one_output",
        "skip_headers",
        "skip_log_headers",
    ];
    let help = "A flag of kubeseal's log";
    let parsed = |name, parser: ValueParser| option(name, "VALUE", help).value_parser(parser);
    (switches.into_iter().map(|name| switch_flag(name, help)))
        .chain(["log_dir", "log_file"].map(|name| option(name, "VALUE", help)))
        .chain([
            parsed("alsologtostderrthreshold", ValueParser::new(flag_values::log_severity)),
            parsed("log_backtrace_at", ValueParser::new(flag_values::log_location)),
            parsed("log_file_max_size", value_parser!(u64).into()),
            parsed("stderrthreshold", ValueParser::new(flag_values::log_severity)),
            parsed("v", value_parser!(i32).into()).short('v'),
            parsed("vmodule", ValueParser::new(flag_values::log_modules)),
        ])
        .map(|flag| flag.hide(true).help_heading(LOGGING))
        .collect()
}

/// The heading of the flags that kubeseal does not take from the environment.
pub(super) const LOGGING: &str = "Logging";

fn general() -> [Arg; 3] {
    [
        switch_flag("help", "Print this help").short('h').help_heading("General"),
        switch_flag("version", "Print the version").help_heading("General"),
        Arg::new("ignored").hide(true).action(ArgAction::Append).value_parser(value_parser!(OsString)),
    ]
}

/// A flag with a value. The value may begin with a dash, be empty, and be no UTF-8 where it is a path.
fn option(name: &'static str, value: &'static str, help: &'static str) -> Arg {
    let flag = Arg::new(name)
        .long(name)
        .value_name(value)
        .help(help)
        .action(ArgAction::Set)
        .allow_hyphen_values(true);
    if value == "FILE" { flag.value_parser(ValueParser::os_string()) } else { flag }
}

/// A flag whose values are comma lists, and add up.
fn list_option(name: &'static str, value: &'static str, help: &'static str) -> Arg {
    option(name, value, help).action(ArgAction::Append).value_parser(ValueParser::new(flag_values::list))
}

/// A flag that is on or off.
fn switch_flag(name: &'static str, help: &'static str) -> Arg {
    Arg::new(name)
        .long(name)
        .help(help)
        .value_name("BOOL")
        .num_args(0..=1)
        .require_equals(true)
        .default_missing_value("true")
        .value_parser(ValueParser::new(flag_values::switch))
        .action(ArgAction::Set)
}

fn text(matches: &mut ArgMatches, name: &str) -> Option<String> {
    matches.remove_one::<String>(name).filter(|value| !value.is_empty())
}

fn path(matches: &mut ArgMatches, name: &str) -> Option<PathBuf> {
    matches.remove_one::<OsString>(name).filter(|value| !value.is_empty()).map(PathBuf::from)
}

fn list(matches: &mut ArgMatches, name: &str) -> Vec<String> {
    matches.remove_many::<Vec<String>>(name).into_iter().flatten().flatten().collect()
}

fn switch(matches: &mut ArgMatches, name: &str) -> bool {
    matches.remove_one::<bool>(name).unwrap_or(false)
}
