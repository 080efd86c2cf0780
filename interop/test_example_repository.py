"""The repository under examples/gitops is what it says it is."""

import shlex
from pathlib import Path

import pytest
import yaml

from conftest import ENVIRONMENT, EXAMPLE, KEYS, ROOT, Run
from resources import read, values

BOOKSHOP = EXAMPLE / "apps" / "base" / "bookshop"
PLAINTEXTS = ROOT / "test-vectors" / "sops" / "gitops-example"
AGE_KEY = ROOT / "test-vectors" / "sops" / "keys" / "test-gitops-example.agekey"


@pytest.mark.parametrize("name", ["database", "payment"])
def test_its_sealed_secrets_open(name: str, sealkit: Run) -> None:
    opened = sealkit("unseal", "--key", KEYS / "test-rsa4096.key", BOOKSHOP / f"{name}.sealed.yaml")
    source = (BOOKSHOP / f"{name}.secret.yaml").read_bytes()
    assert values(opened) == values(source)
    assert read(opened)["metadata"] == read(source)["metadata"]


def test_its_certificate_is_the_test_keys() -> None:
    certificate = EXAMPLE / "clusters" / "production" / "pub-sealed-secrets.pem"
    assert certificate.read_bytes() == (KEYS / "test-rsa4096.crt").read_bytes()


@pytest.mark.parametrize(
    "path", sorted(path.relative_to(PLAINTEXTS) for path in PLAINTEXTS.rglob("*.sops.*")), ids=str
)
def test_its_sops_files_open(path: Path, sops: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(ENVIRONMENT, "SOPS_AGE_KEY_FILE", str(AGE_KEY))
    opened = sops("decrypt", EXAMPLE / path)
    plaintext = (PLAINTEXTS / path).read_bytes()
    if path.suffix == ".env":
        assert opened == plaintext
    else:
        # As text: PyYAML takes `yes` for true, and sops doesn't.
        assert yaml.load(opened, Loader=yaml.BaseLoader) == yaml.load(plaintext, Loader=yaml.BaseLoader)


@pytest.mark.parametrize(
    "folder", ["apps/production", "clusters/production", "kubernetes/apps/monitoring", "kubernetes/flux"]
)
def test_kubectl_builds_it(folder: str, kubectl: Run) -> None:
    assert list(yaml.safe_load_all(kubectl("kustomize", EXAMPLE / folder)))


def test_the_first_command_of_the_readme(sealkit: Run) -> None:
    """Without cargo's part, on the program that is there."""
    text = (ROOT / "README.md").read_text().replace("\\\n", " ")
    commands = [line.removeprefix("$ ") for line in text.splitlines() if "cargo run --release -- " in line]
    assert commands, "the README has such a command"
    words = shlex.split(commands[0])
    sealed = sealkit(*words[words.index("--") + 1 :], cwd=ROOT)
    assert read(sealed)["kind"] == "SealedSecret"
