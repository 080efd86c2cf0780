//! What needs a cluster. sealkit does not talk to one yet: it says so, and what to do instead.

use super::certificate;
use super::flags::{ClusterFlags, Flags};
use crate::atomic_file::NewFile;
use crate::{Console, Failure};

/// `--fetch-cert`: prints the certificate that `--cert` names, as it is.
///
/// # Errors
/// Without `--cert`, since that would need a cluster; and when it can't be read.
pub(super) fn fetch_certificate(flags: &Flags, console: &mut Console<'_>) -> Result<(), Failure> {
    if flags.cert.is_none() {
        return Err(Failure::message(format!(
            "--fetch-cert is not supported yet: sealkit does not connect to clusters. {}",
            how_to_fetch(&flags.cluster)
        )));
    }
    let bytes = certificate::source(flags)?.read(console)?;
    super::output::write(flags.sealed_secret_file.as_deref(), &bytes, NewFile::PrivateIfNew, console)
}

/// `--validate`: says what to do instead.
pub(super) fn validate(flags: &Flags) -> Failure {
    Failure::message(format!(
        "--validate is not supported yet: sealkit does not connect to clusters. \
         With the private key at hand, `sealkit unseal --key KEY FILE` shows whether it opens. \
         Without, send the SealedSecret as JSON: kubectl create --raw {} -f sealed.json",
        proxy(&flags.cluster, "v1/verify")
    ))
}

/// `--re-encrypt`: says what to do instead.
pub(super) fn re_encrypt(flags: &Flags) -> Failure {
    Failure::message(format!(
        "--re-encrypt is not supported yet: sealkit does not connect to clusters. \
         With the old private key at hand, `sealkit reseal --key KEY --cert CERT FILE` does it offline. \
         Without, send the SealedSecret as JSON: kubectl create --raw {} -f sealed.json",
        proxy(&flags.cluster, "v1/rotate")
    ))
}

/// How to get the certificate by other means.
pub(super) fn how_to_fetch(cluster: &ClusterFlags) -> String {
    format!("To get it from the cluster: kubectl get --raw {} > cert.pem", proxy(cluster, "v1/cert.pem"))
}

/// The path to the controller through the API server's proxy.
fn proxy(cluster: &ClusterFlags, path: &str) -> String {
    let ClusterFlags { controller_name: name, controller_namespace: namespace, .. } = cluster;
    format!("/api/v1/namespaces/{namespace}/services/http:{name}:http/proxy/{path}")
}
