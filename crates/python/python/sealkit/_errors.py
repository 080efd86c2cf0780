"""What can go wrong. ``sealkit`` offers these names."""

from __future__ import annotations

import os


class SealkitError(Exception):
    """A job that sealkit could not do. The message says what, where and why, and never holds a secret.

    :ivar path: The file, if one was named.
    :ivar line: The line in it, from 1, if known.
    :ivar column: The column in characters, from 1, if known.
    :ivar key_path: The value, as ``stringData.password`` or ``users[0].name``, if it is about one.
    """

    path: str | os.PathLike[str] | None = None
    line: int | None = None
    column: int | None = None
    key_path: str | None = None

    def __str__(self) -> str:
        message = super().__str__()
        return message if self.path is None else f"{os.fspath(self.path)}: {message}"


class AuthenticationError(SealkitError):
    """The file, or a value in it, was changed by somebody without its key."""


class CertificateError(SealkitError):
    """A certificate can't be read, or values can't be sealed to it any more."""


class ConfigError(SealkitError):
    """A ``.sops.yaml``, a recipient or a selection rule can't be used."""


class KeyUnavailableError(SealkitError):
    """No identity or private key at hand opens it.

    :ivar tried: The recipients of the file, or the fingerprints of the private keys that were tried.
    """

    tried: tuple[str, ...] = ()


class NotEncryptedError(SealkitError):
    """The file has no ``sops`` block: it is not encrypted."""


class ParseError(SealkitError):
    """Text that is not what it should be."""
