"""Runs the real kubeseal on every case of cases.yaml and writes what it did to recorded.json.

    python record.py path/to/kubeseal [name-part ...]

With name parts, prints the matching outcomes and writes nothing.
The rules of a run (its folder, environment, loopback server, and how an outcome is put into a comparable
form) are in README.md; the Rust test that replays the cases follows the same rules.
"""

import base64
import hashlib
import http.server
import itertools
import json
import os
import pathlib
import re
import shlex
import shutil
import stat
import struct
import subprocess
import sys
import tempfile
import threading

import yaml
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

HERE = pathlib.Path(__file__).resolve().parent
INPUTS = HERE / "inputs"
NAMES = ["app", "second", "other", "same", "renamed", "settings", "123", "a", "b", "a=b", "A B/c", "A/b", "Not_A/Valid Name", ""]
NAMESPACES = ["web", "shop", "default", "ns/shop", "overlay", "pod", "Bad Name", "C d", "WEB", "0777", "511", ""]
LABELS = ["web/app", ""] + [n for n in NAMESPACES if n] + [f"{ns}/{n}" for ns in NAMESPACES for n in NAMES]
BLOB = re.compile(r"[A-Za-z0-9+/]{100,}={0,2}")


def private_key(name):
    return serialization.load_pem_private_key((INPUTS / name).read_bytes(), None)


KEYS = {"": private_key("key.pem"), "other key ": private_key("key-other.pem"), "small key ": private_key("key-1024.pem")}


def open_value(blob):
    """(which key, label, plaintext) of a sealed value, or None."""
    try:
        raw = base64.b64decode(blob, validate=True)
    except ValueError:
        return None
    (length,) = struct.unpack(">H", raw[:2])
    for which, key in KEYS.items():
        if length * 8 != key.key_size:
            continue
        for label in LABELS:
            oaep = padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), label.encode())
            try:
                session = key.decrypt(raw[2 : 2 + length], oaep)
            except ValueError:
                continue
            return which, label, AESGCM(session).decrypt(bytes(12), raw[2 + length :], None)
    return None


def shown(value):
    """A plaintext as one word."""
    if len(value) > 100:
        return f"sha256:{hashlib.sha256(value).hexdigest()}"
    if re.fullmatch(rb"[A-Za-z0-9._/+-]*", value):
        return "text:" + value.decode()
    return "hex:" + value.hex()


class Normalizer:
    """Puts what a run printed or wrote into a comparable form."""

    def __init__(self, folder, server, given):
        self.folder, self.server, self.given = folder, server, given

    def blob(self, match):
        found = open_value(match.group())
        if not found:
            return match.group()
        which, label, value = found
        verb = "kept" if match.group().encode() in self.given else "sealed"
        return f"{verb}({which}{label})={shown(value)}"

    def text(self, data):
        text = data.decode("utf-8", "backslashreplace")
        text = text.replace(str(self.folder), "{dir}").replace(self.server, "{address}")
        text = BLOB.sub(self.blob, text)
        return re.sub(r"(?m)(^ +(-\w, )?--\w.*\n?|^ +-\w, .*\n?)+", "{flags}\n", text)

    def first_words(self, data):
        """The beginning of what was said: the rest is wording, addresses and random names."""
        first = "".join(self.text(data).splitlines()[:1])
        # Names of temporary files, and items in the order of a Go map.
        return re.sub(r"\d{6,}| \([a-z, ]*\)$", "", first).strip()[:72]


class Handler(http.server.BaseHTTPRequestHandler):
    """/NAME gives inputs/NAME, /status/N that status, /redirect/NAME and /loop redirect."""

    def do_GET(self):
        path = self.path
        if path.startswith("http://"):  # asked as a proxy
            path = "/" + path.split("/", 3)[3]
        if path.startswith("/status/"):
            self.answer(int(path[8:]))
        elif path.startswith("/redirect/"):
            self.answer(302, location=path.removeprefix("/redirect"))
        elif path == "/loop":
            self.answer(302, location="/loop")
        elif (INPUTS / path[1:]).is_file():
            self.answer(200, (INPUTS / path[1:]).read_bytes())
        else:
            self.answer(404)

    def answer(self, status, body=b"", location=None):
        self.send_response(status)
        if location:
            self.send_header("Location", location)
        if status != 204:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def fill(text, folder, server):
    return text.replace("{dir}", str(folder)).replace("{http}", f"http://{server}").replace("{address}", server)


def snapshot(folder):
    out = {}
    for path in sorted(folder.rglob("*")):
        name = str(path.relative_to(folder))
        if path.is_symlink():
            out[name] = ("link", os.readlink(path))
        elif path.is_file():
            out[name] = (f"{stat.S_IMODE(path.stat().st_mode):04o}", path.read_bytes())
        else:
            out[name] = ("folder", "")
    return out


def run(program, case, server):
    with tempfile.TemporaryDirectory(prefix="kubeseal-case-") as parent:
        folder = pathlib.Path(parent).resolve() / "case"
        folder.mkdir()
        mentioned = " ".join([case["args"], str(case.get("stdin", "")), *map(str, case.get("env", {}).values())])
        copies = {p.name: p.name for p in INPUTS.iterdir() if p.name in mentioned}
        copies.update(case.get("files", {}))
        for target, source in copies.items():
            (folder / target).parent.mkdir(exist_ok=True)
            shutil.copyfile(INPUTS / source, folder / target)
            (folder / target).chmod(int(case.get("modes", {}).get(target, "0644"), 8))
        for name in case.get("dirs", []):
            (folder / name).mkdir()
        for name, target in case.get("links", {}).items():
            (folder / name).symlink_to(target)
        before = snapshot(folder)
        given = b"".join(v[1] for v in before.values() if isinstance(v[1], bytes))
        env = {"HOME": str(folder), "PATH": "/usr/bin:/bin", "TZ": "UTC", "TMPDIR": parent}
        env.update({k: fill(str(v), folder, server) for k, v in case.get("env", {}).items()})
        args = [fill(a, folder, server) for a in shlex.split(case["args"])]
        stdin = (INPUTS / case["stdin"]).read_bytes() if "stdin" in case else b""
        try:
            done = subprocess.run(
                ["kubeseal", *args], executable=program, input=stdin, capture_output=True, cwd=folder, env=env, timeout=5
            )
        except subprocess.TimeoutExpired:
            return {"exit": "hangs", "stdout": "", "stderr": ""}
        norm = Normalizer(folder, server, given)
        outcome = {"exit": done.returncode, "stdout": norm.text(done.stdout), "stderr": norm.first_words(done.stderr)}
        files = {}
        after = snapshot(folder)
        for name in sorted(before.keys() | after.keys()):
            if before.get(name) == after.get(name):
                continue
            if name not in after:
                files[name] = {"mode": "gone"}
                continue
            mode, content = after[name]
            files[name] = {"mode": mode, "content": norm.text(content) if isinstance(content, bytes) else content}
        if files:
            outcome["files"] = files
        return outcome


def main():
    program, parts = shutil.which(sys.argv[1]), sys.argv[2:]
    os.umask(0o022)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = "127.0.0.1:%d" % server.server_address[1]
    cases = yaml.safe_load((HERE / "cases.yaml").read_text())
    if parts:
        for case in cases:
            if any(part in case["name"] for part in parts):
                outcome = run(program, case, address)
                print(f"== {case['name']}: {case['args']} < {case.get('stdin')} -> {outcome['exit']}")
                print("".join(f"{k}| {line}\n" for k in ("stdout", "stderr") for line in outcome[k].splitlines()), end="")
                for name, file in outcome.get("files", {}).items():
                    print(f"file {name} {file['mode']}\n{file.get('content', '')}")
        return
    version = subprocess.run([program, "--version"], capture_output=True, text=True).stdout.strip()
    recorded = {
        "program": version,
        "by": "record.py in this folder",
        "labels": LABELS,
        "outcomes": {case["name"]: run(program, case, address) for case in cases},
    }
    (HERE / "recorded.json").write_text(json.dumps(recorded, indent=1, ensure_ascii=False) + "\n")
    print(f"{len(cases)} cases recorded from {version}")


if __name__ == "__main__":
    main()
