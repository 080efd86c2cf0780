//! `sealkit keygen`: new keys.

use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use clap::{Args, Subcommand};
use sealkit::age::{KeygenKind, keygen};
use sealkit::document::{Mapping, Value, to_yaml};
use sealkit::sealed_secrets::KeyPair;
use zeroize::Zeroizing;

use crate::atomic_file::{self, Existing, NewFile, Staged};
use crate::failure::USAGE;
use crate::secret_builder::{kinds, names};
use crate::{Console, Failure};

const SEALED_SECRETS_EXAMPLES: &str = "\
Examples:
  A key and its certificate, for a test or a backup:
    sealkit keygen sealed-secrets --key-file sealing.key --cert-file pub-sealed-secrets.pem
  A key for a controller that is not running yet, and the certificate to seal to meanwhile:
    sealkit keygen sealed-secrets --manifest key.yaml --cert-file pub-sealed-secrets.pem
    kubectl apply -f key.yaml

Whoever has the key file or the manifest can open everything that is sealed to the certificate: keep them out of Git.";

const AGE_EXAMPLES: &str = "\
Examples:
  An identity where sealkit and sops look for it:
    mkdir -p ~/.config/sops/age
    sealkit keygen age --output ~/.config/sops/age/keys.txt
  One more in the same file:
    sealkit keygen age >> ~/.config/sops/age/keys.txt";

/// Make new keys
#[derive(Args, PartialEq)]
pub(super) struct KeygenArguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(PartialEq, Subcommand)]
enum Command {
    Age(AgeArguments),
    SealedSecrets(SealedSecretsArguments),
}

/// Make an age identity, to encrypt SOPS files for
///
/// The recipient, which begins with age1, is for everybody: it goes into .sops.yaml. The identity, which begins with
/// AGE-SECRET-KEY-, opens the files: keep it where nobody else can read it, and keep a copy of it somewhere safe.
#[derive(Args, PartialEq)]
#[command(after_help = AGE_EXAMPLES)]
struct AgeArguments {
    /// Write the identity to this file, readable to its owner only, and print the recipient
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,

    /// Make a post-quantum identity, which needs sops 3.11 or age 1.3 wherever it is used
    #[arg(long)]
    pq: bool,
}

/// Make an RSA key and a self-signed certificate as the Sealed Secrets controller makes its own
#[derive(Args, PartialEq)]
#[command(after_help = SEALED_SECRETS_EXAMPLES)]
struct SealedSecretsArguments {
    /// Write the private key to this file, in PEM, readable to its owner only
    #[arg(long, value_name = "FILE", required_unless_present = "manifest")]
    key_file: Option<PathBuf>,

    /// Write the certificate to this file, in PEM
    #[arg(long, value_name = "FILE", required_unless_present = "manifest")]
    cert_file: Option<PathBuf>,

    /// Write a Secret with both, from which a controller takes the key; - is standard output
    #[arg(long, value_name = "FILE")]
    manifest: Option<PathBuf>,

    /// The name in the manifest [default: sealed-secrets-key and some letters]
    #[arg(long, value_name = "NAME", requires = "manifest")]
    name: Option<String>,

    /// The namespace in the manifest: the controller's
    #[arg(short, long, value_name = "NAME", requires = "manifest", default_value = "kube-system")]
    namespace: String,

    /// The size of the RSA key in bits: 2048, 3072, 4096 or 8192
    #[arg(long, value_name = "N", default_value_t = 4096)]
    bits: usize,

    /// For how many days the certificate is valid
    #[arg(long, value_name = "N", default_value_t = 3650, allow_negative_numbers = true, value_parser = super::cert::days)]
    days: u32,

    /// The common name in the certificate
    #[arg(long, value_name = "TEXT", default_value = "")]
    common_name: String,

    /// Replace files that are there already
    #[arg(long)]
    force: bool,
}

pub(super) fn run(arguments: &KeygenArguments, console: &mut Console<'_>) -> Result<(), Failure> {
    match &arguments.command {
        Command::Age(arguments) => age(arguments, console),
        Command::SealedSecrets(arguments) => sealed_secrets(arguments, console),
    }
}

fn age(arguments: &AgeArguments, console: &mut Console<'_>) -> Result<(), Failure> {
    let kind = if arguments.pq { KeygenKind::Hybrid } else { KeygenKind::X25519 };
    let key = keygen(kind)?;
    match arguments.output.as_deref().filter(|path| *path != Path::new("-")) {
        Some(path) => {
            // Never replaced: with the identities that are in it, whatever is encrypted for them would be lost.
            let advice = "add to it: sealkit keygen age >> FILE";
            stage(path, &key.contents, NewFile::Private, Existing::Keep, advice)?.commit()?;
            console.print(format!("{}\n", key.recipient).as_bytes())?;
        }
        None => {
            console.print(key.contents.as_bytes())?;
            // On a terminal it has just been seen, as a comment.
            if !console.output_is_terminal() {
                console.note(format_args!("the recipient: {}", key.recipient));
            }
        }
    }
    Ok(())
}

/// Writes a key beside `path`, where it waits for its name. The advice is for when it has to wait for ever.
fn stage(path: &Path, text: &str, new: NewFile, existing: Existing, advice: &str) -> Result<Staged, Failure> {
    Staged::new(path, text.as_bytes(), new, existing).map_err(|error| match error.error.kind() {
        std::io::ErrorKind::AlreadyExists => {
            Failure::message(format!("{} is there already: {advice}", path.display()))
        }
        _ => Failure::from(error),
    })
}

fn sealed_secrets(arguments: &SealedSecretsArguments, console: &mut Console<'_>) -> Result<(), Failure> {
    let wrong = |error: names::NameError| Failure::from(error).with_code(USAGE);
    names::check_namespace(&arguments.namespace).map_err(wrong)?;
    arguments.name.as_deref().map_or(Ok(()), names::check_name).map_err(wrong)?;
    let files = [&arguments.manifest, &arguments.key_file, &arguments.cert_file];
    let files: Vec<&Path> = files.into_iter().flatten().map(PathBuf::as_path).collect();
    for (index, file) in files.iter().enumerate() {
        if let Some(same) = files[..index].iter().find(|other| atomic_file::are_same(other, file)) {
            let (one, other) = (same.display(), file.display());
            return Err(Failure::usage(format!("{one} and {other} are one file: the key would be lost")));
        }
    }
    let key_pair = KeyPair::builder()
        .bits(arguments.bits)
        .common_name(arguments.common_name.as_str())
        .valid_for(time::Duration::days(arguments.days.into()))
        .generate()?;

    let certificate = key_pair.certificate.to_pem();
    let key = key_pair.private_key.to_pkcs1_pem();
    let manifest = to_yaml(&controller_secret(arguments, &key_pair, &certificate, &key));
    let existing = if arguments.force { Existing::Replace } else { Existing::Keep };
    let stage = |path: &Path, text: &str, new| stage(path, text, new, existing, "--force replaces it");
    // All of them are on the disk before one takes its name: a key without its certificate is of little use.
    let mut staged = Vec::new();
    let mut to_print = None;
    match arguments.manifest.as_deref() {
        Some(path) if path == Path::new("-") => to_print = Some(&manifest),
        Some(path) => staged.push(stage(path, &manifest, NewFile::Private)?),
        None => {}
    }
    if let Some(path) = &arguments.key_file {
        staged.push(stage(path, &key, NewFile::Private)?);
    }
    if let Some(path) = &arguments.cert_file {
        staged.push(stage(path, &certificate, NewFile::Shared)?);
    }
    staged.into_iter().try_for_each(Staged::commit)?;
    if let Some(manifest) = to_print {
        console.print(manifest.as_bytes())?;
    }
    console.note(format_args!("made the key {}", key_pair.certificate.key_fingerprint()));
    Ok(())
}

/// The Secret in which a controller keeps a key.
fn controller_secret(
    arguments: &SealedSecretsArguments,
    key_pair: &KeyPair,
    certificate: &str,
    key: &Zeroizing<String>,
) -> Value {
    let name = arguments.name.clone().unwrap_or_else(|| {
        let hash = key_pair.certificate.sha256();
        let letters: String = hash[..4].iter().map(|byte| format!("{byte:02x}")).collect();
        format!("sealed-secrets-key-{letters}")
    });
    let base64 = |text: &str| Value::String(Zeroizing::new(STANDARD.encode(text)));
    let labels: Mapping = [("sealedsecrets.bitnami.com/sealed-secrets-key", "active")].into_iter().collect();
    let metadata: Mapping = [
        ("name", Value::from(name)),
        ("namespace", Value::from(arguments.namespace.as_str())),
        ("labels", Value::from(labels)),
    ]
    .into_iter()
    .collect();
    let data: Mapping = [("tls.crt", base64(certificate)), ("tls.key", base64(key))].into_iter().collect();
    let secret: Mapping = [
        ("apiVersion", Value::from("v1")),
        ("kind", Value::from("Secret")),
        ("metadata", Value::from(metadata)),
        ("type", Value::from(kinds::TLS)),
        ("data", Value::from(data)),
    ]
    .into_iter()
    .collect();
    Value::from(secret)
}
