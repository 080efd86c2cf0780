"""sealkit in the place of kubeseal, read by libraries that know nothing of it."""

import base64
import json
import os
import struct
from pathlib import Path

import pytest
import yaml
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, OAEP
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from conftest import SHORT_VALUES, Run
from resources import LABELS, SCOPE_ANNOTATIONS, items, read, secret, values


def opened(sealed: str, key: RSAPrivateKey, label: str) -> bytes:
    """One sealed value, opened as the format's description says."""
    raw = base64.b64decode(sealed, validate=True)
    (length,) = struct.unpack(">H", raw[:2])
    assert length == key.key_size // 8
    session_key = key.decrypt(
        raw[2 : 2 + length], OAEP(MGF1(hashes.SHA256()), hashes.SHA256(), label.encode())
    )
    assert len(session_key) == 32
    return AESGCM(session_key).decrypt(bytes(12), raw[2 + length :], None)


@pytest.mark.parametrize("form", ["json", "yaml"])
def test_opened_by_pyca_cryptography(
    form: str, our_kubeseal: Run, certificate: Path, key: RSAPrivateKey, scope: str
) -> None:
    sealed = our_kubeseal(
        "--cert", certificate, "--scope", scope, "-o", form, stdin=secret(SHORT_VALUES, "strict")
    )
    found = {name: opened(value, key, LABELS[scope]) for name, value in items(sealed).items()}
    assert found == SHORT_VALUES
    assert read(sealed)["metadata"].get("annotations", {}) == SCOPE_ANNOTATIONS[scope]


def test_a_value_of_one_and_a_half_megabytes(
    our_kubeseal: Run, certificate: Path, private_key: Path, key: RSAPrivateKey, tmp_path: Path
) -> None:
    value = os.urandom(1_500_000)
    (tmp_path / "value").write_bytes(value)
    place = ("--cert", certificate, "--raw", "--name", "app", "--namespace", "web")
    by_file = our_kubeseal(*place, "--from-file", tmp_path / "value")
    by_pipe = our_kubeseal(*place, stdin=value)
    assert opened(by_file.decode(), key, "web/app") == opened(by_pipe.decode(), key, "web/app") == value
    sealed = our_kubeseal("--cert", certificate, "-o", "yaml", stdin=secret({"big": value}, "strict"))
    unsealed = our_kubeseal("--recovery-unseal", "--recovery-private-key", private_key, stdin=sealed)
    assert values(unsealed) == {"big": value}


# Texts that a careless writer of YAML gets wrong. A bare `=` is not among them: PyYAML knows its type and has no reader for it.
ODD_TEXTS = [
    *["", "yes", "on", "y", "null", "~", "true", "0777", "0x1F", "1_000", "1.0", "+1", "1e3", ".inf"],
    *["2001-12-14", "12:30:45", "<<", "?", "-", "---", "...", "- x", "a: b", "a #b", "#c", " lead", "trail "],
    *[
        "*alias",
        "&anchor",
        "!tag",
        "%dir",
        "@at",
        "`tick",
        "{flow}",
        "[flow]",
        "quote ' and \" both",
        "\ttab",
    ],
    *["two\nlines\n", "no end\nhere", "\n", "\nempty first", "  indented\nsecond\n", "ends twice\n\n", "é\n"],
    *["a\u2028b", "a\u0085b", "bell\u0007", "words " * 60],
]


def test_yaml_reads_back_as_yaml_1_1(our_kubeseal: Run, certificate: Path) -> None:
    annotations = {f"key-{number}": text for number, text in enumerate(ODD_TEXTS)}
    annotations |= {key: "value" for key in ("yes", "n", "0777", "~", "1.5")}
    resource = read(secret({"item": b"value"}, "strict"))
    resource["metadata"]["annotations"] = annotations
    sealed = our_kubeseal("--cert", certificate, "-o", "yaml", stdin=json.dumps(resource).encode())
    assert next(yaml.safe_load_all(sealed))["spec"]["template"]["metadata"]["annotations"] == annotations
