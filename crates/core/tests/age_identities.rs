//! Where identities are found, in which order, and what is said of those that can't be used.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test fails where it panics")]

use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use age::secrecy::SecretString;
use sealkit::age::{
    Callbacks, Environment, Identities, Identity, IdentityError, IdentityKind, KeygenKind, OpenError, Opened,
    Outcome, Place, Prompts, Recipient, RecipientError, RecipientKind, SshKeyError, keygen,
};

fn key_path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../test-vectors/sops/keys").join(name)
}

fn key(name: &str) -> String {
    fs::read_to_string(key_path(name)).unwrap()
}

fn secret(name: &str) -> String {
    key(name).lines().last().unwrap().to_owned()
}

fn recipient(name: &str) -> String {
    if let Ok(public) = fs::read_to_string(key_path(&format!("{name}.pub"))) {
        return public.trim().to_owned();
    }
    key(name).lines().find_map(|line| line.strip_prefix("# public key: ")).unwrap().to_owned()
}

fn encrypt(name: &str) -> String {
    recipient(name).parse::<Recipient>().unwrap().encrypt(b"data key", &Prompts::default()).unwrap()
}

const A: &str = "test-x25519-a.txt";
const B: &str = "test-x25519-b.txt";
const HYBRID: &str = "test-hybrid.txt";

/// A user's folder and environment.
struct User {
    folder: tempfile::TempDir,
    variables: Vec<(String, String)>,
}

impl User {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let home = folder.path().to_str().unwrap().to_owned();
        Self {
            folder,
            variables: vec![("HOME".to_owned(), home), ("PATH".to_owned(), "/usr/bin:/bin".to_owned())],
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn file(self, name: &str, contents: &str) -> Self {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::File::create(&path).unwrap().write_all(contents.as_bytes()).unwrap();
        self
    }

    fn program(self, name: &str, script: &str) -> Self {
        let user = self.file(name, &format!("#!/bin/sh\n{script}\n"));
        fs::set_permissions(user.path(name), fs::Permissions::from_mode(0o755)).unwrap();
        user
    }

    fn variable(mut self, name: &str, value: &str) -> Self {
        self.variables.retain(|(known, _)| known != name);
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    fn identities(&self) -> Identities {
        Identities::new().discover(Environment::new(self.variables.clone()))
    }

    fn open(&self, name: &str) -> Result<Opened, OpenError> {
        self.identities().open(encrypt(name), &recipient(name))
    }
}

fn place_that_opens(user: &User, name: &str) -> Place {
    let opened = user.open(name).unwrap();
    assert_eq!(*opened.plaintext, b"data key");
    opened.place
}

#[test]
fn every_place_is_looked_at() {
    let user = User::new().variable("SOPS_AGE_KEY", &secret(A));
    assert_eq!(place_that_opens(&user, A), Place::KeyVariable);

    let user = User::new().file("k", &key(A));
    let path = user.path("k").to_str().unwrap().to_owned();
    let user = user.variable("SOPS_AGE_KEY_FILE", &path);
    assert_eq!(place_that_opens(&user, A), Place::KeyFile);

    let user = User::new().file(".config/sops/age/keys.txt", &key(HYBRID));
    let settings = user.path(".config").to_str().unwrap().to_owned();
    if !cfg!(target_os = "macos") {
        assert_eq!(place_that_opens(&user, HYBRID), Place::UserKeyFile);
    }
    let user = user.variable("XDG_CONFIG_HOME", &settings).variable("HOME", "/nonexistent");
    assert_eq!(place_that_opens(&user, HYBRID), Place::UserKeyFile);

    let user = User::new().file("ssh", &key("test-ssh-ed25519"));
    let path = user.path("ssh").to_str().unwrap().to_owned();
    let user = user.variable("SOPS_AGE_SSH_PRIVATE_KEY_FILE", &path);
    assert_eq!(place_that_opens(&user, "test-ssh-ed25519"), Place::SshKeyFile);

    let user = User::new()
        .file(".ssh/id_ed25519", &key("test-ssh-ed25519"))
        .file(".ssh/id_rsa", &key("test-ssh-rsa"));
    assert_eq!(place_that_opens(&user, "test-ssh-ed25519"), Place::UserSshKey { file: "id_ed25519" });
    assert_eq!(place_that_opens(&user, "test-ssh-rsa"), Place::UserSshKey { file: "id_rsa" });
    let user = User::new().file(".ssh/id_rsa", &key("test-ssh-rsa-pem"));
    assert_eq!(place_that_opens(&user, "test-ssh-rsa-pem"), Place::UserSshKey { file: "id_rsa" });

    let user = User::new().variable("SOPS_AGE_KEY_CMD", &format!("echo '{}'", secret(A)));
    assert_eq!(place_that_opens(&user, A), Place::KeyCommand);

    let path = key_path("test-ssh-rsa");
    let user = User::new().variable("SOPS_AGE_SSH_PRIVATE_KEY_CMD", &format!("cat \"{}\"", path.display()));
    assert_eq!(place_that_opens(&user, "test-ssh-rsa"), Place::SshKeyCommand);
}

#[test]
fn the_variable_may_hold_several_identities_on_one_line() {
    let user = User::new()
        .variable("SOPS_AGE_KEY", &format!("# comment\n{} {}\t{}", secret(B), secret(HYBRID), secret(A)));
    for name in [A, B, HYBRID] {
        assert_eq!(user.open(name).unwrap().identity, Some(recipient(name)));
    }
}

#[test]
fn nothing_runs_while_something_at_hand_fits() {
    let user = User::new().variable("SOPS_AGE_KEY", &secret(A)).file(".ssh/id_ed25519", "broken");
    let ran = user.path("ran");
    let user = user.variable("SOPS_AGE_KEY_CMD", &format!("touch {}", ran.display()));
    let identities = user.identities();
    identities.open(encrypt(A), "").unwrap();
    assert!(!ran.exists());
    let outcome = |identities: &Identities, place: Place| {
        identities.report("").into_iter().find(|report| report.place == place).unwrap().outcome
    };
    assert_eq!(outcome(&identities, Place::KeyCommand), Outcome::NotTried);
    assert_eq!(outcome(&identities, Place::UserSshKey { file: "id_ed25519" }), Outcome::NotTried);

    // Without running anything is not enough, so it runs.
    assert!(identities.open_at_once(encrypt(B), "").is_err());
    assert!(!ran.exists());
    identities.open(encrypt(B), "").unwrap_err();
    assert!(ran.exists());
    assert_eq!(outcome(&identities, Place::KeyCommand), Outcome::NoIdentity);
    assert_eq!(outcome(&identities, Place::UserSshKey { file: "id_ed25519" }), Outcome::NotTried);
    identities.open(encrypt("test-ssh-ed25519"), "").unwrap_err();
    assert_eq!(outcome(&identities, Place::UserSshKey { file: "id_ed25519" }), Outcome::Failed);
}

/// A file can name as many recipients as it likes.
#[test]
fn a_command_does_not_run_without_end() {
    let user = User::new().file("b", &secret(B));
    let ran = user.path("ran");
    let user = user.program("key", r#"echo >> "$HOME/ran"; cat "$HOME/b""#);
    let command = user.path("key").to_str().unwrap().to_owned();
    let user = user.variable("SOPS_AGE_KEY_CMD", &command);
    let identities = user.identities();
    let encrypted = encrypt(A);
    for number in 0..255 {
        identities.open(&encrypted, &format!("recipient {number}")).unwrap_err();
    }
    let report = |recipient| {
        let report = identities.load_all(recipient).into_iter();
        report.flat_map(|source| source.failures().iter().map(ToString::to_string).collect::<Vec<_>>())
    };
    assert_eq!(report("the last one").next(), None);
    identities.open(&encrypted, "one too many").unwrap_err();
    let failures: Vec<_> = report("one too many").collect();
    assert_eq!(failures, ["SOPS_AGE_KEY_CMD was run for 256 recipients, and is not run for more"]);
    assert_eq!(fs::read_to_string(ran).unwrap().lines().count(), 256);
}

#[test]
fn a_command_learns_the_recipient_and_runs_once_for_each() {
    let user = User::new().file("a", &secret(A)).file("b", &secret(B)).program(
        "key",
        r#"echo "$SOPS_AGE_RECIPIENT" >> "$HOME/asked"
        case "$SOPS_AGE_RECIPIENT" in age19k5*) cat "$HOME/a";; *) cat "$HOME/b";; esac"#,
    );
    let command = user.path("key").to_str().unwrap().to_owned();
    let user = user.variable("SOPS_AGE_KEY_CMD", &command);
    let identities = user.identities();
    for name in [A, B, A, B] {
        identities.open(encrypt(name), &recipient(name)).unwrap();
    }
    let asked = fs::read_to_string(user.path("asked")).unwrap();
    assert_eq!(asked, format!("{}\n{}\n", recipient(A), recipient(B)));
}

#[test]
fn what_is_broken_does_no_harm_beside_what_works() {
    let user = User::new()
        .variable("SOPS_AGE_KEY", &format!("AGE-SECRET-KEY-1BROKEN\n{}", secret(A)))
        .variable("SOPS_AGE_KEY_FILE", "/nonexistent/key")
        .variable("SOPS_AGE_KEY_CMD", "false")
        .variable("SOPS_AGE_SSH_PRIVATE_KEY_CMD", "")
        .file(".ssh/id_ed25519", "broken");
    assert_eq!(place_that_opens(&user, A), Place::KeyVariable);
}

#[test]
fn what_is_broken_is_named_when_nothing_works() {
    let user = User::new()
        .variable("SOPS_AGE_KEY", "AGE-SECRET-KEY-1BROKENSECRET")
        .variable("SOPS_AGE_KEY_FILE", "/nonexistent/key")
        .variable("SOPS_AGE_KEY_CMD", "false SECRETARGUMENT")
        .variable("SOPS_AGE_SSH_PRIVATE_KEY_CMD", "nonexistent-program x")
        .variable("SOPS_AGE_SSH_PRIVATE_KEY_FILE", key_path("test-ssh-rsa-pem-passphrase").to_str().unwrap())
        .file(".ssh/id_ed25519", &key("test-ssh-ecdsa"));
    let error = user.open("test-ssh-ed25519").unwrap_err().to_string();
    for part in [
        "SOPS_AGE_KEY can't be used: line 1 holds no usable identity: the identity is damaged",
        "SOPS_AGE_KEY_FILE, /nonexistent/key, can't be read",
        "no key from SOPS_AGE_KEY_CMD: false failed: exit status: 1",
        "nonexistent-program is not on the PATH",
        "test-ssh-rsa-pem-passphrase can't be used: the SSH key can't be used: the SSH key is encrypted in the old PEM way",
        "id_ed25519 can't be used: the SSH key can't be used: SSH keys of the kind ecdsa-sha2-nistp256 can't be used",
    ] {
        assert!(error.contains(part), "{part} is not in {error}");
    }
    assert!(!error.contains("SECRET"), "{}", error.replace("SOPS", ""));
    let error = User::new().open(A).unwrap_err().to_string();
    assert_eq!(error, "no identity opens it: none was found");
    let error = User::new().variable("SOPS_AGE_KEY", &secret(B)).open(A).unwrap_err().to_string();
    assert_eq!(error, "no identity opens it: 1 other identity was tried");
}

#[test]
fn a_report_says_what_is_where() {
    let user = User::new()
        .variable("SOPS_AGE_KEY", &secret(A))
        .variable("SOPS_AGE_KEY_CMD", "false")
        .variable("SOPS_AGE_KEY_FILE", "/dev/null");
    let reports = user.identities().load_all("age1x");
    let shown: Vec<(String, Outcome, usize)> = reports
        .iter()
        .map(|report| {
            (report.place.to_string(), report.outcome, report.identities.len() + report.failures().len())
        })
        .collect();
    let expected = [
        ("SOPS_AGE_KEY", Outcome::Found, 1),
        ("SOPS_AGE_KEY_FILE", Outcome::NoIdentity, 0),
        ("sops/age/keys.txt in the folder of user settings", Outcome::NotThere, 0),
        ("SOPS_AGE_SSH_PRIVATE_KEY_FILE", Outcome::NotThere, 0),
        ("~/.ssh/id_ed25519", Outcome::NotThere, 0),
        ("~/.ssh/id_rsa", Outcome::NotThere, 0),
        ("SOPS_AGE_KEY_CMD", Outcome::Failed, 1),
        ("SOPS_AGE_SSH_PRIVATE_KEY_CMD", Outcome::NotThere, 0),
    ];
    assert_eq!(shown, expected.map(|(place, outcome, count)| (place.to_owned(), outcome, count)));
    assert_eq!(reports[0].identities, [recipient(A)]);
    assert!(reports[2].to_string().ends_with("/sops/age/keys.txt"));
    assert_eq!(reports[1].to_string(), "SOPS_AGE_KEY_FILE (/dev/null)");
}

#[test]
fn programs_of_a_relative_folder_are_not_run() {
    let user = User::new().program("tool", ": > \"$HOME/ran\"");
    // A path to the folder that does not begin at the root.
    let up: String = std::env::current_dir().unwrap().components().skip(1).map(|_| "../").collect();
    let relative = format!("{up}{}", user.path("").strip_prefix("/").unwrap().display());
    assert!(Path::new(&relative).join("tool").exists());
    let user = user.variable("PATH", &format!("{relative}:/bin")).variable("SOPS_AGE_KEY_CMD", "tool");
    let error = user.open(A).unwrap_err().to_string();
    assert!(error.contains("tool stands in a relative folder of PATH"), "{error}");
    assert!(!user.path("ran").exists());

    let absolute = user.path("").to_str().unwrap().to_owned();
    let user = user.variable("PATH", &absolute);
    user.open(A).unwrap_err();
    assert!(user.path("ran").exists());
}

#[test]
fn settings_in_a_relative_folder_are_not_read() {
    let environment = Environment::new([("XDG_CONFIG_HOME", "here"), ("HOME", "/home/user")]);
    assert_eq!(environment.settings(), None);
    let environment = Environment::new([("XDG_CONFIG_HOME", ""), ("HOME", "/home/user")]);
    assert!(environment.settings().is_some());
    assert_eq!(Environment::new([("A", "b")]).home(), None);
    assert!(!format!("{:?}", Environment::new([("SOPS_AGE_KEY", "secret")])).contains("secret"));
}

/// Answers with a passphrase, and counts the questions.
#[derive(Clone)]
struct Answers {
    passphrase: &'static str,
    asked: Arc<AtomicUsize>,
}

impl Answers {
    fn new(passphrase: &'static str) -> Self {
        Self { passphrase, asked: Arc::default() }
    }
}

impl Callbacks for Answers {
    fn display_message(&self, _: &str) {}

    fn confirm(&self, _: &str, _: &str, _: Option<&str>) -> Option<bool> {
        None
    }

    fn request_public_string(&self, _: &str) -> Option<String> {
        None
    }

    fn request_passphrase(&self, _: &str) -> Option<SecretString> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        Some(self.passphrase.to_owned().into())
    }
}

fn protected(name: &str, answers: &Answers) -> Identities {
    let mut identities = Identities::new().with_prompts(Prompts::new(answers.clone()));
    identities.add(&fs::read(key_path(name)).unwrap(), name);
    identities
}

#[test]
fn a_passphrase_is_asked_for_once_and_only_if_needed() {
    for (file, name) in
        [("test-identities-passphrase.age", B), ("test-identities-passphrase-binary.age", HYBRID)]
    {
        let answers = Answers::new("test passphrase");
        let mut identities = protected(file, &answers);
        identities.add(key(A).as_bytes(), "a");
        identities.open(encrypt(A), "").unwrap();
        assert_eq!(answers.asked.load(Ordering::Relaxed), 0);
        for _ in 0..2 {
            identities.open(encrypt(name), "").unwrap();
        }
        assert_eq!(answers.asked.load(Ordering::Relaxed), 1);
    }

    let answers = Answers::new("test passphrase");
    let identities = protected("test-ssh-ed25519-passphrase", &answers);
    assert!(identities.open(encrypt("test-ssh-ed25519"), "").is_err());
    assert_eq!(answers.asked.load(Ordering::Relaxed), 0, "the file is for another SSH key");
    for _ in 0..2 {
        identities.open(encrypt("test-ssh-ed25519-passphrase"), "").unwrap();
    }
    assert_eq!(answers.asked.load(Ordering::Relaxed), 1);
}

#[test]
fn a_wrong_passphrase_is_said_to_be_wrong() {
    let error = |file: &str, name: &str| {
        protected(file, &Answers::new("wrong")).open(encrypt(name), "").unwrap_err().to_string()
    };
    let message = error("test-identities-passphrase.age", B);
    assert!(message.contains("the passphrase for test-identities-passphrase.age is wrong"), "{message}");
    let message = error("test-ssh-ed25519-passphrase", "test-ssh-ed25519-passphrase");
    assert!(message.contains("test-ssh-ed25519-passphrase: "), "{message}");

    let mut nobody = Identities::new();
    nobody.add(&fs::read(key_path("test-identities-passphrase.age")).unwrap(), "protected");
    let message = nobody.open(encrypt(B), "").unwrap_err().to_string();
    assert!(message.contains("protected needs a passphrase, and there is nobody to ask for it"), "{message}");
}

#[test]
fn identities_say_what_they_are() {
    let parse = |name: &str| {
        let (mut identities, errors) = Identity::parse_all(&fs::read(key_path(name)).unwrap(), name);
        assert_eq!((identities.len(), errors.len()), (1, 0), "{name}");
        identities.remove(0)
    };
    for (name, kind, has_recipient) in [
        (A, IdentityKind::X25519, true),
        (HYBRID, IdentityKind::Hybrid, true),
        ("test-ssh-rsa", IdentityKind::Ssh, true),
        ("test-ssh-ed25519-passphrase", IdentityKind::Ssh, true),
        ("test-identities-passphrase.age", IdentityKind::EncryptedFile, false),
    ] {
        let identity = parse(name);
        assert_eq!(identity.kind(), kind);
        assert_eq!(identity.recipient().is_some(), has_recipient);
        assert!(!format!("{identity:?}").contains("AGE-"));
    }
    let plugin: Identity = "AGE-PLUGIN-YUBIKEY-1Q9QZQQQQZQYQYQYFVSMGA".parse().unwrap_or_else(|_| {
        // Any valid text does: the plugin's own data is empty here.
        age::plugin::Identity::default_for_plugin("yubikey").unwrap().to_string().parse().unwrap()
    });
    assert_eq!(plugin.kind(), IdentityKind::Plugin { name: "yubikey".to_owned() });
}

#[test]
fn what_is_no_identity_is_explained() {
    let error = |text: &str| text.parse::<Identity>().unwrap_err();
    assert_eq!(error(&recipient(A)), IdentityError::Recipient);
    assert_eq!(error("nonsense"), IdentityError::UnknownKind);
    assert!(matches!(error("AGE-SECRET-KEY-1X"), IdentityError::Damaged { .. }));
    assert!(matches!(error("AGE-SECRET-KEY-PQ-1X"), IdentityError::Hybrid { .. }));
    let (identities, errors) =
        Identity::parse_all(b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "x");
    assert!(identities.is_empty());
    assert_eq!(errors, [IdentityError::Ssh { source: SshKeyError::Unreadable }]);
    assert_eq!(Identity::parse_all(b"\xff\xfe", "x").1, [IdentityError::NotText]);
}

#[test]
fn recipients_say_what_they_are() {
    let kind = |text: &str| text.parse::<Recipient>().unwrap().kind();
    assert_eq!(kind(&recipient(A)), RecipientKind::X25519);
    assert_eq!(kind(&format!("  {}\n", recipient(HYBRID))), RecipientKind::Hybrid);
    assert_eq!(kind(&recipient("test-ssh-ed25519")), RecipientKind::Ssh);
    let list = format!("{}, {},\n{},", recipient(A), recipient(B), recipient("test-ssh-rsa"));
    let list = Recipient::parse_list(&list).unwrap();
    assert_eq!(list.len(), 3);
    assert_eq!(list[2].to_string(), recipient("test-ssh-rsa"));
    assert!(Recipient::parse_list(" , ").unwrap().is_empty());
}

#[test]
fn what_is_no_recipient_is_explained_and_no_secret_is_shown() {
    let error = |text: &str| text.parse::<Recipient>().unwrap_err();
    assert_eq!(error(&secret(A)), RecipientError::SecretKey);
    assert_eq!(error("hunter2"), RecipientError::UnknownKind);
    assert!(!error("hunter2").to_string().contains("hunter2"));
    assert_eq!(error(&"age1".repeat(10_000)), RecipientError::TooLong);
    for damaged in [recipient(A).replace("age19", "age18"), recipient(HYBRID).replace("pq1", "pq1q")] {
        let message = error(&damaged).to_string();
        assert!(message.contains(&damaged[..60]) && message.len() < 300, "{message}");
    }
    let message = error(&recipient("test-ssh-ecdsa")).to_string();
    assert!(message == "no age recipient: they begin with age1, ssh-ed25519 or ssh-rsa", "{message}");
    assert!(error("ssh-dss AAAA").to_string().contains("ssh-dss"));
    assert!(error("ssh-rsa AAAA").to_string().contains("damaged"));
}

#[test]
fn a_plugin_that_is_missing_is_named() {
    let recipient: Recipient = plugin_recipient("sealkittest").parse().unwrap();
    assert_eq!(recipient.kind(), RecipientKind::Plugin { name: "sealkittest".to_owned() });
    let error = recipient.encrypt(b"x", &Prompts::default()).unwrap_err();
    let source = std::error::Error::source(&error).unwrap().to_string();
    assert_eq!(source, "age-plugin-sealkittest is not on the PATH; install the plugin to use this key");

    let identity = age::plugin::Identity::default_for_plugin("sealkittest").unwrap().to_string();
    let identities = Identities::from_text(&identity, "plugin");
    let message = identities.open(encrypt(A), "").unwrap_err().to_string();
    assert!(message.contains("plugin: age-plugin-sealkittest is not on the PATH"), "{message}");
}

fn plugin_recipient(name: &str) -> String {
    let prefix = bech32::Hrp::parse(&format!("age1{name}")).unwrap();
    bech32::encode::<bech32::Bech32>(prefix, b"test").unwrap()
}

#[test]
fn new_key_files_are_those_of_age_keygen() {
    for (kind, recipient_start, secret_start) in [
        (KeygenKind::X25519, "age1", "AGE-SECRET-KEY-1"),
        (KeygenKind::Hybrid, "age1pq1", "AGE-SECRET-KEY-PQ-1"),
    ] {
        let file = keygen(kind).unwrap();
        assert!(file.recipient.starts_with(recipient_start));
        let lines: Vec<&str> = file.contents.lines().collect();
        assert_eq!(lines.len(), 3);
        assert_eq!(lines[0].len(), "# created: 2024-05-06T07:08:09Z".len());
        assert!(lines[0].starts_with("# created: 2") && lines[0].ends_with('Z'));
        assert_eq!(lines[1], format!("# public key: {}", file.recipient));
        assert!(lines[2].starts_with(secret_start));
        assert!(file.contents.ends_with('\n'));
        let identity: Identity = lines[2].parse().unwrap();
        assert_eq!(identity.recipient(), Some(file.recipient.clone()));
        assert!(!format!("{file:?}").contains("SECRET"));
    }
}
