"""One small file, decrypted and encrypted in process, beside what Python programs do today. `cargo xtask bench` runs it."""

import contextlib
import io
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import kubesealpy
from sopsy import Sops

from sealkit import sops
from sealkit.sealed_secrets import Certificate, seal

KEYS = Path(__file__).parents[3] / "test-vectors" / "sealed-secrets" / "keys"


def timed(job: Callable[[], object], rounds: int) -> float:
    """The median time of a job in milliseconds."""
    times = []
    for _ in range(rounds):
        begin = time.perf_counter()
        job()
        times.append(time.perf_counter() - begin)
    return 1000 * median(times)


def said(ratio: float, goal: int | None) -> str:
    """What a ratio means beside its goal, if it has one."""
    if goal is None:
        return ""
    return f", goal {goal}: {'reached' if ratio >= goal else 'missed'}"


def main() -> None:
    program = sys.argv[1]
    with tempfile.TemporaryDirectory() as folder:
        recipient, identity = sops.keygen()
        keys = Path(folder, "keys.txt")
        keys.write_text(identity)
        os.environ["SOPS_AGE_KEY_FILE"] = str(keys)
        path = Path(folder, "five.yaml")
        path.write_text("".join(f"key{number}: value{number}\n" for number in range(5)))
        plain = path.read_text()
        sops.encrypt_file(path, recipients=recipient)
        certificate = Certificate.load(KEYS / "test-rsa4096.crt")

        def by_subprocess() -> bytes:
            return subprocess.run([program, "-d", path], check=True, capture_output=True).stdout

        def by_sopsy() -> object:
            # It speaks of a configuration file that is not needed.
            with contextlib.redirect_stderr(io.StringIO()):
                return Sops(path, binary_path=program).decrypt()

        secret = {"metadata": {"name": "app", "namespace": "web"}, "stringData": {"password": "hunter2"}}
        sealer = kubesealpy.Sealer.from_certificate_file(KEYS / "test-rsa4096.crt")

        def by_kubesealpy() -> object:
            data = {"password": b"hunter2"}
            return sealer.seal(name="app", namespace="web", data=data).to_yaml()

        print("In process from Python, milliseconds, median\n")
        for title, ours, others in [
            (
                "decrypt five values",
                lambda: sops.decrypt_file(path),
                {"sops in a subprocess": (by_subprocess, 50), "sopsy": (by_sopsy, None)},
            ),
            ("encrypt five values", lambda: sops.encrypt(plain, recipients=recipient), {}),
            (
                "seal one value, 4,096 bits",
                lambda: seal(secret, certificate),
                {"kubesealpy": (by_kubesealpy, None)},
            ),
        ]:
            own = timed(ours, 500)
            print(f"{title:<28} {'sealkit':<22} {own:>9.3f}")
            for name, (job, goal) in others.items():
                figure = timed(job, 25)
                print(
                    f"{'':<28} {name:<22} {figure:>9.3f} {figure / own:>8.1f} x sealkit{said(figure / own, goal)}"
                )


if __name__ == "__main__":
    main()
