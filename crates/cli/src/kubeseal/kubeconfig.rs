//! The namespace that a user works in, from their kubeconfig: nothing else in it is looked at.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use ::sealkit::document::{Document, Format, Mapping, ParseError, Schema, Value};

use super::flags::ClusterFlags;
use crate::console::Environment;
use crate::input::{ReadError, read_file};

/// The largest kubeconfig that is read, in bytes: 16 MiB.
const LIMIT: usize = 16 << 20;

/// The namespace of a context that names none.
const DEFAULT: &str = "default";

/// Where a pod finds its service account.
const SERVICE_ACCOUNT: &str = "/var/run/secrets/kubernetes.io/serviceaccount";

/// The namespace of the context that the user works in.
///
/// The context is that of `--context`, else the current one. The files are that of `--kubeconfig`, else those of
/// `KUBECONFIG`, else `~/.kube/config`; where several say something, the first one counts. Without a context, a program
/// in a pod is in the pod's namespace.
///
/// # Errors
/// When nothing gives a namespace, or a file can't be read, or the context is in none of them.
pub(super) fn namespace(flags: &ClusterFlags, environment: &Environment) -> Result<String, NamespaceError> {
    namespace_with(flags, environment, Path::new(SERVICE_ACCOUNT))
}

fn namespace_with(
    flags: &ClusterFlags,
    environment: &Environment,
    service_account: &Path,
) -> Result<String, NamespaceError> {
    let contexts = Contexts::read(flags, environment)?;
    if let Some(name) = flags.context.clone().or(contexts.current) {
        return match contexts.namespaces.into_iter().find(|(context, _)| *context == name) {
            Some((_, namespace)) => Ok(namespace.unwrap_or_else(|| DEFAULT.to_owned())),
            None => Err(NamespaceError::NoSuchContext { name }),
        };
    }
    if flags.server.is_some() {
        return Ok(DEFAULT.to_owned());
    }
    of_pod(environment, service_account).ok_or(NamespaceError::Nothing)
}

/// The namespace of the pod that this program runs in, if it runs in one.
fn of_pod(environment: &Environment, service_account: &Path) -> Option<String> {
    environment.get("KUBERNETES_SERVICE_HOST")?;
    environment.get("KUBERNETES_SERVICE_PORT")?;
    if !service_account.join("token").is_file() {
        return None;
    }
    let given = environment.get("POD_NAMESPACE").and_then(|name| name.into_string().ok());
    let mounted = || {
        let bytes = read_file(&service_account.join("namespace"), LIMIT).ok()?;
        let name = std::str::from_utf8(&bytes).ok()?.trim();
        (!name.is_empty()).then(|| name.to_owned())
    };
    Some(given.or_else(mounted).unwrap_or_else(|| DEFAULT.to_owned()))
}

/// What the kubeconfig files say of contexts.
#[derive(Default)]
struct Contexts {
    current: Option<String>,
    /// Name and namespace, those of the first file first.
    namespaces: Vec<(String, Option<String>)>,
}

impl Contexts {
    fn read(flags: &ClusterFlags, environment: &Environment) -> Result<Self, NamespaceError> {
        let mut contexts = Self::default();
        if let Some(path) = &flags.kubeconfig {
            contexts.add(path)?;
            return Ok(contexts);
        }
        for path in usual_files(environment) {
            if path.exists() {
                contexts.add(&path)?;
            }
        }
        Ok(contexts)
    }

    fn add(&mut self, path: &Path) -> Result<(), NamespaceError> {
        let bytes = read_file(path, LIMIT).map_err(NamespaceError::Read)?;
        let broken = |cause| NamespaceError::Parse { path: path.to_owned(), cause };
        let document = Document::parse(&bytes, format_of(&bytes)).map_err(broken)?;
        let Some(root) = document.roots().next() else { return Ok(()) };
        let value = root.value(Schema::Kubernetes).map_err(broken)?;
        let Some(config) = value.as_mapping() else { return Ok(()) };
        if self.current.is_none() {
            self.current = text(config, "current-context", path)?;
        }
        let entries = config.get("contexts").and_then(Value::as_sequence).unwrap_or_default();
        for entry in entries.iter().filter_map(Value::as_mapping) {
            if let Some(name) = text(entry, "name", path)? {
                let context = entry.get("context").and_then(Value::as_mapping);
                let namespace = context.map(|context| text(context, "namespace", path)).transpose()?;
                self.namespaces.push((name, namespace.flatten()));
            }
        }
        Ok(())
    }
}

/// The files that are read when no flag names one.
fn usual_files(environment: &Environment) -> Vec<PathBuf> {
    if let Some(list) = environment.get("KUBECONFIG") {
        return std::env::split_paths(&list).filter(|path| !path.as_os_str().is_empty()).collect();
    }
    let home: Option<OsString> = environment.get("HOME").or_else(|| environment.get("USERPROFILE"));
    home.map(|home| Path::new(&home).join(".kube").join("config")).into_iter().collect()
}

/// `kubectl config view -o json` gives JSON, which may hold tabs that YAML does not allow.
fn format_of(bytes: &[u8]) -> Format {
    if bytes.trim_ascii_start().starts_with(b"{") { Format::Json } else { Format::Yaml }
}

/// A text of the mapping; an empty one is none.
fn text(mapping: &Mapping, key: &'static str, path: &Path) -> Result<Option<String>, NamespaceError> {
    match mapping.get(key) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.to_string()).filter(|text| !text.is_empty())),
        Some(_) => Err(NamespaceError::NotText { path: path.to_owned(), key }),
    }
}

/// No namespace could be found.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(super) enum NamespaceError {
    /// There is no kubeconfig, or it has no current context.
    #[error("no kubeconfig gives a namespace")]
    Nothing,
    /// The context is in none of the files.
    #[error("the kubeconfig has no context {name:?}")]
    NoSuchContext {
        /// The context's name.
        name: String,
    },
    /// Something in the file should be text.
    #[error("{key} in {} is no text: put it in quotes", path.display())]
    NotText {
        /// The file.
        path: PathBuf,
        /// The key.
        key: &'static str,
    },
    /// The file is no YAML or JSON.
    #[error("could not read the kubeconfig {}", path.display())]
    Parse {
        /// The file.
        path: PathBuf,
        /// Where and why.
        #[source]
        cause: ParseError,
    },
    /// The file can't be read.
    #[error("could not read the kubeconfig")]
    Read(#[source] ReadError),
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{ClusterFlags, Environment, NamespaceError, namespace_with};

    fn flags() -> ClusterFlags {
        ClusterFlags {
            context: None,
            controller_name: String::new(),
            controller_namespace: String::new(),
            kubeconfig: None,
            server: None,
        }
    }

    const IN_POD: [(&str, &str); 2] =
        [("KUBERNETES_SERVICE_HOST", "10.0.0.1"), ("KUBERNETES_SERVICE_PORT", "443")];

    #[test]
    fn a_pod_is_in_its_own_namespace() {
        let account = tempfile::TempDir::new().unwrap();
        let resolve = |variables: &[(&'static str, &'static str)]| {
            namespace_with(&flags(), &Environment::given(variables.to_vec()), account.path())
        };
        assert!(matches!(resolve(&IN_POD), Err(NamespaceError::Nothing)), "no token: no pod");
        std::fs::File::create(account.path().join("token")).unwrap();
        assert!(
            matches!(resolve(&[("POD_NAMESPACE", "pod")]), Err(NamespaceError::Nothing)),
            "no service: no pod"
        );
        assert_eq!(resolve(&IN_POD).unwrap(), "default");
        crate::atomic_file::replace(
            &account.path().join("namespace"),
            b"mounted\n",
            crate::atomic_file::NewFile::Private,
        )
        .unwrap();
        assert_eq!(resolve(&IN_POD).unwrap(), "mounted");
        assert_eq!(resolve(&[IN_POD[0], IN_POD[1], ("POD_NAMESPACE", "pod")]).unwrap(), "pod");
    }

    #[test]
    fn nothing_to_read_is_an_error() {
        let resolve = |flags: &ClusterFlags| {
            let environment = Environment::given([("HOME", "/nowhere-at-all")]);
            namespace_with(flags, &environment, Path::new("/nowhere-at-all"))
        };
        assert!(matches!(resolve(&flags()), Err(NamespaceError::Nothing)));
        let missing = ClusterFlags { kubeconfig: Some("/nowhere-at-all/config".into()), ..flags() };
        assert!(matches!(resolve(&missing), Err(NamespaceError::Read(_))));
        let context = ClusterFlags { context: Some("gone".into()), ..flags() };
        assert!(matches!(resolve(&context), Err(NamespaceError::NoSuchContext { .. })));
    }
}
