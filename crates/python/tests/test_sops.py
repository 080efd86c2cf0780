"""`sealkit.sops`: files in every format, errors, and the real sops both ways."""

import datetime
import json
import os
import shutil
import stat
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

import sealkit
from sealkit import sops

ROOT = Path(__file__).parents[3]
SOPS = shutil.which("sops")
needs_sops = pytest.mark.skipif(SOPS is None, reason="there is no sops on the search path")

PLAIN = """\
# the shop's settings
db:
    user: shop
    password: "hunter2" # change me
    ports: [5432, 5433]
ratio: 1.5
on: true
nothing: null
since: 2001-12-14T21:59:43Z
"""
VALUES = {
    "db": {"user": "shop", "password": "hunter2", "ports": [5432, 5433]},
    "ratio": 1.5,
    "on": True,
    "nothing": None,
    "since": datetime.datetime(2001, 12, 14, 21, 59, 43, tzinfo=datetime.timezone.utc),
}


@pytest.fixture(autouse=True)
def nothing_around(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No identities but those that a test names."""
    for name in list(os.environ):
        if name.startswith(("SOPS_", "XDG_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))


@pytest.fixture
def key() -> tuple[str, str]:
    return sops.keygen()


def test_values_come_back_with_their_types(key: tuple[str, str]) -> None:
    recipient, identity = key
    text = sops.encrypt(PLAIN, recipients=recipient)
    assert "hunter2" not in text
    assert text.startswith("# the shop's settings\n") is False  # comments are encrypted too
    assert sops.is_encrypted(text)
    assert not sops.is_encrypted(PLAIN)
    assert sops.decrypt(text, identities=identity) == VALUES
    assert sops.decrypt_text(text, identities=identity) == PLAIN
    assert sops.decrypt_bytes(text.encode(), identities=identity) == PLAIN.encode()
    assert sops.recipients(text) == [[("age", recipient)]]


@pytest.mark.parametrize(
    ("format", "plain", "values"),
    [
        ("json", '{\n\t"a": {"b": [1, 2.5, "x", null, true]}\n}\n', {"a": {"b": [1, 2.5, "x", None, True]}}),
        ("dotenv", "# note\nUSER=shop\nPASSWORD=hunter2\n", {"USER": "shop", "PASSWORD": "hunter2"}),
        ("ini", "[db]\nuser = shop\n", {"db": {"user": "shop"}}),
        ("binary", "anything\n", b"anything\n"),
    ],
)
def test_every_format(format: sops.Format, plain: str, values: Any, key: tuple[str, str]) -> None:
    recipient, identity = key
    text = sops.encrypt(plain, format, recipients=[recipient])
    assert sops.decrypt(text, format, identities=[identity]) == values
    assert sops.decrypt_bytes(text, format, identities=[identity]) == plain.encode()
    assert sops.decrypt(sops.rotate(text, format, identities=identity), format, identities=identity) == values


def test_binary_files_that_are_no_text(key: tuple[str, str]) -> None:
    recipient, identity = key
    text = sops.encrypt(b"\xff\x00\xfe", "binary", recipients=recipient)
    assert sops.decrypt(text, "binary", identities=identity) == b"\xff\x00\xfe"
    with pytest.raises(UnicodeDecodeError):
        sops.decrypt_text(text, "binary", identities=identity)


def test_bytes_like_objects_and_mappings(key: tuple[str, str]) -> None:
    recipient, identity = key
    for data in (PLAIN, PLAIN.encode(), bytearray(PLAIN.encode()), memoryview(PLAIN.encode())):
        text = sops.encrypt(data, recipients=recipient)
        assert sops.decrypt(bytearray(text.encode()), identities=identity) == VALUES
    text = sops.encrypt({"a": [1, "x"], "b": None}, "json", recipients=recipient)
    assert sops.decrypt(text, "json", identities=identity) == {"a": [1, "x"], "b": None}
    for wrong in (5, None, object()):
        with pytest.raises(TypeError):
            sops.encrypt(wrong, recipients=recipient)  # type: ignore[arg-type]
    for format in ("yaml", "dotenv"):
        text = sops.encrypt({"a": "x"}, format, recipients=recipient)
        assert text.startswith({"yaml": "a: ", "dotenv": "a=ENC"}[format])
        assert sops.decrypt(text, format, identities=identity) == {"a": "x"}
    with pytest.raises(sealkit.SealkitError, match="can't be written"):
        sops.encrypt({"a": {"b": 1}}, "dotenv", recipients=recipient)
    with pytest.raises(TypeError):
        sops.encrypt({"a": object()}, recipients=recipient)
    with pytest.raises(ValueError, match="no format"):
        sops.encrypt("a: b", "toml", recipients=recipient)  # type: ignore[arg-type]


def test_identities_as_text_paths_and_from_the_environment(
    key: tuple[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipient, identity = key
    text = sops.encrypt(PLAIN, recipients=recipient)
    path = tmp_path / "keys.txt"
    path.write_text(identity)
    other = sops.keygen()[1]
    assert sops.decrypt(text, identities=path) == VALUES
    assert sops.decrypt(text, identities=[other, path]) == VALUES
    monkeypatch.setenv("SOPS_AGE_KEY_FILE", str(path))
    assert sops.decrypt(text) == VALUES
    monkeypatch.delenv("SOPS_AGE_KEY_FILE")
    monkeypatch.setenv("SOPS_AGE_KEY", identity)
    assert sops.decrypt(text) == VALUES
    with pytest.raises(sealkit.SealkitError, match="pathlib"):
        sops.decrypt(text, identities=str(path))
    with pytest.raises(TypeError):
        sops.decrypt(text, identities=[5])  # type: ignore[list-item]
    with pytest.raises(FileNotFoundError):
        sops.decrypt(text, identities=tmp_path / "missing")


def test_no_identity_says_what_was_tried(key: tuple[str, str], tmp_path: Path) -> None:
    recipient, _ = key
    path = tmp_path / "app.yaml"
    path.write_text(sops.encrypt(PLAIN, recipients=recipient))
    with pytest.raises(sealkit.KeyUnavailableError) as raised:
        sops.decrypt_file(path, identities=sops.keygen()[1])
    assert raised.value.tried == (recipient,)
    assert raised.value.path == path
    assert str(raised.value).startswith(f"{path}: ")
    with pytest.raises(sealkit.KeyUnavailableError):
        sops.decrypt_file(path)


def test_post_quantum_recipients() -> None:
    recipient, identity = sops.keygen(post_quantum=True)
    assert recipient.startswith("age1pq1")
    assert sops.decrypt(sops.encrypt("a: b\n", recipients=recipient), identities=identity) == {"a": "b"}


def test_selection_rules(key: tuple[str, str]) -> None:
    recipient, identity = key
    text = sops.encrypt("kind: Secret\ndata:\n  a: b\n", recipients=recipient, encrypted_regex="^data$")
    assert text.startswith("kind: Secret\n")
    assert sops.decrypt(text, identities=identity)["data"] == {"a": "b"}
    with pytest.raises(sealkit.ConfigError):
        sops.encrypt("a: b", recipients=recipient, encrypted_regex="(")
    with pytest.raises(sealkit.ConfigError):
        sops.encrypt("a: b", recipients=recipient, encrypted_regex="a", encrypted_suffix="b")
    with pytest.raises(sealkit.SealkitError, match="nothing"):
        sops.encrypt("a: b", recipients=recipient, encrypted_regex="^data$")
    assert sops.encrypt("a: b", recipients=recipient, encrypted_regex="^data$", allow_unencrypted=True)


def test_creation_rules(key: tuple[str, str], tmp_path: Path) -> None:
    recipient, identity = key
    (tmp_path / "app").mkdir()
    path = tmp_path / "app" / "secret.sops.yaml"
    path.write_text(PLAIN)
    with pytest.raises(sealkit.ConfigError, match="nobody"):
        sops.encrypt_file(path)
    config = tmp_path / ".sops.yaml"
    config.write_text(
        f"creation_rules:\n  - path_regex: app/.*\n    encrypted_regex: ^db$\n    age: {recipient}\n"
    )
    sops.encrypt_file(path)
    text = path.read_text()
    assert "ratio: 1.5\n" in text
    assert "hunter2" not in text
    assert sops.decrypt_file(path, identities=identity) == VALUES
    with pytest.raises(sealkit.SealkitError, match="encrypted already"):
        sops.encrypt_file(path)
    assert path.read_text() == text
    config.write_text("creation_rules:\n  - path_regex: app/.*\n    age: nonsense\n")
    with pytest.raises(sealkit.ConfigError) as raised:
        sops.encrypt("a: b\n", filename=path)
    assert raised.value.line == 3


def test_errors_say_where_and_hold_no_value(key: tuple[str, str], tmp_path: Path) -> None:
    recipient, identity = key
    with pytest.raises(sealkit.ParseError) as parse:
        sops.encrypt("a: hunter2\nb: [hunter2\n", recipients=recipient)
    assert parse.value.line is not None
    assert "hunter2" not in str(parse.value)
    with pytest.raises(sealkit.NotEncryptedError):
        sops.decrypt(PLAIN, identities=identity)
    text = sops.encrypt("one: {two: hunter2}\nthree: x\n", recipients=recipient)
    moved = text.replace("two:", "other:")
    with pytest.raises(sealkit.AuthenticationError) as moved_error:
        sops.decrypt(moved, identities=identity)
    assert moved_error.value.key_path == "one.other"
    assert moved_error.value.line == 1
    lines = text.splitlines(keepends=True)
    without = "".join(line for line in lines if not line.startswith("three"))
    with pytest.raises(sealkit.AuthenticationError) as mac_error:
        sops.decrypt(without, identities=identity)
    assert mac_error.value.key_path is None
    assert sops.decrypt(without, identities=identity, ignore_mac=True) == {"one": {"two": "hunter2"}}
    path = tmp_path / "x.yaml"
    path.write_text(without)
    with pytest.raises(sealkit.SealkitError) as raised:
        sops.decrypt_file(path, identities=identity)
    assert raised.value.path == path


def test_open_changes_single_lines(key: tuple[str, str], tmp_path: Path) -> None:
    recipient, identity = key
    path = tmp_path / "app.sops.yaml"
    path.write_text(sops.encrypt(PLAIN, recipients=recipient))
    path.chmod(0o640)
    before = path.read_text().splitlines()
    with sops.open(path, identities=identity) as file:
        assert file["db"]["user"] == "shop"
        assert "db" in file
        assert "missing" not in file
        assert list(file) == list(VALUES)
        assert file == VALUES
        file["db"]["password"] = "new"
    after = path.read_text().splitlines()
    changed = [line for line, old in zip(after, before, strict=True) if line != old]
    # Within one second the time stamp stays.
    names = {line.split(":")[0].strip() for line in changed}
    assert names | {"lastmodified"} == {"lastmodified", "mac", "password"}
    assert len(changed) == len(names)
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert sops.decrypt_text(path.read_text(), identities=identity) == PLAIN.replace("hunter2", "new")
    assert os.listdir(tmp_path) == [path.name]


def test_open_as_a_dictionary(key: tuple[str, str], tmp_path: Path) -> None:
    recipient, identity = key
    path = tmp_path / "app.sops.yaml"
    path.write_text(sops.encrypt(PLAIN, recipients=recipient))
    with sops.open(path, identities=identity) as file:
        del file["ratio"]
        file["new"] = {"list": [1, {"x": None}], "when": VALUES["since"]}
        file["db"]["ports"].append(5434)
        file["db"]["ports"].insert(0, 1)
        file["db"]["ports"][1] = 2
        file["copy"] = file["db"]
        file["db"].update(user="other")
        assert file["db"]["ports"][-1] == 5434
        assert file["db"]["ports"][1:3] == [2, 5433]
        for wrong in (object(), {1: 2}, {"a": {3}}):
            with pytest.raises(TypeError):
                file["x"] = wrong
        with pytest.raises(OverflowError):
            file["x"] = 1 << 70
        loop: list[Any] = []
        loop.append(loop)
        with pytest.raises(RecursionError):
            file["x"] = loop
        with pytest.raises(TypeError):
            file[5] = "x"  # type: ignore[index]
        for missing in ("x", "ratio"):
            with pytest.raises(KeyError):
                file[missing]
            with pytest.raises(KeyError):
                del file[missing]
        with pytest.raises(IndexError):
            file["db"]["ports"][9]
        assert "hunter2" not in repr(file) + repr(file["db"])
    ports = [1, 2, 5433, 5434]
    values = {key: value for key, value in VALUES.items() if key != "ratio"}
    expected = {
        **values,
        "db": {"user": "other", "password": "hunter2", "ports": ports},
        "new": {"list": [1, {"x": None}], "when": VALUES["since"]},
        "copy": {"user": "shop", "password": "hunter2", "ports": ports},
    }
    assert sops.decrypt_file(path, identities=identity) == expected


def test_nothing_is_saved_after_an_exception_or_without_a_change(
    key: tuple[str, str], tmp_path: Path
) -> None:
    recipient, identity = key
    path = tmp_path / "app.sops.yaml"
    path.write_text(sops.encrypt(PLAIN, recipients=recipient))
    before = path.read_bytes()

    def fail() -> None:
        with sops.open(path, identities=identity) as file:
            file["db"]["user"] = "x"
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    with sops.open(path, identities=identity) as file:
        file["db"]["user"] = "shop"
        assert not file.save()
    assert path.read_bytes() == before


def test_what_somebody_else_changed_is_not_overwritten(key: tuple[str, str], tmp_path: Path) -> None:
    recipient, identity = key
    path = tmp_path / "app.sops.yaml"
    path.write_text(sops.encrypt(PLAIN, recipients=recipient))
    file = sops.open(path, identities=identity)
    file["db"]["user"] = "x"
    other = sops.encrypt("a: b\n", recipients=recipient)
    path.write_text(other)
    with pytest.raises(sealkit.SealkitError, match="meanwhile"):
        file.save()
    assert path.read_text() == other
    assert os.listdir(tmp_path) == [path.name]


def test_a_link_stays_a_link(key: tuple[str, str], tmp_path: Path) -> None:
    recipient, identity = key
    (tmp_path / "real").mkdir()
    target = tmp_path / "real" / "app.sops.yaml"
    target.write_text(sops.encrypt(PLAIN, recipients=recipient))
    link = tmp_path / "app.sops.yaml"
    link.symlink_to(target)
    sops.rotate_file(link, identities=identity)
    assert link.is_symlink()
    assert sops.decrypt_file(target, identities=identity) == VALUES


def test_rotation_changes_recipients(key: tuple[str, str]) -> None:
    recipient, identity = key
    other, other_identity = sops.keygen()
    text = sops.encrypt(PLAIN, recipients=recipient)
    both = sops.rotate(text, identities=identity, add_recipients=other)
    assert sops.decrypt(both, identities=other_identity) == VALUES
    one = sops.rotate(both, identities=identity, remove_recipients=[recipient])
    with pytest.raises(sealkit.KeyUnavailableError):
        sops.decrypt(one, identities=identity)
    with pytest.raises(sealkit.SealkitError, match="nobody"):
        sops.rotate(one, identities=other_identity, remove_recipients=other)
    with pytest.raises(sealkit.SealkitError, match="not among"):
        sops.rotate(one, identities=other_identity, remove_recipients=recipient)


def test_updated_keys(key: tuple[str, str], tmp_path: Path) -> None:
    recipient, identity = key
    other, other_identity = sops.keygen()
    path = tmp_path / "app.sops.yaml"
    path.write_text(sops.encrypt(PLAIN, recipients=recipient))
    with pytest.raises(sealkit.ConfigError):
        sops.update_keys(path, identities=identity)
    config = tmp_path / ".sops.yaml"
    config.write_text(f"creation_rules:\n  - age: {other}\n")
    before = path.read_text()
    assert sops.update_keys(path, identities=identity) == ([other], [recipient])
    assert sops.update_keys(path, identities=identity) == ([], [])
    assert sops.decrypt_file(path, identities=other_identity) == VALUES
    assert path.read_text().splitlines()[:5] == before.splitlines()[:5]
    with pytest.raises(sealkit.KeyUnavailableError):
        sops.decrypt_file(path, identities=identity)


def test_export_to_the_environment(
    key: tuple[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipient, identity = key
    path = tmp_path / "app.env"
    path.write_text(sops.encrypt("USER_NAME=shop\nPASSWORD=hunter2\n", "dotenv", recipients=recipient))
    monkeypatch.setenv("APP_PASSWORD", "old")
    monkeypatch.setenv("APP_USER_NAME", "old")
    monkeypatch.delenv("APP_USER_NAME")
    assert sops.export(path, identities=identity, prefix="APP_", override=False) == ["APP_USER_NAME"]
    assert (os.environ["APP_USER_NAME"], os.environ["APP_PASSWORD"]) == ("shop", "old")
    monkeypatch.setenv("APP_USER_NAME", "")
    assert len(sops.export(path, identities=identity, prefix="APP_")) == 2
    assert os.environ["APP_PASSWORD"] == "hunter2"


def test_many_threads_at_once(key: tuple[str, str]) -> None:
    recipient, identity = key
    failures = []

    def work(number: int) -> None:
        try:
            for turn in range(20):
                plain = f"number: {number}\nturn: {turn}\n"
                text = sops.encrypt(plain, recipients=recipient)
                assert sops.decrypt(text, identities=identity) == {"number": number, "turn": turn}
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


@needs_sops
def test_the_real_sops_both_ways(key: tuple[str, str], tmp_path: Path) -> None:
    assert SOPS is not None
    program = SOPS
    recipient, identity = key
    keys = tmp_path / "keys.txt"
    keys.write_text(identity)
    environment = {"SOPS_AGE_KEY_FILE": str(keys), "HOME": str(tmp_path), "PATH": os.environ["PATH"]}

    def real(*arguments: str) -> bytes:
        return subprocess.run([program, *arguments], env=environment, check=True, capture_output=True).stdout

    for name, plain in [
        ("a.yaml", PLAIN),
        ("a.json", '{"a": [1, 2.5, "x"], "b": {"c": null}}'),
        ("a.env", "A=b\n# note\nC=d e\n"),
        ("a.ini", "[s]\na = b\n"),
        ("a.bin", "\x00\x01 anything"),
    ]:
        path = tmp_path / name
        path.write_text(plain)
        theirs = real("-e", "--age", recipient, str(path))
        format = sops.format_of(path)
        sops.encrypt_file(path, recipients=recipient)
        assert sops.decrypt(theirs, format, identities=identity) == sops.decrypt_file(
            path, identities=identity
        )
        if format == "json":
            assert json.loads(real("-d", str(path))) == json.loads(plain)
        else:
            assert real("-d", str(path))


def test_the_program_comes_with_the_package() -> None:
    program = Path(sys.executable).with_name("sealkit")
    printed = subprocess.run([program, "--version"], check=True, capture_output=True, text=True).stdout
    assert sealkit.__version__ in printed
