"""What sealkit seals, opened by every other implementation that can."""

import base64
from pathlib import Path

import aes_gcm_rsa_oaep
import kubesealpy
import pytest
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, OAEP
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256

from conftest import SHORT_VALUES, VALUES, Run
from resources import LABELS, NAME, NAMESPACE, items, secret, values


@pytest.fixture(params=["kubeseal", "sealkit seal"], scope="module")
def sealed(request: pytest.FixtureRequest, certificate: Path, scope: str) -> bytes:
    """All the values in one SealedSecret, in YAML, from either front end."""
    source = secret(VALUES, scope)
    if request.param == "kubeseal":
        our_kubeseal: Run = request.getfixturevalue("our_kubeseal")
        return our_kubeseal("--cert", certificate, "-o", "yaml", stdin=source)
    sealkit: Run = request.getfixturevalue("sealkit")
    return sealkit("seal", "--cert", certificate, stdin=source)


def test_by_pyca_cryptography(sealed: bytes, key: RSAPrivateKey, scope: str) -> None:
    """Straight from the format's description, with primitives from OpenSSL."""
    oaep = OAEP(mgf=MGF1(SHA256()), algorithm=SHA256(), label=LABELS[scope].encode())
    opened = {}
    for name, text in items(sealed).items():
        data = base64.b64decode(text, validate=True)
        length = int.from_bytes(data[:2], "big")
        session_key = key.decrypt(data[2 : 2 + length], oaep)
        opened[name] = AESGCM(session_key).decrypt(bytes(12), data[2 + length :], None)
    assert opened == VALUES


def test_by_aes_gcm_rsa_oaep(sealed: bytes, key: RSAPrivateKey, scope: str) -> None:
    opened = {
        name: aes_gcm_rsa_oaep.decrypt(base64.b64decode(text), key, LABELS[scope].encode())
        for name, text in items(sealed).items()
    }
    assert opened == VALUES


def test_by_kubesealpy(certificate: Path, key: RSAPrivateKey, scope: str, our_kubeseal: Run) -> None:
    sealed = our_kubeseal("--cert", certificate, "-o", "yaml", stdin=secret(SHORT_VALUES, scope))
    unsealer = kubesealpy.Unsealer.from_private_key(key)
    opened = unsealer.unseal(kubesealpy.SealedSecret.from_yaml(sealed.decode()))
    assert opened.metadata.name == NAME
    assert opened.metadata.namespace == NAMESPACE
    assert opened.get_data_decoded() == SHORT_VALUES


def test_by_the_real_kubeseal(sealed: bytes, private_key: Path, real_kubeseal: Run) -> None:
    """Its `--recovery-unseal` is the controller's own code."""
    opened = real_kubeseal("--recovery-unseal", "--recovery-private-key", private_key, stdin=sealed)
    assert values(opened) == VALUES


@pytest.mark.parametrize("value", VALUES)
def test_raw_by_kubesealpy(
    value: str, scope: str, certificate: Path, key: RSAPrivateKey, our_kubeseal: Run
) -> None:
    names = ["--namespace", NAMESPACE, "--name", NAME]
    text = our_kubeseal("--raw", "--scope", scope, *names, "--cert", certificate, stdin=VALUES[value])
    unsealer = kubesealpy.Unsealer.from_private_key(key)
    sealing_scope = kubesealpy.SealingScope(scope)
    assert unsealer.unseal_value(base64.b64decode(text), NAMESPACE, NAME, sealing_scope) == VALUES[value]
