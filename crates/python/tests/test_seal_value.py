"""`seal_value`, opened again by an independent implementation of the format."""

import base64
import threading
import time
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, OAEP
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256

import sealkit

KEYS = Path(__file__).parents[3] / "test-vectors" / "sealed-secrets" / "keys"


def open_value(sealed: str, key: RSAPrivateKey, label: str) -> bytes:
    data = base64.b64decode(sealed, validate=True)
    length = int.from_bytes(data[:2], "big")
    assert length == key.key_size // 8
    oaep = OAEP(mgf=MGF1(SHA256()), algorithm=SHA256(), label=label.encode())
    session_key = key.decrypt(data[2 : 2 + length], oaep)
    return AESGCM(session_key).decrypt(bytes(12), data[2 + length :], None)


@pytest.mark.parametrize(
    ("arguments", "label"),
    [
        ({"namespace": "web", "name": "app"}, "web/app"),
        ({"namespace": "web", "name": "app", "scope": "strict"}, "web/app"),
        ({"namespace": "web", "name": "app", "scope": "namespace-wide"}, "web"),
        ({"namespace": "web", "scope": "namespace-wide"}, "web"),
        ({"namespace": "web", "name": "app", "scope": "cluster-wide"}, ""),
        ({"scope": "cluster-wide"}, ""),
    ],
)
def test_each_scope_binds_to_its_label(
    arguments: dict[str, str], label: str, certificate: str, private_key: RSAPrivateKey
) -> None:
    sealed = sealkit.seal_value("s3cret", certificate, **arguments)  # type: ignore[arg-type]
    assert open_value(sealed, private_key, label) == b"s3cret"


@pytest.mark.parametrize("value", [b"", "", b"\x00\xff", "grüße\n", "x" * 1_000_000])
def test_values_come_back(value: bytes | str, certificate: str, private_key: RSAPrivateKey) -> None:
    sealed = sealkit.seal_value(value, certificate.encode(), namespace="web", name="app")
    expected = value.encode() if isinstance(value, str) else value
    assert open_value(sealed, private_key, "web/app") == expected


def test_der_certificates_are_read() -> None:
    der = (KEYS / "test-rsa2048.crt.der").read_bytes()
    assert sealkit.seal_value("x", der, scope="cluster-wide")


def test_each_time_another_ciphertext(certificate: str) -> None:
    assert len({sealkit.seal_value("x", certificate, scope="cluster-wide") for _ in range(5)}) == 5


@pytest.mark.parametrize(
    ("arguments", "missing"),
    [
        ({}, "namespace"),
        ({"namespace": "web"}, "name"),
        ({"name": "app"}, "namespace"),
        ({"namespace": "", "name": "app"}, "namespace"),
        ({"scope": "namespace-wide"}, "namespace"),
    ],
)
def test_what_a_scope_needs_is_asked_for(arguments: dict[str, str], missing: str, certificate: str) -> None:
    with pytest.raises(sealkit.SealkitError, match=f"needs a {missing}$"):
        sealkit.seal_value("x", certificate, **arguments)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("file", "message"),
    [("test-rsa2048-expired.crt", "expired"), ("test-ec256.crt", "RSA"), ("test-rsa2048.key", "certificate")],
)
def test_certificates_that_cannot_be_used(file: str, message: str) -> None:
    with pytest.raises(sealkit.SealkitError, match=message):
        sealkit.seal_value("s3cret", (KEYS / file).read_text(), scope="cluster-wide")


def test_errors_do_not_hold_the_value() -> None:
    with pytest.raises(sealkit.SealkitError) as raised:
        sealkit.seal_value("s3cret", "no certificate", scope="cluster-wide")
    assert "s3cret" not in repr(raised.value)


def test_wrong_types_are_type_errors(certificate: str) -> None:
    with pytest.raises(TypeError):
        sealkit.seal_value(5, certificate, scope="cluster-wide")  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        sealkit.seal_value("x", certificate, "web", "app")  # type: ignore[call-arg]


def test_other_threads_run_meanwhile() -> None:
    certificate = (KEYS / "test-rsa2048.crt").read_text()
    value = bytes(64 << 20)
    span: list[float] = []

    def seal() -> None:
        begin = time.monotonic()
        sealkit.seal_value(value, certificate, scope="cluster-wide")
        span.extend((begin, time.monotonic()))

    thread = threading.Thread(target=seal)
    thread.start()
    seen = []
    while thread.is_alive():
        seen.append(time.monotonic())
        time.sleep(0)
    begin, end = span
    # Somebody who held the interpreter all along would leave nothing to see in the middle half.
    quarter = (end - begin) / 4
    assert any(begin + quarter < moment < end - quarter for moment in seen)


def test_the_version_is_the_librarys() -> None:
    assert sealkit.__version__.count(".") == 2
