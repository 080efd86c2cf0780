"""sealkit and its peers, as the tests see them.

`cargo xtask interop` says where the programs are. A peer that this machine doesn't have skips its tests, and pytest says so.
"""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

ROOT = Path(__file__).parents[1]
KEYS = ROOT / "test-vectors" / "sealed-secrets" / "keys"
EXAMPLE = ROOT / "examples" / "gitops"

# What a value can be: nothing, one byte, no text, lines, long.
VALUES: dict[str, bytes] = {
    "empty": b"",
    "one-byte": b"\x00",
    "not-utf-8": bytes(range(256)),
    "lines": "erste Zeile\nzweite Zeile: größer\n\n".encode(),
    "long": bytes(index * 7 % 251 for index in range(1 << 20)),
}

# For peers in pure Python, which take a second for the long one's YAML.
SHORT_VALUES = {name: value for name, value in VALUES.items() if name != "long"}

Run = Callable[..., bytes]


def runner(program: str | Path, *first: str) -> Run:
    """A function that runs `program` with more arguments and returns its standard output, after it has succeeded."""

    def run(*arguments: str | Path, stdin: bytes = b"", cwd: Path | None = None) -> bytes:
        command = [str(program), *first, *map(str, arguments)]
        done = subprocess.run(
            command, input=stdin, capture_output=True, env=ENVIRONMENT, cwd=cwd, check=False
        )
        assert done.returncode == 0, (
            f"{command} ended with {done.returncode}:\n{done.stderr.decode(errors='replace')}"
        )
        return done.stdout

    return run


# Nothing of the user's: no cluster, no keys, no settings.
ENVIRONMENT = {
    "PATH": os.environ["PATH"],
    "HOME": "/nonexistent",
    "KUBECONFIG": "/nonexistent/kubeconfig",
    "LANG": "C.UTF-8",
}


def optional(variable: str, name: str) -> Path:
    path = os.environ.get(variable)
    if not path:
        pytest.skip(f"{name} is not on this machine")
    return Path(path)


@pytest.fixture(scope="session")
def sealkit() -> Run:
    """sealkit's own commands."""
    return runner(os.environ["SEALKIT_TEST_PROGRAM"])


@pytest.fixture(scope="session")
def our_kubeseal() -> Run:
    """sealkit in the place of kubeseal."""
    return runner(os.environ["SEALKIT_TEST_PROGRAM"], "kubeseal")


@pytest.fixture(scope="session")
def real_kubeseal() -> Run:
    return runner(optional("SEALKIT_TEST_KUBESEAL", "the real kubeseal"))


@pytest.fixture(scope="session")
def kubectl() -> Run:
    """The real kubectl, which comes with the test environment."""
    return runner("kubectl")


@pytest.fixture(scope="session")
def sops() -> Run:
    """The real sops, which comes with the test environment."""
    return runner("sops")


@pytest.fixture(scope="session")
def node() -> Run:
    """Node.js, with the packages of the test environment at hand."""
    run = runner("node")
    folder = optional("SEALKIT_TEST_NODE", "Node.js")
    return lambda *arguments, **keywords: run(*arguments, cwd=folder, **keywords)


@pytest.fixture(params=["test-rsa2048", "test-rsa4096"], scope="session")
def pair(request: pytest.FixtureRequest) -> str:
    """The name of a key pair: NAME.crt and NAME.key under test-vectors/sealed-secrets/keys."""
    name: str = request.param
    return name


@pytest.fixture(scope="session")
def certificate(pair: str) -> Path:
    return KEYS / f"{pair}.crt"


@pytest.fixture(scope="session")
def private_key(pair: str) -> Path:
    return KEYS / f"{pair}.key"


@pytest.fixture(scope="session")
def key(private_key: Path) -> RSAPrivateKey:
    """The private key as pyca/cryptography reads it. Once: it checks each key at length."""
    key = load_pem_private_key(private_key.read_bytes(), password=None)
    assert isinstance(key, RSAPrivateKey)
    return key


@pytest.fixture(params=["strict", "namespace-wide", "cluster-wide"], scope="session")
def scope(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name
