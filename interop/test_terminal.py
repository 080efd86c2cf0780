"""What a person at a terminal sees of `kubeseal`, and what a pipe gets."""

import os
import subprocess
from pathlib import Path

import pytest

from conftest import ENVIRONMENT, KEYS
from resources import secret

pty = pytest.importorskip("pty", reason="no terminals here")

CERTIFICATE = KEYS / "test-rsa2048.crt"
SECRET = secret({"key": b"value"}, "strict")


def kubeseal(*arguments: str | Path, **streams: object) -> "subprocess.CompletedProcess[bytes]":
    command = [
        os.environ["SEALKIT_TEST_PROGRAM"],
        "kubeseal",
        "--cert",
        str(CERTIFICATE),
        *map(str, arguments),
    ]
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **streams}
    return subprocess.run(command, env=ENVIRONMENT, timeout=60, check=False, **streams)  # type: ignore[call-overload, no-any-return]


def typed(text: bytes, *arguments: str | Path) -> "subprocess.CompletedProcess[bytes]":
    """Runs kubeseal with a terminal as its standard input, on which `text` and the end of it are typed."""
    master, slave = pty.openpty()
    try:
        os.write(master, text + b"\x04")
        return kubeseal(*arguments, stdin=slave)
    finally:
        os.close(master)
        os.close(slave)


def test_a_hint_where_somebody_has_to_type() -> None:
    done = typed(SECRET)
    assert done.returncode == 0
    assert b"terminal" in done.stderr
    assert done.stdout.startswith(b"{\n")


def test_a_hint_for_a_raw_value() -> None:
    done = typed(b"s3cret\n", "--raw", "--name", "app", "--namespace", "web")
    assert done.returncode == 0
    assert b"terminal" in done.stderr
    assert done.stdout


def test_no_hint_for_a_pipe() -> None:
    done = kubeseal(input=SECRET)
    assert (done.returncode, done.stderr) == (0, b"")


def test_no_hint_with_a_file(tmp_path: Path) -> None:
    (tmp_path / "secret.yaml").write_bytes(SECRET)
    done = typed(b"", "--secret-file", tmp_path / "secret.yaml")
    assert (done.returncode, done.stderr) == (0, b"")


def test_a_reader_that_has_gone_gets_no_message() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    try:
        done = kubeseal(input=SECRET, stdout=writer)
    finally:
        os.close(writer)
    assert (done.returncode, done.stderr) == (141, b"")
