//! Every command and flag that sops 3.13 has, with the words of our help.

/// What a flag takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::sops) enum Kind {
    /// A text; given several times, it is a list.
    List,
    /// A number.
    Number,
    /// Nothing, or true or false after `=`.
    Switch,
    /// As [`Kind::Switch`], and on unless it is turned off.
    SwitchOn,
    /// A text; the last one counts.
    Text,
}

/// A flag.
#[derive(Debug, PartialEq)]
pub(in crate::sops) struct Flag {
    /// Its names, the long one first.
    pub(in crate::sops) names: &'static [&'static str],
    pub(in crate::sops) kind: Kind,
    /// The environment variable that stands in for it.
    pub(in crate::sops) variable: Option<&'static str>,
    /// What its value is called in the help.
    pub(in crate::sops) value: &'static str,
    pub(in crate::sops) help: &'static str,
}

impl Flag {
    /// The name that it goes by.
    pub(in crate::sops) fn name(&self) -> &'static str {
        self.names.first().copied().unwrap_or_default()
    }

    const fn stands_for(mut self, variable: &'static str) -> Self {
        self.variable = Some(variable);
        self
    }
}

/// A command.
#[derive(Debug, PartialEq)]
pub(in crate::sops) struct Command {
    pub(in crate::sops) names: &'static [&'static str],
    pub(in crate::sops) flags: &'static [&'static [Flag]],
    /// Commands below this one.
    pub(in crate::sops) below: &'static [Command],
    /// The words that it takes, as in its usage line.
    pub(in crate::sops) words: &'static str,
    pub(in crate::sops) help: &'static str,
}

impl Command {
    pub(in crate::sops) fn name(&self) -> &'static str {
        self.names.first().copied().unwrap_or_default()
    }
}

const fn flag(names: &'static [&'static str], kind: Kind, value: &'static str, help: &'static str) -> Flag {
    Flag { names, kind, variable: None, value, help }
}

const fn switch(names: &'static [&'static str], help: &'static str) -> Flag {
    flag(names, Kind::Switch, "", help)
}

const fn text(names: &'static [&'static str], value: &'static str, help: &'static str) -> Flag {
    flag(names, Kind::Text, value, help)
}

const fn list(names: &'static [&'static str], value: &'static str, help: &'static str) -> Flag {
    flag(names, Kind::List, value, help)
}

const HELP: &[Flag] = &[switch(&["help", "h"], "Show this help")];

const KEY_SERVICES: &[Flag] = &[
    flag(&["enable-local-keyservice"], Kind::SwitchOn, "", "Use the keys at hand")
        .stands_for("SOPS_ENABLE_LOCAL_KEYSERVICE"),
    list(&["keyservice"], "URL", "Ask this key service too: not yet").stands_for("SOPS_KEYSERVICE"),
];

const DECRYPTION_ORDER: &[Flag] = &[text(
    &["decryption-order"],
    "KIND,...",
    "Try the file's keys in this order of kinds; sealkit uses age keys only",
)
.stands_for("SOPS_DECRYPTION_ORDER")];

const INPUT_TYPE: &[Flag] = &[text(
    &["input-type"],
    "TYPE",
    "Format of the input: yaml, json, dotenv, ini or binary [default: by the file's name]",
)];

const OUTPUT_TYPE: &[Flag] =
    &[text(&["output-type"], "TYPE", "Format of the output [default: by the file's name]")];

const IN_PLACE: &[Flag] = &[switch(&["in-place", "i"], "Write the result back to the file")];

const OUTPUT: &[Flag] = &[text(&["output"], "FILE", "Write the result to this file")];

const EXTRACT: &[Flag] = &[text(&["extract"], "PATH", "Print one value or branch only: '[\"key\"][0]'")];

const IGNORE_MAC: &[Flag] =
    &[switch(&["ignore-mac"], "Decrypt even if the message authentication code does not match")];

const FILENAME_OVERRIDE: &[Flag] = &[text(
    &["filename-override"],
    "NAME",
    "Take the input for a file of this name: its ending tells the format, and rules are matched against it",
)];

const AGE: &[Flag] = &[text(&["age", "a"], "RECIPIENT,...", "Encrypt for these age recipients")
    .stands_for("SOPS_AGE_RECIPIENTS")];

/// Keys of kinds that sealkit does not use yet.
pub(in crate::sops) const OTHER_KEYS: &[Flag] = &[
    text(&["kms", "k"], "ARN,...", "Encrypt for these AWS KMS keys: not yet").stands_for("SOPS_KMS_ARN"),
    text(&["gcp-kms"], "ID,...", "Encrypt for these GCP KMS keys: not yet").stands_for("SOPS_GCP_KMS_IDS"),
    text(&["hckms"], "ID,...", "Encrypt for these HuaweiCloud KMS keys: not yet")
        .stands_for("SOPS_HUAWEICLOUD_KMS_IDS"),
    text(&["azure-kv"], "URL,...", "Encrypt for these Azure Key Vault keys: not yet")
        .stands_for("SOPS_AZURE_KEYVAULT_URLS"),
    text(&["hc-vault-transit"], "URI,...", "Encrypt for these HashiCorp Vault keys: not yet")
        .stands_for("SOPS_VAULT_URIS"),
    text(&["pgp", "p"], "FINGERPRINT,...", "Encrypt for these PGP keys: not yet").stands_for("SOPS_PGP_FP"),
];

const KMS_DETAILS: &[Flag] = &[
    text(&["aws-profile"], "NAME", "Profile for AWS KMS: no effect yet"),
    text(&["encryption-context"], "KEY:VALUE,...", "Context for AWS KMS: no effect yet"),
];

const RULES: &[Flag] = &[
    text(&["unencrypted-suffix"], "TEXT", "Encrypt all values but those under keys that end so"),
    text(&["encrypted-suffix"], "TEXT", "Encrypt only values under keys that end so"),
    text(&["unencrypted-regex"], "REGEX", "Encrypt all values but those under keys that this matches"),
    text(&["encrypted-regex"], "REGEX", "Encrypt only values under keys that this matches"),
];

const GLOBAL_RULES: &[Flag] = &[
    text(
        &["unencrypted-comment-regex"],
        "REGEX",
        "Encrypt all values but those with a comment above that this matches",
    ),
    text(&["encrypted-comment-regex"], "REGEX", "Encrypt only values with a comment above that this matches"),
    switch(&["mac-only-encrypted"], "Let the message authentication code cover encrypted values only"),
];

const THRESHOLD: &[Flag] = &[flag(
    &["shamir-secret-sharing-threshold"],
    Kind::Number,
    "N",
    "How many of several key groups are needed to open the file",
)];

const SHOW_KEYS: &[Flag] =
    &[switch(&["show-master-keys", "s"], "Show the file's own metadata in the editor too")];

const CHANGED_KEYS: &[Flag] = &[
    text(&["add-age"], "RECIPIENT,...", "Add these age recipients to the file's first key group"),
    text(&["rm-age"], "RECIPIENT,...", "Take these age recipients out of the file"),
];

/// Keys of kinds that sealkit does not use yet, to be added to a file.
pub(in crate::sops) const NEW_FOREIGN_KEYS: &[Flag] = &[
    text(&["add-kms"], "ARN,...", "Add AWS KMS keys: not yet"),
    text(&["add-gcp-kms"], "ID,...", "Add GCP KMS keys: not yet"),
    text(&["add-hckms"], "ID,...", "Add HuaweiCloud KMS keys: not yet"),
    text(&["add-azure-kv"], "URL,...", "Add Azure Key Vault keys: not yet"),
    text(&["add-hc-vault-transit"], "URI,...", "Add HashiCorp Vault keys: not yet"),
    text(&["add-pgp"], "FINGERPRINT,...", "Add PGP keys: not yet"),
];

const OLD_FOREIGN_KEYS: &[Flag] = &[
    text(&["rm-kms"], "ARN,...", "Take out these AWS KMS keys"),
    text(&["rm-gcp-kms"], "ID,...", "Take out these GCP KMS keys"),
    text(&["rm-hckms"], "ID,...", "Take out these HuaweiCloud KMS keys"),
    text(&["rm-azure-kv"], "URL,...", "Take out these Azure Key Vault keys"),
    text(&["rm-hc-vault-transit"], "URI,...", "Take out these HashiCorp Vault keys"),
    text(&["rm-pgp"], "FINGERPRINT,...", "Take out these PGP keys"),
];

const OLD_FORMS: &[Flag] = &[
    switch(&["decrypt", "d"], "Decrypt a file: the old form of `sops decrypt`"),
    switch(&["encrypt", "e"], "Encrypt a file: the old form of `sops encrypt`"),
    switch(&["rotate", "r"], "Encrypt a file under a new data key: the old form of `sops rotate`"),
    text(&["set"], "'PATH VALUE'", "Set a value: the old form of `sops set`"),
];

const GENERAL: &[Flag] = &[
    text(
        &["config"],
        "FILE",
        "The file with creation rules [default: .sops.yaml, in this folder or one above]",
    )
    .stands_for("SOPS_CONFIG"),
    flag(&["indent"], Kind::Number, "N", "Indentation of what is laid out anew"),
    switch(&["verbose"], "Tell more"),
    switch(&["disable-version-check"], "No effect: sealkit never looks for new versions")
        .stands_for("SOPS_DISABLE_VERSION_CHECK"),
    switch(&["check-for-updates"], "No effect: sealkit never looks for new versions"),
    switch(&["version", "v"], "Print the version of sops that this stands in for"),
];

/// The flags that may stand before a command, and all flags of the old forms.
pub(in crate::sops) const GLOBAL: &[&[Flag]] = &[
    OLD_FORMS,
    IN_PLACE,
    OUTPUT,
    EXTRACT,
    INPUT_TYPE,
    OUTPUT_TYPE,
    FILENAME_OVERRIDE,
    IGNORE_MAC,
    AGE,
    RULES,
    GLOBAL_RULES,
    THRESHOLD,
    SHOW_KEYS,
    CHANGED_KEYS,
    DECRYPTION_ORDER,
    GENERAL,
    OTHER_KEYS,
    NEW_FOREIGN_KEYS,
    OLD_FOREIGN_KEYS,
    KMS_DETAILS,
    KEY_SERVICES,
    HELP,
];

/// The commands.
pub(in crate::sops) const TOP_LEVEL: &[Command] = &[
    Command {
        names: &["encrypt"],
        flags: &[
            IN_PLACE,
            OUTPUT,
            INPUT_TYPE,
            OUTPUT_TYPE,
            FILENAME_OVERRIDE,
            AGE,
            RULES,
            THRESHOLD,
            OTHER_KEYS,
            KMS_DETAILS,
            KEY_SERVICES,
            HELP,
        ],
        below: &[],
        words: "[FILE]",
        help: "Encrypt a file, or standard input",
    },
    Command {
        names: &["decrypt"],
        flags: &[
            IN_PLACE,
            OUTPUT,
            EXTRACT,
            INPUT_TYPE,
            OUTPUT_TYPE,
            FILENAME_OVERRIDE,
            IGNORE_MAC,
            DECRYPTION_ORDER,
            KEY_SERVICES,
            HELP,
        ],
        below: &[],
        words: "[FILE]",
        help: "Decrypt a file, or standard input",
    },
    Command {
        names: &["edit"],
        flags: &[
            AGE,
            INPUT_TYPE,
            OUTPUT_TYPE,
            RULES,
            THRESHOLD,
            SHOW_KEYS,
            IGNORE_MAC,
            DECRYPTION_ORDER,
            OTHER_KEYS,
            KMS_DETAILS,
            KEY_SERVICES,
            HELP,
        ],
        below: &[],
        words: "FILE",
        help: "Edit an encrypted file in your editor; make a new one",
    },
    Command {
        names: &["set"],
        flags: &[
            &[
                switch(&["value-file"], "VALUE is the name of a file that holds the value"),
                switch(&["value-stdin"], "Read the value from standard input"),
                switch(&["idempotent"], "Leave the file alone if the value is there already"),
            ],
            INPUT_TYPE,
            OUTPUT_TYPE,
            THRESHOLD,
            IGNORE_MAC,
            DECRYPTION_ORDER,
            KEY_SERVICES,
            HELP,
        ],
        below: &[],
        words: "FILE PATH [VALUE]",
        help: "Change or add a value, which is JSON: sops set FILE '[\"key\"][0]' '\"value\"'",
    },
    Command {
        names: &["unset"],
        flags: &[
            &[switch(&["idempotent"], "Succeed if there is no such value")],
            INPUT_TYPE,
            OUTPUT_TYPE,
            THRESHOLD,
            IGNORE_MAC,
            DECRYPTION_ORDER,
            KEY_SERVICES,
            HELP,
        ],
        below: &[],
        words: "FILE PATH",
        help: "Take out a value",
    },
    Command {
        names: &["rotate"],
        flags: &[
            IN_PLACE,
            OUTPUT,
            CHANGED_KEYS,
            INPUT_TYPE,
            OUTPUT_TYPE,
            FILENAME_OVERRIDE,
            DECRYPTION_ORDER,
            NEW_FOREIGN_KEYS,
            OLD_FOREIGN_KEYS,
            &[text(&["encryption-context"], "KEY:VALUE,...", "Context for AWS KMS: no effect yet")],
            KEY_SERVICES,
            HELP,
        ],
        below: &[],
        words: "FILE",
        help: "Encrypt a file's values anew, under a new data key",
    },
    Command {
        names: &["updatekeys"],
        flags: &[
            &[switch(&["yes", "y"], "Make the changes without a question")],
            INPUT_TYPE,
            KEY_SERVICES,
            HELP,
        ],
        below: &[],
        words: "FILE...",
        help: "Give files the keys that .sops.yaml says",
    },
    Command {
        names: &["groups"],
        flags: &[HELP],
        below: &[
            Command {
                names: &["add"],
                flags: &[
                    &[
                        text(&["file", "f"], "FILE", "The file"),
                        list(&["age"], "RECIPIENT,...", "An age recipient of the group; may be repeated"),
                        list(&["pgp"], "FINGERPRINT", "Not yet"),
                        list(&["kms"], "ARN", "Not yet"),
                        list(&["gcp-kms"], "ID", "Not yet"),
                        list(&["hckms"], "ID", "Not yet"),
                        list(&["azure-kv"], "URL", "Not yet"),
                        list(&["hc-vault-transit"], "URI", "Not yet"),
                    ],
                    IN_PLACE,
                    THRESHOLD,
                    KMS_DETAILS,
                    KEY_SERVICES,
                    HELP,
                ],
                below: &[],
                words: "",
                help: "Add a key group",
            },
            Command {
                names: &["delete"],
                flags: &[
                    &[text(&["file", "f"], "FILE", "The file")],
                    IN_PLACE,
                    THRESHOLD,
                    KEY_SERVICES,
                    HELP,
                ],
                below: &[],
                words: "INDEX",
                help: "Take out a key group; the first one has the index 0",
            },
        ],
        words: "COMMAND",
        help: "Change a file's key groups",
    },
    Command {
        names: &["exec-env"],
        flags: &[
            EXEC,
            &[
                switch(&["pristine"], "Give the command the file's values and no other variables"),
                switch(&["same-process"], "Become the command, instead of waiting for it"),
            ],
            DECRYPTION_ORDER,
            KEY_SERVICES,
            HELP,
        ],
        below: &[],
        words: "FILE COMMAND",
        help: "Run a shell command with a file's values as environment variables",
    },
    Command {
        names: &["exec-file"],
        flags: &[
            EXEC,
            &[
                switch(&["no-fifo"], "Use a temporary file instead of a pipe"),
                text(&["filename"], "NAME", "Name of the temporary file or pipe [default: tmp-file]"),
            ],
            INPUT_TYPE,
            OUTPUT_TYPE,
            DECRYPTION_ORDER,
            KEY_SERVICES,
            HELP,
        ],
        below: &[],
        words: "FILE COMMAND",
        help: "Run a shell command in which {} is the name of a file with the plaintext",
    },
    Command {
        names: &["filestatus"],
        flags: &[INPUT_TYPE, HELP],
        below: &[],
        words: "FILE",
        help: "Say whether a file is encrypted, in JSON",
    },
    Command {
        names: &["completion"],
        flags: &[HELP],
        below: &[
            Command { names: &["bash"], flags: &[HELP], below: &[], words: "", help: "For bash" },
            Command { names: &["zsh"], flags: &[HELP], below: &[], words: "", help: "For zsh" },
            Command { names: &["fish"], flags: &[HELP], below: &[], words: "", help: "For fish" },
        ],
        words: "SHELL",
        help: "Print a script with which a shell completes commands and flags",
    },
    Command {
        names: &["publish"],
        flags: &[
            &[
                switch(&["yes", "y"], "No effect yet"),
                switch(&["omit-extensions"], "No effect yet"),
                switch(&["recursive"], "No effect yet"),
                switch(&["verbose"], "No effect yet"),
            ],
            DECRYPTION_ORDER,
            KEY_SERVICES,
            HELP,
        ],
        below: &[],
        words: "FILE",
        help: "Publish files: not yet",
    },
    Command {
        names: &["keyservice"],
        flags: &[
            &[
                text(&["network", "net"], "NETWORK", "No effect yet"),
                text(&["address", "addr"], "ADDRESS", "No effect yet"),
                switch(&["prompt"], "No effect yet"),
                switch(&["verbose"], "No effect yet"),
            ],
            HELP,
        ],
        below: &[],
        words: "",
        help: "Start a key service: not yet",
    },
    Command { names: &["help", "h"], flags: &[HELP], below: &[], words: "[COMMAND]", help: "Show help" },
];

const EXEC: &[Flag] = &[
    switch(&["background"], "Don't wait for the command (deprecated by sops)"),
    text(&["user"], "NAME", "Run the command as this user"),
];
