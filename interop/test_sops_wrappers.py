"""sealkit in the place of sops, called by Python packages that know nothing of it; the real sops beside it."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from sopsy import Sops, SopsyCommandFailedError, SopsyInOutType, SopsyInputSource

from conftest import ENVIRONMENT, ROOT

KEYS = ROOT / "test-vectors" / "sops" / "keys"
RECIPIENT = "age19k5m339h7q807jyt8yn82rxelaa47vypxw5ylak2zkn0anqxjd8st7trxf"
OTHER_RECIPIENT = "age1rwd5f8ds48q54j8z3lwn37wug8l7j09mdh65aegsxkrakgwvaeps7ejdcz"
VALUES = {"user": "admin", "port": 8080, "list": ["a", {"b": True}]}


@pytest.fixture(scope="session")
def our_sops(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a program called sops in it, which is sealkit."""
    folder = tmp_path_factory.mktemp("bin")
    (folder / "sops").symlink_to(os.environ["SEALKIT_TEST_PROGRAM"])
    return folder / "sops"


@pytest.fixture(params=["sealkit", "sops"])
def program(request: pytest.FixtureRequest, our_sops: Path) -> Path:
    """sealkit, and the real sops: the wrapper should not see which it is."""
    if request.param == "sealkit":
        return our_sops
    real = shutil.which("sops")
    assert real, "the real sops comes with the test environment"
    return Path(real)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty current folder, and nothing of the user's in the environment."""
    for name in list(os.environ):
        if name.startswith(("SOPS_", "XDG_")):
            monkeypatch.delenv(name)
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("SOPS_AGE_KEY_FILE", str(KEYS / "test-x25519-a.txt"))
    monkeypatch.chdir(tmp_path)
    rule = {"creation_rules": [{"path_regex": r"\.(yaml|json|txt)", "age": RECIPIENT}]}
    Path(".sops.yaml").write_text(yaml.safe_dump(rule))
    return tmp_path


def file(kind: str) -> Path:
    path = Path(f"secret.{kind}")
    path.write_text(json.dumps(VALUES) if kind == "json" else yaml.safe_dump(VALUES))
    return path


@pytest.mark.parametrize("kind", ["yaml", "json"])
def test_sopsy_encrypts_and_decrypts(kind: str, program: Path, our_sops: Path, folder: Path) -> None:
    path = file(kind)
    encrypted = Sops(path, binary_path=program).encrypt()
    assert isinstance(encrypted, dict)
    assert encrypted["user"].startswith("ENC[AES256_GCM,")
    assert encrypted["sops"]["age"][0]["recipient"] == RECIPIENT
    assert Sops(path, binary_path=program, in_place=True).encrypt() is None
    assert Sops(path, binary_path=program).decrypt() == VALUES
    assert Sops(path, binary_path=our_sops).decrypt() == VALUES
    assert Sops(path, binary_path=program).get("port") == 8080
    assert Sops(path, binary_path=program, extract='["list"][0]').decrypt(to_dict=False) == b"a"


def test_sopsy_writes_elsewhere_and_in_other_formats(program: Path, folder: Path) -> None:
    path = file("yaml")
    output = Path("out.yaml")
    assert Sops(path, binary_path=program, output=output).encrypt() is None
    as_json = Sops(output, binary_path=program, output_type=SopsyInOutType.JSON).decrypt(to_dict=False)
    assert isinstance(as_json, bytes)
    assert json.loads(as_json) == VALUES


def test_sopsy_reads_standard_input(program: Path, folder: Path) -> None:
    def sops(text: str) -> Sops:
        return Sops(text, binary_path=program, input_type="yaml", input_source=SopsyInputSource.STDIN)

    encrypted = sops(yaml.safe_dump(VALUES)).encrypt(to_dict=False)
    assert isinstance(encrypted, str)
    assert sops(encrypted).decrypt() == VALUES


def test_sopsy_rotates(program: Path, folder: Path) -> None:
    path = file("yaml")
    Sops(path, binary_path=program, in_place=True).encrypt()
    before = yaml.safe_load(path.read_text())
    Sops(path, binary_path=program, in_place=True).rotate()
    after = yaml.safe_load(path.read_text())
    assert before["user"] != after["user"]
    assert Sops(path, binary_path=program).decrypt() == VALUES


def test_sopsy_gives_its_own_rules(program: Path, folder: Path) -> None:
    path = file("yaml")
    rules = {"creation_rules": [{"age": OTHER_RECIPIENT, "encrypted_regex": "^user$"}]}
    encrypted = Sops(path, binary_path=program, config_dict=rules).encrypt()
    assert isinstance(encrypted, dict)
    assert encrypted["port"] == 8080
    assert encrypted["sops"]["age"][0]["recipient"] == OTHER_RECIPIENT


def test_sopsy_hears_of_failures(program: Path, folder: Path) -> None:
    path = file("yaml")
    with pytest.raises(SopsyCommandFailedError):
        Sops(path, binary_path=program).decrypt()


def test_sops_wrapper(our_sops: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", f"{our_sops.parent}:{os.environ['PATH']}")
    Path("token.txt").write_text("s3cret")
    wrapper = [sys.executable, "-m", "sops_wrapper"]
    subprocess.run([*wrapper, "encrypt"], check=True, capture_output=True)
    assert json.loads(Path("token.txt.enc").read_text())["sops"]["age"][0]["recipient"] == RECIPIENT
    Path("token.txt").unlink()
    subprocess.run([*wrapper, "decrypt"], check=True, capture_output=True)
    assert Path("token.txt").read_text() == "s3cret"
    secret = file("yaml")
    subprocess.run([*wrapper, "encrypt", "-i"], check=True, capture_output=True)
    assert yaml.safe_load(secret.read_text())["user"].startswith("ENC[")
