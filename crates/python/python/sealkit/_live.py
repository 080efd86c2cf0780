"""Encrypted files that are changed like dictionaries: what :func:`sealkit.sops.open` gives."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping, MutableMapping, MutableSequence, Sequence
from types import TracebackType
from typing import Any, overload

from . import _files
from ._sealkit import LiveFile

Step = str | int


class _View:
    """A mapping or list of an open file, by the path to it."""

    __slots__ = ("_file", "_steps")

    def __init__(self, file: SopsFile, steps: list[Step]) -> None:
        self._file = file
        self._steps = steps

    def _at(self, step: Step) -> Any:
        """What is under a key or index: a scalar as Python knows it, or a view of a collection."""
        steps = [*self._steps, step]
        kind = self._file._live.kind(steps)
        if kind == "mapping":
            return Section(self._file, steps)
        if kind == "sequence":
            return Items(self._file, steps)
        if kind == "scalar":
            return self._file._live.value(steps)
        return None if kind is None else self._file._live.value(steps)

    def _has(self, step: Step) -> bool:
        return self._file._live.kind([*self._steps, step]) is not None

    def value(self) -> Any:
        """A copy of all that is here, as ``dict`` and ``list``."""
        return self._file._live.value(self._steps)

    def __len__(self) -> int:
        return self._file._live.length(self._steps)

    def __repr__(self) -> str:
        # Not the values: what is printed ends in logs.
        return f"<{type(self).__name__} {'.'.join(map(str, self._steps)) or 'of a file'}>"


class Section(_View, MutableMapping[str, Any]):
    """A mapping of an open file. What is changed here is changed in the file, once it is saved."""

    __slots__ = ()

    def __getitem__(self, key: str) -> Any:
        _check_key(key)
        if not self._has(key):
            raise KeyError(key)
        return self._at(key)

    def __setitem__(self, key: str, value: Any) -> None:
        _check_key(key)
        self._file._live.set([*self._steps, key], _plain(value))

    def __delitem__(self, key: str) -> None:
        _check_key(key)
        if not self._has(key):
            raise KeyError(key)
        self._file._live.remove([*self._steps, key])

    def __contains__(self, key: object) -> bool:
        return isinstance(key, str) and self._has(key)

    def __iter__(self) -> Iterator[str]:
        return iter(self._file._live.keys(self._steps))

    def __eq__(self, other: object) -> bool:
        if isinstance(other, _View):
            other = other.value()
        return bool(self.value() == other) if isinstance(other, Mapping) else NotImplemented

    __hash__ = None  # type: ignore[assignment]


class Items(_View, MutableSequence[Any]):
    """A list of an open file. What is changed here is changed in the file, once it is saved."""

    __slots__ = ()

    @overload
    def __getitem__(self, index: int) -> Any: ...
    @overload
    def __getitem__(self, index: slice) -> list[Any]: ...
    def __getitem__(self, index: int | slice) -> Any:
        if isinstance(index, slice):
            return [self[number] for number in range(*index.indices(len(self)))]
        return self._at(self._index(index))

    @overload
    def __setitem__(self, index: int, value: Any) -> None: ...
    @overload
    def __setitem__(self, index: slice, value: Any) -> None: ...
    def __setitem__(self, index: int | slice, value: Any) -> None:
        if isinstance(index, slice):
            items = self.value()
            items[index] = _plain(list(value))
            self._replace(items)
        else:
            self._file._live.set([*self._steps, self._index(index)], _plain(value))

    def __delitem__(self, index: int | slice) -> None:
        if isinstance(index, slice):
            items = self.value()
            del items[index]
            self._replace(items)
        else:
            self._file._live.remove([*self._steps, self._index(index)])

    def insert(self, index: int, value: Any) -> None:
        length = len(self)
        index = max(index + length, 0) if index < 0 else min(index, length)
        if index == length:
            self._file._live.set([*self._steps, length], _plain(value))
        else:
            items = self.value()
            items.insert(index, _plain(value))
            self._replace(items)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, _View):
            other = other.value()
        return bool(self.value() == list(other)) if isinstance(other, Sequence) else NotImplemented

    __hash__ = None  # type: ignore[assignment]

    def _index(self, index: int) -> int:
        length = len(self)
        number = index + length if index < 0 else index
        if not 0 <= number < length:
            raise IndexError(index)
        return number

    def _replace(self, items: list[Any]) -> None:
        self._file._live.set(self._steps, items)


class SopsFile(Section):
    """An encrypted file, decrypted and open for changes: a mapping, and a context manager.

    It is saved when the ``with`` block ends without an exception, or by :meth:`save`. Of several YAML documents the first is
    meant.
    """

    __slots__ = ("_live", "_path", "_seen")

    def __init__(self, path: _files.StrPath, seen: _files.Seen, live: LiveFile) -> None:
        super().__init__(self, [])
        self._path = path
        self._seen = seen
        self._live = live

    def text(self) -> str:
        """The decrypted text as it stands, with its comments and layout."""
        return self._live.text()

    def save(self) -> bool:
        """Write the changes, at once or not at all; what did not change keeps its ciphertext.

        :returns: Whether there was anything to write.
        :raises SealkitError: If somebody else has changed the file since it was opened.
        """
        with _files.naming(self._path):
            encrypted = self._live.encrypted()
            if encrypted is None:
                return False
            text, notes = encrypted
            data = text.encode()
            _files.replace(self._path, data, self._seen)
            self._live.saved(text)
            self._seen = _files.see(self._path)
        for note in notes:
            warnings.warn(f"{self._path}: {note}", stacklevel=2)
        return True

    def __enter__(self) -> SopsFile:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self.save()


def _check_key(key: object) -> None:
    if not isinstance(key, str):
        raise TypeError(f"keys are str, not {type(key).__name__}")


def _plain(value: Any) -> Any:
    """``value`` with the views in it replaced by what they show: a view of the file itself would change under our hands."""
    if isinstance(value, _View):
        return value.value()
    if isinstance(value, dict):
        return {key: _plain(member) for key, member in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(member) for member in value]
    return value
