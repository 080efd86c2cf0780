from typing import Final, Literal

__all__ = ["SealkitError", "__version__", "seal_value"]

__version__: Final[str]

class SealkitError(Exception):
    """A job that sealkit could not do.

    The message says what, where and why, and never holds a secret.
    """

def seal_value(
    value: bytes | str,
    certificate: bytes | str,
    *,
    namespace: str | None = None,
    name: str | None = None,
    scope: Literal["strict", "namespace-wide", "cluster-wide"] = "strict",
) -> str:
    """Seal one value, as ``kubeseal --raw`` does.

    :param value: What to seal. Text is sealed as UTF-8.
    :param certificate: The cluster's sealing certificate, in PEM or (as bytes) in DER. Of a bundle the first one counts.
    :param namespace: The namespace that the Secret will be in. All scopes but ``cluster-wide`` need it.
    :param name: The name that the Secret will have. The scope ``strict`` needs it.
    :param scope: What the value is bound to.
    :returns: The base64 text that goes under ``spec.encryptedData`` of a SealedSecret.
    :raises SealkitError: If the certificate can't be read or has expired, or the scope needs more than was given.

    Other Python threads run meanwhile.
    """
