"""Keep secrets in Git: SOPS files and Sealed Secrets.

Everything is done in process, by the Rust library of the same name. No other program and no cluster is needed.
:mod:`sealkit.sops` is for the one, :mod:`sealkit.sealed_secrets` for the other.

>>> import sealkit
>>> recipient, identity = sealkit.sops.keygen()
>>> text = sealkit.sops.encrypt("password: hunter2\\n", recipients=recipient)
>>> sealkit.sops.decrypt(text, identities=identity)["password"]
'hunter2'
"""

from . import sealed_secrets, sops
from ._errors import (
    AuthenticationError,
    CertificateError,
    ConfigError,
    KeyUnavailableError,
    NotEncryptedError,
    ParseError,
    SealkitError,
)
from ._sealkit import __version__
from .sealed_secrets import seal_value

__all__ = [
    "AuthenticationError",
    "CertificateError",
    "ConfigError",
    "KeyUnavailableError",
    "NotEncryptedError",
    "ParseError",
    "SealkitError",
    "__version__",
    "seal_value",
    "sealed_secrets",
    "sops",
]
