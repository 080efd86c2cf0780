"""Secrets that the real kubectl makes, sealed and opened again: the same Secret comes back."""

import re
from pathlib import Path

import pytest

from conftest import EXAMPLE, KEYS, Run
from resources import read

CERTIFICATE = EXAMPLE / "clusters" / "production" / "pub-sealed-secrets.pem"
PRIVATE_KEY = KEYS / "test-rsa4096.key"

KINDS = {
    "generic-literals": [
        "generic",
        "app",
        "--from-literal=user=admin",
        "--from-literal=password=p@ss: word, #1",
    ],
    "generic-files": ["generic", "app", "--from-file=text", "--from-file=renamed=bytes"],
    "generic-env-file": ["generic", "app", "--from-env-file=settings.env"],
    "generic-typed": ["generic", "app", "--type=example.com/token", "--from-literal=token=a=b=c"],
    "docker-registry": [
        "docker-registry",
        "app",
        "--docker-server=registry.example.com",
        "--docker-username=robot",
        "--docker-password=p@ss",
        "--docker-email=robot@example.com",
    ],
    "tls": ["tls", "app", f"--cert={KEYS / 'test-rsa2048.crt'}", f"--key={KEYS / 'test-rsa2048.key'}"],
}


@pytest.fixture(params=KINDS)
def secret(request: pytest.FixtureRequest, tmp_path: Path, kubectl: Run) -> bytes:
    """What `kubectl create secret … --dry-run=client -o yaml` prints."""
    (tmp_path / "text").write_text("line\n")
    (tmp_path / "bytes").write_bytes(bytes(range(256)))
    (tmp_path / "settings.env").write_text('# settings\nHOST=db.example.com\nEMPTY=\nQUOTED="kept"\n')
    arguments = [
        "create",
        "secret",
        *KINDS[request.param],
        "--namespace=web",
        "--dry-run=client",
        "-o",
        "yaml",
    ]
    return kubectl(*arguments, cwd=tmp_path)


def without_noise(text: bytes) -> dict[str, object]:
    """The resource less what kubectl prints and no user means."""
    resource = read(text)
    resource["metadata"].pop("creationTimestamp", None)
    resource.setdefault("type", "Opaque")
    return resource


def test_kubeseal_gives_it_back(secret: bytes, our_kubeseal: Run) -> None:
    sealed = our_kubeseal("--cert", CERTIFICATE, "-o", "yaml", stdin=secret)
    opened = our_kubeseal("--recovery-unseal", "--recovery-private-key", PRIVATE_KEY, stdin=sealed)
    assert without_noise(opened) == without_noise(secret)


def test_sealkit_gives_it_back(secret: bytes, sealkit: Run) -> None:
    sealed = sealkit("seal", "--cert", CERTIFICATE, stdin=secret)
    opened = sealkit("unseal", "--key", PRIVATE_KEY, stdin=sealed)
    assert without_noise(opened) == without_noise(secret)


def test_sealed_as_the_real_kubeseal_does(secret: bytes, our_kubeseal: Run, real_kubeseal: Run) -> None:
    """Field by field; only the ciphertexts differ."""
    for form in ("json", "yaml"):
        ours, theirs = (
            run("--cert", CERTIFICATE, "-o", form, stdin=secret) for run in (our_kubeseal, real_kubeseal)
        )
        assert blanked(ours) == blanked(theirs)


def blanked(sealed: bytes) -> str:
    """The text with its ciphertexts cut out: all of them begin with the length of the RSA part."""
    text, count = re.subn(r"\bAg[A-D][A-Za-z0-9+/=]{600,}", "…", sealed.decode())
    assert count, "something was sealed"
    return text
