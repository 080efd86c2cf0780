"""SOPS files: YAML, JSON, dotenv, INI and binary files whose values are encrypted one by one.

>>> from sealkit import sops
>>> recipient, identity = sops.keygen()
>>> text = sops.encrypt("user: shop\\npassword: hunter2 # change me\\n", recipients=recipient)
>>> sops.decrypt(text, identities=identity)
{'user': 'shop', 'password': 'hunter2'}
>>> sops.decrypt_text(text, identities=identity)
'user: shop\\npassword: hunter2 # change me\\n'

Wherever ``identities`` is left out, they are found where sops finds them: in ``SOPS_AGE_KEY``, ``SOPS_AGE_KEY_FILE``,
``SOPS_AGE_KEY_CMD``, the user's ``sops/age/keys.txt`` and SSH keys. Nobody is ever asked for anything at the terminal.
"""

from __future__ import annotations

import json
import os
import warnings
from collections.abc import Iterable, Mapping
from typing import Any, Literal

from . import _files, _sealkit
from ._errors import SealkitError
from ._files import StrPath
from ._live import Items, Section, SopsFile
from ._sealkit import LiveFile

__all__ = [
    "Format",
    "Identities",
    "Items",
    "Recipients",
    "Section",
    "SopsFile",
    "decrypt",
    "decrypt_bytes",
    "decrypt_file",
    "decrypt_file_bytes",
    "decrypt_file_text",
    "decrypt_text",
    "encrypt",
    "encrypt_file",
    "export",
    "format_of",
    "is_encrypted",
    "keygen",
    "open",
    "recipients",
    "rotate",
    "rotate_file",
    "update_keys",
]

Format = Literal["yaml", "json", "dotenv", "ini", "binary"]

#: The text of an identity (``AGE-SECRET-KEY-1…``, an SSH private key, a key file), the path of a key file, or several of these.
Identities = str | os.PathLike[str] | Iterable[str | os.PathLike[str]]

#: age recipients: one, several separated by commas, or an iterable.
Recipients = str | Iterable[str]

Data = str | bytes | bytearray | memoryview


def decrypt(
    data: Data, format: Format = "yaml", *, identities: Identities | None = None, ignore_mac: bool = False
) -> Any:
    """Decrypt a file's contents to Python values: ``dict``, ``list``, ``str``, ``int``, ``float``, ``bool``, ``None``, an aware
    ``datetime``, and ``bytes`` for YAML's ``!!binary``. Of several documents the first counts. A binary file is ``bytes``.

    :param data: The encrypted file.
    :param format: What it is.
    :param identities: What to decrypt with. Left out, they are found where sops finds them.
    :param ignore_mac: Don't check the file as a whole. Each value is authenticated all the same.
    :raises KeyUnavailableError: If no identity opens it.
    :raises AuthenticationError: If it was changed by somebody without its key.
    :raises NotEncryptedError: If it is not encrypted.
    :raises ParseError: If it can't be read.
    """
    return _sealkit.decrypt(data, format, _sources(identities), ignore_mac)


def decrypt_bytes(
    data: Data, format: Format = "yaml", *, identities: Identities | None = None, ignore_mac: bool = False
) -> bytes:
    """Decrypt a file's contents to the file that was encrypted: comments, order and layout are kept. Else as :func:`decrypt`."""
    return _sealkit.decrypt_bytes(data, format, _sources(identities), ignore_mac)


def decrypt_text(
    data: Data, format: Format = "yaml", *, identities: Identities | None = None, ignore_mac: bool = False
) -> str:
    """:func:`decrypt_bytes` as text.

    :raises UnicodeDecodeError: If it is a binary file and not UTF-8.
    """
    return decrypt_bytes(data, format, identities=identities, ignore_mac=ignore_mac).decode()


def decrypt_file(
    path: StrPath,
    *,
    format: Format | None = None,
    identities: Identities | None = None,
    ignore_mac: bool = False,
) -> Any:
    """:func:`decrypt` for a file. Its name says the format, unless ``format`` does.

    :raises OSError: If it can't be read.
    """
    with _files.naming(path):
        return decrypt(
            _files.read(path), format or format_of(path), identities=identities, ignore_mac=ignore_mac
        )


def decrypt_file_bytes(
    path: StrPath,
    *,
    format: Format | None = None,
    identities: Identities | None = None,
    ignore_mac: bool = False,
) -> bytes:
    """:func:`decrypt_bytes` for a file. Its name says the format, unless ``format`` does.

    :raises OSError: If it can't be read.
    """
    with _files.naming(path):
        return decrypt_bytes(
            _files.read(path), format or format_of(path), identities=identities, ignore_mac=ignore_mac
        )


def decrypt_file_text(
    path: StrPath,
    *,
    format: Format | None = None,
    identities: Identities | None = None,
    ignore_mac: bool = False,
) -> str:
    """:func:`decrypt_text` for a file. Its name says the format, unless ``format`` does.

    :raises OSError: If it can't be read.
    """
    return decrypt_file_bytes(path, format=format, identities=identities, ignore_mac=ignore_mac).decode()


def encrypt(
    data: Data | Mapping[str, Any],
    format: Format = "yaml",
    *,
    recipients: Recipients | None = None,
    config: StrPath | None = None,
    filename: StrPath | None = None,
    encrypted_regex: str | None = None,
    unencrypted_regex: str | None = None,
    encrypted_suffix: str | None = None,
    unencrypted_suffix: str | None = None,
    encrypted_comment_regex: str | None = None,
    unencrypted_comment_regex: str | None = None,
    mac_only_encrypted: bool | None = None,
    allow_unencrypted: bool = False,
) -> str:
    """Encrypt a file's contents. Comments, order and layout stay.

    :param data: The file, or a mapping to make one of. A dotenv file holds text only, an INI file sections of text.
    :param format: What it is.
    :param recipients: The age recipients that can open it. Left out, the environment variable ``SOPS_AGE_RECIPIENTS`` counts, then
        the first creation rule for ``filename``.
    :param config: The file with creation rules. Left out, the ``.sops.yaml`` is meant that is next to ``filename`` or above it.
    :param filename: The file that the creation rule is looked for by.
    :param encrypted_regex: Encrypt only values under keys that this matches. At most one of the six rules may be given; without
        one, all values are encrypted but those under keys that end in ``_unencrypted``.
    :param unencrypted_regex: Encrypt all values but those under keys that this matches.
    :param encrypted_suffix: Encrypt only values under keys that end so.
    :param unencrypted_suffix: Encrypt all values but those under keys that end so.
    :param encrypted_comment_regex: Encrypt only values with a comment above that this matches.
    :param unencrypted_comment_regex: Encrypt all values but those with a comment above that this matches.
    :param mac_only_encrypted: Authenticate encrypted values only, so that others may be changed by hand.
    :param allow_unencrypted: Accept a rule that selects nothing.
    :raises ConfigError: If there is nobody to encrypt for, or a rule can't be used.
    :raises ParseError: If the data is not of its format.
    """
    input_format = format
    if isinstance(data, Mapping):
        # Only what stays JSON is laid out here: all else is converted.
        stays = format == "json"
        data, input_format = json.dumps(dict(data), indent=2 if stays else None), "json"
        data += "\n" if stays else ""
    selection = {
        "encrypted_regex": encrypted_regex,
        "unencrypted_regex": unencrypted_regex,
        "encrypted_suffix": encrypted_suffix,
        "unencrypted_suffix": unencrypted_suffix,
        "encrypted_comment_regex": encrypted_comment_regex,
        "unencrypted_comment_regex": unencrypted_comment_regex,
    }
    if recipients is None:
        recipients = os.environ.get("SOPS_AGE_RECIPIENTS") or ()
    text, notes = _sealkit.encrypt(
        data,
        input_format,
        format,
        {
            "recipients": _recipients(recipients),
            "config": config if config is not None else os.environ.get("SOPS_CONFIG") or None,
            "file_name": filename,
            "selection": [(field, rule) for field, rule in selection.items() if rule is not None],
            "mac_only_encrypted": mac_only_encrypted,
            "allow_unencrypted": allow_unencrypted,
        },
    )
    _warn(notes)
    return text


def encrypt_file(
    path: StrPath,
    *,
    output: StrPath | None = None,
    format: Format | None = None,
    recipients: Recipients | None = None,
    config: StrPath | None = None,
    encrypted_regex: str | None = None,
    unencrypted_regex: str | None = None,
    encrypted_suffix: str | None = None,
    unencrypted_suffix: str | None = None,
    encrypted_comment_regex: str | None = None,
    unencrypted_comment_regex: str | None = None,
    mac_only_encrypted: bool | None = None,
    allow_unencrypted: bool = False,
) -> None:
    """:func:`encrypt` for a file, in place unless ``output`` is given. The creation rule is that for ``path``.

    :raises OSError: If a file can't be read or written.
    """
    with _files.naming(path):
        seen = _files.see(path)
        text = encrypt(
            seen.data,
            format or format_of(path),
            recipients=recipients,
            config=config,
            filename=path,
            encrypted_regex=encrypted_regex,
            unencrypted_regex=unencrypted_regex,
            encrypted_suffix=encrypted_suffix,
            unencrypted_suffix=unencrypted_suffix,
            encrypted_comment_regex=encrypted_comment_regex,
            unencrypted_comment_regex=unencrypted_comment_regex,
            mac_only_encrypted=mac_only_encrypted,
            allow_unencrypted=allow_unencrypted,
        )
        if output is None:
            _files.replace(path, text.encode(), seen)
        else:
            _files.replace(output, text.encode())


def open(path: StrPath, *, format: Format | None = None, identities: Identities | None = None) -> SopsFile:
    """Open an encrypted file to change values in it, like those of a ``dict``.

    >>> import pathlib, tempfile
    >>> from sealkit import sops
    >>> recipient, identity = sops.keygen()
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "app.sops.yaml"
    >>> _ = path.write_text(sops.encrypt("db:\\n  user: shop\\n  password: old\\n", recipients=recipient))
    >>> with sops.open(path, identities=identity) as file:
    ...     file["db"]["password"] = "new"
    >>> sops.decrypt_file(path, identities=identity)
    {'db': {'user': 'shop', 'password': 'new'}}

    When the block ends without an exception the file is replaced, at once or not at all. Only the lines of changed values, the
    ``mac`` and the time stamp change.

    :raises KeyUnavailableError: If no identity opens it.
    :raises OSError: If it can't be read, or later written.
    """
    with _files.naming(path):
        format = format or format_of(path)
        if format == "binary":
            raise SealkitError("a binary file has no values to open: decrypt it, and encrypt it anew")
        seen = _files.see(path)
        return SopsFile(path, seen, LiveFile(seen.data, format, _sources(identities)))


def rotate(
    data: Data,
    format: Format = "yaml",
    *,
    identities: Identities | None = None,
    add_recipients: Recipients = (),
    remove_recipients: Recipients = (),
) -> str:
    """Encrypt every value anew, under a new data key.

    :param add_recipients: Recipients to add to the file's first key group.
    :param remove_recipients: Recipients to take out. They can still open what Git's history holds: change the secrets too.
    :raises SealkitError: If one to be removed is not there, or nobody would be left.
    """
    text, notes = _sealkit.rotate(
        data, format, _sources(identities), _recipients(add_recipients), _recipients(remove_recipients)
    )
    _warn(notes)
    return text


def rotate_file(
    path: StrPath,
    *,
    format: Format | None = None,
    identities: Identities | None = None,
    add_recipients: Recipients = (),
    remove_recipients: Recipients = (),
) -> None:
    """:func:`rotate` for a file, in place.

    :raises OSError: If it can't be read or written.
    """
    with _files.naming(path):
        seen = _files.see(path)
        text = rotate(
            seen.data,
            format or format_of(path),
            identities=identities,
            add_recipients=add_recipients,
            remove_recipients=remove_recipients,
        )
        _files.replace(path, text.encode(), seen)


def update_keys(
    path: StrPath,
    *,
    config: StrPath | None = None,
    format: Format | None = None,
    identities: Identities | None = None,
) -> tuple[list[str], list[str]]:
    """Give a file the master keys that its creation rule says, in place. The data key and the values stay as they are.

    :param config: The file with creation rules. Left out, ``SOPS_CONFIG`` counts, then the ``.sops.yaml`` next to the file or above
        it.
    :returns: The names of the keys that were added, and of those that were removed. Whoever had a removed key may still know the
        data key: see :func:`rotate_file`.
    :raises ConfigError: If there is no rule for the file.
    :raises OSError: If it can't be read or written.
    """
    with _files.naming(path):
        seen = _files.see(path)
        config = config if config is not None else os.environ.get("SOPS_CONFIG") or None
        updated = _sealkit.update_keys(
            seen.data, format or format_of(path), _sources(identities), config, path
        )
        if updated is None:
            return [], []
        text, added, removed = updated
        _files.replace(path, text.encode(), seen)
    return added, removed


def is_encrypted(data: Data, format: Format = "yaml") -> bool:
    """Whether a file's contents are encrypted: whether they have a ``sops`` block.

    :raises ParseError: If they can't be read.
    """
    return _sealkit.is_encrypted(data, format)


def recipients(data: Data, format: Format = "yaml") -> list[list[tuple[str, str]]]:
    """Whom a file is encrypted for: the kind (``age``, ``pgp``, …) and name of every master key, key group by key group."""
    return _sealkit.recipients(data, format)


def keygen(*, post_quantum: bool = False) -> tuple[str, str]:
    """Make a new age identity.

    :param post_quantum: Make a hybrid one, which sops 3.11 and age 1.3 and later know.
    :returns: The recipient, and the text of the key file, which is secret.
    """
    return _sealkit.keygen(post_quantum)


def format_of(path: StrPath) -> Format:
    """The format that a file's name says: ``.yaml``, ``.yml``, ``.json``, ``.env``, ``.ini``, else binary."""
    return _sealkit.format_of(path)


def export(
    path: StrPath, *, identities: Identities | None = None, prefix: str = "", override: bool = True
) -> list[str]:
    """Put the values at the top level of a file into ``os.environ``, for this process and those that it starts.

    Lists and mappings are no values for a variable, and are left out.

    :param prefix: What the variables' names begin with.
    :param override: Whether to replace variables that are set already.
    :returns: The names of the variables that were set.
    :raises SealkitError: If the file is no mapping, or a value can't be that of a variable.
    """
    values = decrypt_file(path, identities=identities)
    if not isinstance(values, dict):
        raise SealkitError(f"{os.fspath(path)} has no keys to make variables of")
    variables = {}
    for key, value in values.items():
        name = prefix + key
        if isinstance(value, (dict, list)) or (not override and name in os.environ):
            continue
        text = _variable(value)
        if not name or "=" in name or "\0" in name or "\0" in text:
            raise SealkitError(f"{os.fspath(path)}: {key!r} can't be a variable of the environment")
        variables[name] = text
    os.environ.update(variables)
    return list(variables)


def _variable(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, bytes):
        return value.decode()
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def _recipients(recipients: Recipients) -> list[str]:
    return [recipients] if isinstance(recipients, str) else list(recipients)


def _sources(identities: Identities | None) -> dict[str, Any]:
    """Where identities come from, as the library takes them."""
    if identities is None:
        return {"files": [], "environment": dict(os.environ)}
    if isinstance(identities, (str, os.PathLike)):
        identities = [identities]
    return {"files": [_identity(identity) for identity in identities], "environment": None}


def _identity(identity: str | os.PathLike[str]) -> tuple[str | bytes, str]:
    if isinstance(identity, os.PathLike):
        return _files.read(identity), os.fspath(identity)
    if not isinstance(identity, str):
        raise TypeError(f"an identity is str or a path, not {type(identity).__name__}")
    if "AGE-SECRET-KEY-" in identity or "AGE-PLUGIN-" in identity or "-----BEGIN " in identity:
        return identity, "an identity given as text"
    raise SealkitError("this text is no identity; for a file of identities give a pathlib.Path")


def _warn(notes: list[str]) -> None:
    for note in notes:
        warnings.warn(note, stacklevel=3)
