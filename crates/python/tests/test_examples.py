"""The examples under `examples/python`, the snippets in the documentation, and the docstrings."""

import doctest
import importlib
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from pydantic_settings import BaseSettings

import sealkit
from sealkit import sops
from sealkit.pydantic import SopsSettingsSource
from sealkit.sealed_secrets import Keyring, unseal_values

ROOT = Path(__file__).parents[3]
EXAMPLES = ROOT / "examples" / "python"
KEYS = ROOT / "test-vectors" / "sealed-secrets" / "keys"


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> str:
    """The recipient of an identity that is found by itself."""
    recipient, identity = sops.keygen()
    path = tmp_path / "keys.txt"
    path.write_text(identity)
    monkeypatch.setenv("SOPS_AGE_KEY_FILE", str(path))
    monkeypatch.setenv("HOME", str(tmp_path))
    return recipient


def run(script: str, *arguments: object, text: str = "") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(EXAMPLES / script), *map(str, arguments)]
    return subprocess.run(command, input=text, capture_output=True, text=True, check=False)


def test_load_settings(tmp_path: Path, key: str) -> None:
    path = tmp_path / "settings.sops.yaml"
    path.write_text(sops.encrypt("admin_user: root\nadmin_password: hunter2\n", recipients=key))
    ran = run("load_settings.py", path)
    assert ran.stdout == "root may come in, the password has 7 characters\n", ran.stderr


def test_the_settings_source(tmp_path: Path, key: str) -> None:
    class Settings(BaseSettings):
        db: dict[str, int]
        name: str = "default"

    first, second = tmp_path / "a.sops.yaml", tmp_path / "b.sops.json"
    first.write_text(sops.encrypt("db: {port: 1}\n", recipients=key))
    second.write_text(sops.encrypt('{"db": {"port": 2}}', "json", recipients=key))
    source = SopsSettingsSource(Settings, first, second)
    assert source() == {"db": {"port": 2}}
    assert "2" not in repr(source).replace(str(tmp_path), "")
    assert SopsSettingsSource(Settings, tmp_path / "missing.yaml", is_required=False)() == {}
    with pytest.raises(FileNotFoundError):
        SopsSettingsSource(Settings, tmp_path / "missing.yaml")
    other = tmp_path / "c.bin"
    other.write_text(sops.encrypt("x", "binary", recipients=key))
    with pytest.raises(sealkit.SealkitError, match=r"c\.bin"):
        SopsSettingsSource(Settings, other)


def test_rotate_repository(tmp_path: Path, key: str) -> None:
    folder = tmp_path / "repository" / "apps"
    folder.mkdir(parents=True)
    (folder / "a.sops.yaml").write_text(sops.encrypt("a: b\n", recipients=key))
    (folder / "b.sops.json").write_text(sops.encrypt('{"a": 1}', "json", recipients=key))
    (folder / "plain.sops.yaml").write_text("a: b\n")
    (folder / "foreign.sops.yaml").write_text(sops.encrypt("a: b\n", recipients=sops.keygen()[0]))
    before = (folder / "a.sops.yaml").read_text()
    ran = run("rotate_repository.py", tmp_path / "repository")
    assert ran.returncode == 1
    assert "foreign.sops.yaml" in ran.stderr
    assert ran.stdout.count("rotated") == 2
    assert (folder / "a.sops.yaml").read_text() != before
    assert sops.decrypt_file(folder / "a.sops.yaml") == {"a": "b"}


def test_seal_csv() -> None:
    text = "namespace,name,key,value\nweb,app,user,shop\nweb,app,password,hunter2\nweb,other,a,b\n"
    ran = run("seal_csv.py", KEYS / "test-rsa2048.crt", text=text)
    assert ran.returncode == 0, ran.stderr
    keyring = Keyring.load(KEYS / "test-rsa2048.key")
    values = [unseal_values(document, keyring) for document in yaml.safe_load_all(ran.stdout)]
    assert values == [{"user": b"shop", "password": b"hunter2"}, {"a": b"b"}]


def test_ansible_lookup(tmp_path: Path, key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "secrets.sops.yaml"
    path.write_text(sops.encrypt("db: {password: hunter2}\n", recipients=key))
    monkeypatch.syspath_prepend(str(EXAMPLES))
    lookup = importlib.import_module("ansible_lookup").LookupModule()
    assert lookup.run([str(path)], key="db.password") == ["hunter2"]
    assert lookup.run([str(path)]) == [{"db": {"password": "hunter2"}}]
    with pytest.raises(RuntimeError, match="missing"):
        lookup.run([str(path)], key="db.missing")


@pytest.mark.parametrize("name", ["sealkit", "sealkit.sops", "sealkit.sealed_secrets"])
def test_docstrings(name: str) -> None:
    outcome = doctest.testmod(importlib.import_module(name))
    assert outcome.attempted > 0
    assert outcome.failed == 0


@pytest.mark.parametrize("file", ["crates/python/README.md", "docs/python.md", "README.md"])
def test_snippets(file: str, tmp_path: Path, key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each file's snippets run one after the other, in a folder with the files that they speak of."""
    snippets = re.findall(r"^```python\n(.*?)^```", (ROOT / file).read_text(), re.M | re.S)
    assert snippets
    (tmp_path / "pub-sealed-secrets.pem").write_bytes((KEYS / "test-rsa2048.crt").read_bytes())
    (tmp_path / "new.pem").write_bytes((KEYS / "test-rsa4096.crt").read_bytes())
    (tmp_path / "backup.yaml").write_bytes((KEYS / "test-rsa2048.key").read_bytes())
    plain = "db:\n  user: shop\n  password: hunter2\n"
    (tmp_path / "app.sops.yaml").write_text(sops.encrypt(plain, recipients=key))
    (tmp_path / "app.env").write_text(sops.encrypt("A=b\n", "dotenv", recipients=key))
    (tmp_path / "secret.yaml").write_text(
        "kind: Secret\napiVersion: v1\nmetadata: {name: app, namespace: web}\nstringData: {a: b}\n"
    )
    (tmp_path / ".sops.yaml").write_text(f"creation_rules:\n  - age: {key}\n")
    (tmp_path / "plain.yaml").write_text(plain)
    for folder in ("examples", "test-vectors"):
        (tmp_path / folder).symlink_to(ROOT / folder)
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {"recipient": key}
    for snippet in snippets:
        exec(compile(snippet, file, "exec"), names)
