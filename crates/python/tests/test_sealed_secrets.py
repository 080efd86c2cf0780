"""`sealkit.sealed_secrets`: Secrets sealed, opened and sealed anew."""

import base64
import datetime
import json
from pathlib import Path
from typing import Any

import kubesealpy  # noqa: F401  (the wheel is tested beside it)
import pytest
import yaml

import sealkit
from sealkit.sealed_secrets import (
    Certificate,
    Keyring,
    Scope,
    reseal,
    reseal_file,
    seal,
    seal_value,
    set_value,
    unseal,
    unseal_text,
    unseal_values,
)

KEYS = Path(__file__).parents[3] / "test-vectors" / "sealed-secrets" / "keys"
SECRET: dict[str, Any] = {
    "metadata": {"name": "app", "namespace": "web", "labels": {"a": "b"}},
    "stringData": {"password": "hunter2"},
    "data": {"binary": b"\x00\xff"},
}
VALUES = {"password": b"hunter2", "binary": b"\x00\xff"}


@pytest.fixture
def certificate_2048() -> Certificate:
    return Certificate.load(KEYS / "test-rsa2048.crt")


@pytest.fixture
def keyring() -> Keyring:
    return Keyring.load(KEYS / "test-rsa2048.key")


def test_certificates(certificate_2048: Certificate) -> None:
    text = (KEYS / "test-rsa2048.crt").read_text()
    same = Certificate(text)
    assert same == certificate_2048
    assert len({same, certificate_2048}) == 1
    assert Certificate(certificate_2048.to_pem()) == same
    assert same.key_size == 2048
    assert same.key_fingerprint.startswith("SHA256:")
    assert len(same.fingerprint()) == 32
    assert same.not_before < datetime.datetime.now(datetime.timezone.utc) < same.not_after
    assert not same.is_expired
    assert Certificate.load(KEYS / "test-rsa2048-expired.crt").is_expired
    assert same.key_fingerprint in repr(same)
    with pytest.raises(sealkit.CertificateError) as raised:
        Certificate.load(KEYS / "test-ec256.crt")
    assert raised.value.path == KEYS / "test-ec256.crt"
    with pytest.raises(FileNotFoundError):
        Certificate.load(KEYS / "missing")
    with pytest.raises(TypeError):
        Certificate(5)  # type: ignore[arg-type]


def test_keyrings(certificate_2048: Certificate) -> None:
    keyring = Keyring.load(KEYS / "test-rsa2048.key", KEYS / "test-rsa4096.key")
    assert len(keyring) == 2
    assert keyring.key_fingerprints[0] == certificate_2048.key_fingerprint
    assert keyring.skipped == []
    assert len(Keyring((KEYS / "test-backup-list.yaml").read_bytes())) >= 1
    with pytest.raises(sealkit.KeyUnavailableError):
        Keyring((KEYS / "test-rsa2048.crt").read_bytes())


@pytest.mark.parametrize("scope", [None, *Scope, "cluster-wide"])
@pytest.mark.parametrize("format", ["yaml", "json"])
def test_seal_and_unseal(
    scope: Scope | str | None, format: Any, certificate_2048: Certificate, keyring: Keyring
) -> None:
    text = seal(SECRET, certificate_2048, scope=scope, format=format)
    assert "hunter2" not in text
    sealed = yaml.safe_load(text)
    assert sealed["kind"] == "SealedSecret"
    assert sealed["metadata"]["name"] == "app"
    assert sealed["spec"]["template"]["metadata"]["labels"] == {"a": "b"}
    if format == "json":
        json.loads(text)
    assert unseal_values(text, keyring) == VALUES
    assert unseal_values(sealed, keyring) == VALUES
    secret = unseal(text, keyring)
    assert secret["kind"] == "Secret"
    assert base64.b64decode(secret["data"]["password"]) == b"hunter2"
    assert yaml.safe_load(unseal_text(text, keyring)) == secret


def test_secrets_as_text_and_files(tmp_path: Path, certificate_2048: Certificate, keyring: Keyring) -> None:
    text = "apiVersion: v1\nkind: Secret\nstringData: {password: hunter2}\n"
    path = tmp_path / "secret.yaml"
    path.write_text(text)
    for secret in (text, text.encode(), path):
        sealed = seal(secret, certificate_2048, name="app", namespace="web")
        assert unseal_values(sealed, keyring) == {"password": b"hunter2"}
    with pytest.raises(sealkit.SealkitError, match="no name"):
        seal(text, certificate_2048, namespace="web")
    with pytest.raises(sealkit.SealkitError, match="namespace"):
        seal(text, certificate_2048, name="app")
    with pytest.raises(sealkit.SealkitError, match="not other"):
        seal(SECRET, certificate_2048, name="other")
    with pytest.raises(sealkit.SealkitError, match="no values"):
        seal({"metadata": {"name": "app", "namespace": "web"}}, certificate_2048)
    with pytest.raises(sealkit.ParseError) as raised:
        seal(text.replace("hunter2", "off"), certificate_2048, name="app", namespace="web")
    assert (raised.value.key_path, raised.value.line) == ("stringData.password", 3)
    with pytest.raises(sealkit.ParseError):
        seal("kind: ConfigMap\n", certificate_2048)
    with pytest.raises(TypeError):
        seal({"stringData": {"a": object()}}, certificate_2048)
    with pytest.raises(ValueError, match="wide"):
        seal(SECRET, certificate_2048, scope="wide")
    with pytest.raises(sealkit.CertificateError, match="expired"):
        seal(SECRET, Certificate.load(KEYS / "test-rsa2048-expired.crt"))


def test_why_a_value_does_not_open(certificate_2048: Certificate, keyring: Keyring) -> None:
    text = seal(SECRET, certificate_2048)
    other = Keyring.load(KEYS / "test-rsa4096.key")
    with pytest.raises(sealkit.KeyUnavailableError, match="2048"):
        unseal(text, other)
    moved = yaml.safe_load(text)
    moved["metadata"]["name"] = "moved"
    with pytest.raises(sealkit.KeyUnavailableError, match=r"(?s)no key.*SHA256:") as raised:
        unseal(moved | {"spec": {"encryptedData": moved["spec"]["encryptedData"]}}, keyring)
    assert raised.value.tried == tuple(keyring.key_fingerprints)
    damaged = yaml.safe_load(text)
    damaged["spec"]["encryptedData"]["password"] = "AgA="
    with pytest.raises(sealkit.AuthenticationError) as damage:
        unseal(damaged, keyring)
    assert damage.value.key_path == "spec.encryptedData.password"


def test_reseal_and_set_keep_the_rest(
    tmp_path: Path, certificate_2048: Certificate, keyring: Keyring
) -> None:
    text = "# for the shop\n" + seal(SECRET, certificate_2048)
    new = Certificate.load(KEYS / "test-rsa4096.crt")
    both = Keyring.load(KEYS / "test-rsa2048.key", KEYS / "test-rsa4096.key")
    resealed = reseal(text, keyring, new)
    assert resealed.startswith("# for the shop\n")
    assert unseal_values(resealed, Keyring.load(KEYS / "test-rsa4096.key")) == VALUES
    assert reseal(resealed, both, new) == resealed
    path = tmp_path / "sealed.yaml"
    path.write_text(text)
    assert sorted(reseal_file(path, keyring, new)) == ["binary", "password"]
    assert reseal_file(path, both, new) == []
    assert unseal_values(path, both) == VALUES

    changed = set_value(text, "password", "new", certificate_2048)
    lines = [line for line in changed.splitlines() if line not in text.splitlines()]
    assert len(lines) == 1
    assert unseal_values(changed, keyring)["password"] == b"new"


def test_seal_value_takes_a_certificate_or_its_text(certificate_2048: Certificate) -> None:
    assert seal_value("x", certificate_2048, scope=Scope.CLUSTER_WIDE)
    assert seal_value(bytearray(b"x"), certificate_2048.to_pem(), namespace="web", name="app")
    with pytest.raises(ValueError, match="wide"):
        seal_value("x", certificate_2048, scope="wide")  # type: ignore[arg-type]
