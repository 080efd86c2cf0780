"""Encrypts the files of ../plain with the real sops, and has the same sops decrypt them again.

    python files.py 3.13.3=/path/to/sops 3.11.0=/path/to/other/sops …

writes ../encrypted/VERSION/CASE.EXT and ../decrypted/VERSION/CASE.EXT. A case that a version cannot do is left out, and said so.
Ciphertexts are random, so each run gives other files; commit those of one run.
"""

import os
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
KEYS = ROOT / "keys"


def recipient(name):
    public = KEYS / f"{name}.pub"
    if public.exists():
        # sops keeps an SSH recipient as it is given; its comment is left out here.
        return " ".join(public.read_text().split()[:2])
    for line in (KEYS / f"{name}.txt").read_text().splitlines():
        if line.startswith("# public key: "):
            return line.removeprefix("# public key: ")
    raise SystemExit(f"{name} has no public key")


A, B, C = (recipient(f"test-x25519-{letter}") for letter in "abc")


def groups(*members, threshold=None):
    lines = ["creation_rules:", "  - key_groups:"]
    for group in members:
        lines.append("      - age:")
        lines += [f"          - {key}" for key in group]
    if threshold:
        lines.append(f"    shamir_threshold: {threshold}")
    return "\n".join(lines) + "\n"


# Done with every version: name of the case, plaintext, arguments.
EVERYWHERE = [
    ("types", "types.yaml", []),
    ("types", "types.json", []),
    ("simple", "simple.env", []),
    ("simple", "simple.ini", []),
    ("file", "file.bin", []),
]

# Done with 3.11.0 and 3.13.3.
FULL = EVERYWHERE + [
    ("timestamps", "timestamps.yaml", []),
    ("nesting", "nesting.yaml", []),
    ("comments", "comments.yaml", []),
    ("documents", "documents.yaml", []),
    ("aliases", "aliases.yaml", []),
    ("text", "file.txt", []),
    ("unencrypted-suffix", "suffix.yaml", []),
    ("encrypted-suffix", "suffix.yaml", ["--encrypted-suffix", "_enc"]),
    ("encrypted-regex", "secret.yaml", ["--encrypted-regex", "^(data|stringData)$"]),
    ("unencrypted-regex", "secret.yaml", ["--unencrypted-regex", "^(apiVersion|kind|metadata|type)$"]),
    ("encrypted-comment-regex", "comment-rules.yaml", ["--encrypted-comment-regex", "sops:enc"]),
    ("unencrypted-comment-regex", "comment-rules.yaml", ["--unencrypted-comment-regex", "sops:open"]),
    ("mac-only-encrypted", "suffix.yaml", ["--mac-only-encrypted", "--encrypted-suffix", "_enc"]),
    ("two-recipients", "secret.yaml", ["--age", f"{A},{B}"]),
    ("hybrid", "secret.yaml", ["--age", f"{recipient('test-hybrid')},{B}"]),
    ("ssh-ed25519", "secret.yaml", ["--age", recipient("test-ssh-ed25519")]),
    ("ssh-rsa", "secret.yaml", ["--age", recipient("test-ssh-rsa")]),
    ("ssh-passphrase", "secret.yaml", ["--age", recipient("test-ssh-ed25519-passphrase")]),
    ("two-groups", "secret.yaml", groups([A], [B])),
    ("two-of-three-groups", "secret.yaml", groups([A], [B], [C], threshold=2)),
    ("three-groups", "types.json", groups([A], [B, C], [C])),
    ("two-groups", "simple.env", groups([A], [B])),
    ("two-groups", "simple.ini", groups([A], [B])),
]


def run(program, arguments, folder, keys):
    environment = {"HOME": str(folder), "PATH": "/usr/bin:/bin", "TZ": "UTC"}
    if keys:
        environment["SOPS_AGE_KEY"] = "\n".join((KEYS / f"{key}.txt").read_text() for key in keys)
    return subprocess.run([program, *arguments], cwd=folder, env=environment, capture_output=True)


def make(version, program, name, plaintext, options):
    source = ROOT / "plain" / plaintext
    target = f"{name}{source.suffix}"
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(temporary)
        (folder / target).write_bytes(source.read_bytes())
        if isinstance(options, str):
            (folder / ".sops.yaml").write_text(options)
            options = []
        elif "--age" not in options:
            options = [*options, "--age", A]
        encrypted = run(program, ["--encrypt", *options, target], folder, [])
        if encrypted.returncode != 0:
            print(f"{version} {target}: {encrypted.stderr.decode().strip()}")
            return
        (folder / target).write_bytes(encrypted.stdout)
        keys = ["test-x25519-a", "test-x25519-b", "test-x25519-c"]
        if name == "hybrid":
            keys = ["test-hybrid"]
        if name.startswith("ssh-"):
            kind = "rsa" if name == "ssh-rsa" else "ed25519"
            (folder / ".ssh").mkdir()
            (folder / ".ssh" / f"id_{kind}").write_bytes((KEYS / f"test-ssh-{kind}").read_bytes())
        decrypted = run(program, ["--decrypt", target], folder, keys)
        results = {"encrypted": encrypted.stdout}
        if decrypted.returncode == 0:
            results["decrypted"] = decrypted.stdout
        elif name != "ssh-passphrase":
            print(f"{version} {target}: can't read its own file: {decrypted.stderr.decode().strip()}")
        for kind, contents in results.items():
            out = ROOT / kind / version / target
            out.parent.mkdir(parents=True, exist_ok=True)
            out.write_bytes(contents)


def main():
    for argument in sys.argv[1:]:
        version, program = argument.split("=", 1)
        for name, plaintext, options in FULL if version in ("3.11.0", "3.13.3") else EVERYWHERE:
            make(version, os.path.abspath(program), name, plaintext, options)


main()
