"""Sealed Secrets: Kubernetes Secrets that only one cluster can open.

>>> from sealkit.sealed_secrets import Certificate, seal
>>> certificate = Certificate.load("pub-sealed-secrets.pem")  # doctest: +SKIP
>>> text = seal({"metadata": {"name": "app", "namespace": "web"}, "stringData": {"password": "hunter2"}},
...     certificate)  # doctest: +SKIP
"""

from __future__ import annotations

import base64
import datetime
import enum
import json
import os
from collections.abc import Mapping
from typing import Any, Literal

from . import _files, _sealkit
from ._files import StrPath
from ._sealkit import Certificate as _Certificate
from ._sealkit import Keyring as _Keyring

__all__ = [
    "Certificate",
    "Keyring",
    "Scope",
    "reseal",
    "reseal_file",
    "seal",
    "seal_value",
    "set_value",
    "unseal",
    "unseal_text",
    "unseal_values",
]

Data = str | bytes | bytearray | memoryview

#: A Secret or SealedSecret: text in YAML or JSON, a mapping, or the path of a file.
Resource = Data | Mapping[str, Any] | os.PathLike[str]


class Scope(str, enum.Enum):
    """What a sealed value is bound to."""

    STRICT = "strict"
    """The namespace and the name."""
    NAMESPACE_WIDE = "namespace-wide"
    """The namespace."""
    CLUSTER_WIDE = "cluster-wide"
    """Nothing: it may go anywhere in the cluster."""

    def __str__(self) -> str:
        return self.value


class Certificate:
    """A cluster's sealing certificate: PEM as text or bytes, or DER as bytes. Of a bundle the first one counts.

    :raises CertificateError: If there is none, or its key is no RSA key of 2,048 to 8,192 bits.
    """

    __slots__ = ("_inner",)

    def __init__(self, data: Data) -> None:
        self._inner = _Certificate(data)

    @classmethod
    def load(cls, path: StrPath) -> Certificate:
        """The certificate in a file.

        :raises OSError: If it can't be read.
        """
        with _files.naming(path):
            return cls(_files.read(path))

    @property
    def not_before(self) -> datetime.datetime:
        """The first moment at which it is valid, in UTC."""
        return datetime.datetime.fromtimestamp(self._inner.not_before_timestamp, datetime.timezone.utc)

    @property
    def not_after(self) -> datetime.datetime:
        """The last moment at which it is valid, in UTC. Nothing is sealed to a certificate that has expired."""
        return datetime.datetime.fromtimestamp(self._inner.not_after_timestamp, datetime.timezone.utc)

    @property
    def is_expired(self) -> bool:
        """Whether its last day has passed."""
        return datetime.datetime.now(datetime.timezone.utc) > self.not_after

    @property
    def subject(self) -> str:
        """Whom it was made for."""
        return self._inner.subject

    @property
    def key_fingerprint(self) -> str:
        """The SSH fingerprint of its public key, ``SHA256:…``, as the controller names its keys."""
        return self._inner.key_fingerprint

    @property
    def key_size(self) -> int:
        """The size of its key in bits."""
        return self._inner.key_size

    def fingerprint(self) -> bytes:
        """The SHA-256 of the certificate in DER."""
        return self._inner.fingerprint()

    def to_pem(self) -> str:
        """The certificate in PEM."""
        return self._inner.to_pem()

    def __eq__(self, other: object) -> bool:
        return self.fingerprint() == other.fingerprint() if isinstance(other, Certificate) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.fingerprint())

    def __repr__(self) -> str:
        return repr(self._inner)


class Keyring:
    """Private keys of a controller: PEM (PKCS#1, PKCS#8), or key backups (a Secret, a List of them; YAML or JSON).

    :raises KeyUnavailableError: If there is no key in one of them.
    """

    __slots__ = ("_inner",)

    def __init__(self, *data: Data) -> None:
        self._inner = _Keyring(*data)

    @classmethod
    def load(cls, *paths: StrPath) -> Keyring:
        """The keys in files.

        :raises OSError: If one can't be read.
        """
        return cls(*(_files.read(path) for path in paths))

    @property
    def key_fingerprints(self) -> list[str]:
        """The SSH fingerprints of the keys, ``SHA256:…``, in the order in which they are tried."""
        return self._inner.key_fingerprints

    @property
    def skipped(self) -> list[str]:
        """What was there and can't be used as a key, and why."""
        return self._inner.skipped

    def __len__(self) -> int:
        return len(self._inner)

    def __repr__(self) -> str:
        return repr(self._inner)


def seal(
    secret: Resource,
    certificate: Certificate,
    *,
    scope: Scope | str | None = None,
    name: str | None = None,
    namespace: str | None = None,
    format: Literal["yaml", "json"] = "yaml",
) -> str:
    """Seal a Secret.

    In a mapping, ``apiVersion`` and ``kind`` may be left out, and the values under ``data`` may be ``bytes``.

    :param secret: The Secret.
    :param certificate: The cluster's certificate.
    :param scope: What the values are bound to. Left out, the Secret's annotations say it, else it is strict.
    :param name: The Secret's name, if it has none.
    :param namespace: The Secret's namespace, if it has none.
    :param format: What to write.
    :returns: The SealedSecret.
    :raises CertificateError: If the certificate has expired.
    :raises ParseError: If it is no Secret, or has a plain scalar that Kubernetes reads otherwise than YAML 1.2.
    :raises SealkitError: If a name or namespace is missing or another one, or there are no values.
    """
    chosen = None if scope is None else str(Scope(scope))
    return _sealkit.seal(_text(secret, kind="Secret"), certificate._inner, chosen, name, namespace, format)


def seal_value(
    value: Data,
    certificate: Certificate | Data,
    *,
    namespace: str | None = None,
    name: str | None = None,
    scope: Scope | Literal["strict", "namespace-wide", "cluster-wide"] = Scope.STRICT,
) -> str:
    """Seal one value, as ``kubeseal --raw`` does.

    :param value: What to seal. Text is sealed as UTF-8.
    :param certificate: The cluster's certificate, or its PEM or DER.
    :param namespace: The namespace that the Secret will be in. All scopes but the cluster-wide one need it.
    :param name: The name that the Secret will have. The strict scope needs it.
    :param scope: What the value is bound to.
    :returns: The base64 text that goes under ``spec.encryptedData`` of a SealedSecret.
    :raises CertificateError: If the certificate can't be read or has expired.
    :raises SealkitError: If the scope needs more than was given.
    """
    if not isinstance(certificate, Certificate):
        certificate = Certificate(certificate)
    return _sealkit.seal_value(value, certificate._inner, namespace, name, str(Scope(scope)))


def unseal(
    sealed: Resource, keyring: Keyring, *, name: str | None = None, namespace: str | None = None
) -> dict[str, Any]:
    """Open a SealedSecret: the Secret that the controller would make of it.

    :param sealed: The SealedSecret.
    :param keyring: The controller's keys.
    :param name: Another name that it may have been sealed for, to be told in the error.
    :param namespace: The namespace of a SealedSecret that says none; else another one that it may have been sealed for.
    :returns: The Secret; the values under ``data`` are base64, as in Kubernetes.
    :raises KeyUnavailableError: If a value does not open. The message says why, and what it was sealed for, if that can be found.
    :raises AuthenticationError: If a value is damaged.
    """
    text = _sealkit.unseal(_text(sealed, kind="SealedSecret"), keyring._inner, name, namespace, "json")
    secret: dict[str, Any] = json.loads(text)
    return secret


def unseal_values(
    sealed: Resource, keyring: Keyring, *, name: str | None = None, namespace: str | None = None
) -> dict[str, bytes]:
    """The values in a SealedSecret. Else as :func:`unseal`."""
    data = unseal(sealed, keyring, name=name, namespace=namespace).get("data") or {}
    return {key: base64.b64decode(value) for key, value in data.items()}


def unseal_text(
    sealed: Resource, keyring: Keyring, *, name: str | None = None, namespace: str | None = None
) -> str:
    """The Secret in a SealedSecret, as YAML. Else as :func:`unseal`."""
    return _sealkit.unseal(_text(sealed, kind="SealedSecret"), keyring._inner, name, namespace, "yaml")


def reseal(sealed: Data | os.PathLike[str], keyring: Keyring, certificate: Certificate) -> str:
    """Seal the values of a SealedSecret to another certificate. Comments, order and layout stay, and so do values that are sealed to
    it already.

    :param sealed: The file with the SealedSecret, as text or by its path.
    :param keyring: The old keys, and the new one if some values may be sealed to it already.
    :param certificate: The new certificate.
    :returns: The text of the file.
    :raises KeyUnavailableError: If a value does not open.
    """
    return _sealkit.reseal(_text(sealed, kind="SealedSecret"), keyring._inner, certificate._inner)[0]


def reseal_file(path: StrPath, keyring: Keyring, certificate: Certificate) -> list[str]:
    """:func:`reseal` for a file, in place.

    :returns: The keys of the values that were sealed anew.
    :raises OSError: If it can't be read or written.
    """
    with _files.naming(path):
        seen = _files.see(path)
        text, changed = _sealkit.reseal(seen.data, keyring._inner, certificate._inner)
        if changed:
            _files.replace(path, text.encode(), seen)
    return changed


def set_value(
    sealed: Data | os.PathLike[str],
    key: str,
    value: Data,
    certificate: Certificate,
    *,
    namespace: str | None = None,
) -> str:
    """Seal one value into a SealedSecret: its name, namespace and scope, and the rest of the file, stay.

    :param sealed: The file with the SealedSecret, as text or by its path.
    :param key: The key of the value.
    :param value: What to seal. Text is sealed as UTF-8.
    :param namespace: The namespace of a SealedSecret that says none.
    :returns: The text of the file.
    """
    text = _text(sealed, kind="SealedSecret")
    return _sealkit.set_value(text, key, value, certificate._inner, namespace)


def _text(resource: Resource, *, kind: str) -> Data:
    if isinstance(resource, os.PathLike):
        with _files.naming(resource):
            return _files.read(resource)
    if not isinstance(resource, Mapping):
        return resource
    version = "v1" if kind == "Secret" else "bitnami.com/v1alpha1"
    return json.dumps({"apiVersion": version, "kind": kind, **resource}, default=_encoded)


def _encoded(value: object) -> str:
    if isinstance(value, (bytes, bytearray, memoryview)):
        return base64.b64encode(value).decode()
    raise TypeError(f"an object of the type {type(value).__name__} can't be part of a resource")
