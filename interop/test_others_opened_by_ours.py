"""What every other implementation seals, opened by sealkit."""

import base64
import json
from pathlib import Path

import aes_gcm_rsa_oaep
import kubesealpy
import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509 import load_pem_x509_certificate

from conftest import SHORT_VALUES, VALUES, Run
from resources import LABELS, NAME, NAMESPACE, sealed_secret, secret, values


@pytest.fixture(scope="module")
def public_key(certificate: Path) -> RSAPublicKey:
    key = load_pem_x509_certificate(certificate.read_bytes()).public_key()
    assert isinstance(key, RSAPublicKey)
    return key


@pytest.fixture(params=["kubeseal", "sealkit unseal"], scope="module")
def unseal(request: pytest.FixtureRequest, private_key: Path) -> Run:
    """Opens a SealedSecret from standard input."""
    if request.param == "kubeseal":
        our_kubeseal: Run = request.getfixturevalue("our_kubeseal")
        return lambda sealed: our_kubeseal(
            "--recovery-unseal", "--recovery-private-key", private_key, stdin=sealed
        )
    sealkit: Run = request.getfixturevalue("sealkit")
    return lambda sealed: sealkit("unseal", "--key", private_key, stdin=sealed)


def test_from_aes_gcm_rsa_oaep(unseal: Run, public_key: RSAPublicKey, scope: str) -> None:
    items = {
        name: base64.b64encode(aes_gcm_rsa_oaep.encrypt(value, public_key, LABELS[scope].encode())).decode()
        for name, value in VALUES.items()
    }
    assert values(unseal(sealed_secret(items, scope))) == VALUES


def test_from_kubesealpy(unseal: Run, certificate: Path, scope: str) -> None:
    sealer = kubesealpy.Sealer.from_certificate_file(certificate)
    sealed = sealer.seal(
        name=NAME, namespace=NAMESPACE, data=SHORT_VALUES, scope=kubesealpy.SealingScope(scope)
    )
    assert values(unseal(sealed.to_yaml().encode())) == SHORT_VALUES


@pytest.mark.parametrize("form", ["json", "yaml"])
def test_from_the_real_kubeseal(
    form: str, unseal: Run, certificate: Path, scope: str, real_kubeseal: Run
) -> None:
    sealed = real_kubeseal("--cert", certificate, "-o", form, stdin=secret(VALUES, scope))
    assert values(unseal(sealed)) == VALUES


@pytest.mark.parametrize("value", ["lines", "one-byte"])
def test_raw_from_the_real_kubeseal(
    value: str, unseal: Run, certificate: Path, scope: str, real_kubeseal: Run
) -> None:
    names = ["--namespace", NAMESPACE, "--name", NAME]
    text = real_kubeseal("--raw", "--scope", scope, *names, "--cert", certificate, stdin=VALUES[value])
    assert values(unseal(sealed_secret({"key": text.decode()}, scope))) == {"key": VALUES[value]}


SEAL_WITH_NODE = """
const { encryptSecretItem } = require('@linode/kubeseal-encrypt')
const { key, namespace, values } = JSON.parse(require('fs').readFileSync(0, 'utf8'))
const items = Object.entries(values).map(async ([name, value]) => [name, await encryptSecretItem(key, namespace, value)])
Promise.all(items).then(items => console.log(JSON.stringify(Object.fromEntries(items))))
"""


def test_from_linode_kubeseal_encrypt(unseal: Run, public_key: RSAPublicKey, node: Run) -> None:
    """It seals text only, and for a namespace only."""
    texts = {name: value.decode() for name, value in VALUES.items() if name in ("lines", "one-byte")}
    key = public_key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    request = json.dumps({"key": key, "namespace": NAMESPACE, "values": texts})
    items = json.loads(node("-e", SEAL_WITH_NODE, stdin=request.encode()))
    opened = values(unseal(sealed_secret(items, "namespace-wide")))
    assert opened == {name: VALUES[name] for name in texts}
