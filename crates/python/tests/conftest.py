"""What the tests share: the keys under test-vectors/."""

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

KEYS = Path(__file__).parents[3] / "test-vectors" / "sealed-secrets" / "keys"


@pytest.fixture(params=["test-rsa2048", "test-rsa4096"])
def pair(request: pytest.FixtureRequest) -> str:
    """The name of a key pair."""
    name: str = request.param
    return name


@pytest.fixture
def certificate(pair: str) -> str:
    return (KEYS / f"{pair}.crt").read_text()


@pytest.fixture
def private_key(pair: str) -> RSAPrivateKey:
    key = load_pem_private_key((KEYS / f"{pair}.key").read_bytes(), password=None)
    assert isinstance(key, RSAPrivateKey)
    return key
