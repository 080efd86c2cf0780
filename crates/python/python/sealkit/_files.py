"""Reading files, and replacing them at once or not at all."""

from __future__ import annotations

import contextlib
import os
import stat
import tempfile
from collections.abc import Iterator
from typing import NamedTuple

from ._errors import SealkitError

StrPath = str | os.PathLike[str]


class Seen(NamedTuple):
    """A file's contents, and how to tell whether somebody else has changed it since."""

    data: bytes
    identity: tuple[int, ...]


def read(path: StrPath) -> bytes:
    """The contents of a file."""
    with open(path, "rb") as file:
        return file.read()


def see(path: StrPath) -> Seen:
    """The contents of a file that is going to be replaced."""
    with open(path, "rb") as file:
        return Seen(file.read(), _identity(os.fstat(file.fileno())))


def _identity(status: os.stat_result) -> tuple[int, ...]:
    return (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns)


def replace(path: StrPath, data: bytes, seen: Seen | None = None) -> None:
    """Put ``data`` in the place of a file, at once or not at all.

    The new file is written beside the old one, flushed and renamed. It keeps the old one's mode and, where that is allowed, its
    owner; a symbolic link stays, and what it points to is replaced. A new file can be read by whom the umask lets.

    :param seen: What the file held when it was read. If somebody has changed it since, it is left alone.
    """
    target = os.path.realpath(path)
    try:
        old = os.stat(target)
    except FileNotFoundError:
        old = None
    if old is not None and not stat.S_ISREG(old.st_mode):
        raise SealkitError(f"{os.fspath(path)} is no regular file, and can't be replaced")
    handle, temporary = tempfile.mkstemp(prefix=".sealkit-", dir=os.path.dirname(target))
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            _take_over(file.fileno(), temporary, old)
            os.fsync(file.fileno())
        if seen is not None and (old is None or _identity(os.stat(target)) != seen.identity):
            raise SealkitError(
                f"{os.fspath(path)} was changed by somebody else meanwhile: nothing was written"
            )
        os.replace(temporary, target)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary)
        raise


def _take_over(handle: int, temporary: str, old: os.stat_result | None) -> None:
    """Give a temporary file the mode and owner that the file in its place should have."""
    mode = 0o666 & ~_umask() if old is None else stat.S_IMODE(old.st_mode)
    if hasattr(os, "fchmod"):
        if old is not None:
            with contextlib.suppress(PermissionError):
                os.fchown(handle, old.st_uid, old.st_gid)
        os.fchmod(handle, mode)
    else:
        os.chmod(temporary, mode)


def _umask() -> int:
    # There is no other way to ask; the cautious value holds for that moment.
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


@contextlib.contextmanager
def naming(path: StrPath) -> Iterator[None]:
    """Let errors say which file they are about."""
    try:
        yield
    except SealkitError as error:
        if error.path is None:
            error.path = path
        raise
