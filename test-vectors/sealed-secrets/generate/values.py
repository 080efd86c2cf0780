"""Values sealed by independent programs, in every scope and to keys of both sizes: ../values.json, ../one-mebibyte.*.

Usage: values.py KUBESEAL PROGRAM=COMMAND...

A COMMAND reads requests as JSON on stdin and answers with base64 texts: the seal_with_* scripts beside this one. PROGRAM is
a name with its version, and goes into the file.
"""

import base64
import itertools
import json
import pathlib
import shlex
import subprocess
import sys

here = pathlib.Path(__file__).parent
keys = here.parent / "keys"
kubeseal = sys.argv[1]
commands = dict(argument.split("=", 1) for argument in sys.argv[2:])

VALUES = {
    "empty": b"",
    "one byte": b"x",
    "not UTF-8": bytes(range(256)),
    "text": "pässwörd 🔑".encode(),
    "several lines": b"-----BEGIN TEST-----\nfirst line\r\nsecond line\n\n\tindented\n-----END TEST-----\n",
    "4 KiB": bytes(32 + index * 7 % 95 for index in range(4096)),
}
SCOPES = {"strict": "web/app", "namespace-wide": "web", "cluster-wide": ""}
KEYS = ["test-rsa2048", "test-rsa4096"]


def seal_with_kubeseal(request: dict) -> str:
    command = [kubeseal, "--raw", "--cert", request["certificate"], "--scope", request["scope"],
               "--namespace", request["namespace"], "--name", request["name"], "--from-file=/dev/stdin"]
    made = subprocess.run(command, input=base64.b64decode(request["value"]), check=True, capture_output=True)
    return made.stdout.decode()


def request(key: str, value: bytes, scope: str) -> dict:
    return {"certificate": str(keys / f"{key}.crt"), "value": base64.b64encode(value).decode(), "scope": scope,
            "label": SCOPES[scope], "namespace": "web", "name": "app"}


version = subprocess.run([kubeseal, "--version"], check=True, capture_output=True, text=True).stdout.split()[-1]
wanted = list(itertools.product(KEYS, VALUES, SCOPES))
vectors = []
for program in [f"kubeseal {version}", *commands]:
    # kubeseal-encrypt knows one scope, and takes text.
    chosen = [(key, value, scope) for key, value, scope in wanted
              if "kubeseal-encrypt" not in program or scope == "namespace-wide" and value != "not UTF-8"]
    requests = [request(key, VALUES[value], scope) for key, value, scope in chosen]
    if program in commands:
        made = subprocess.run(shlex.split(commands[program]), input=json.dumps(requests), check=True,
                              capture_output=True, text=True)
        sealed = json.loads(made.stdout)
    else:
        sealed = [seal_with_kubeseal(each) for each in requests]
    for (key, value, scope), text in zip(chosen, sealed, strict=True):
        vectors.append({"program": program, "key": key, "scope": scope, "namespace": "web", "name": "app",
                        "comment": value, "value": base64.b64encode(VALUES[value]).decode(), "sealed": text})
(here.parent / "values.json").write_text(json.dumps(vectors, indent=1, ensure_ascii=False) + "\n")

large = bytes(index * 31 % 253 for index in range(1 << 20))
(here.parent / "one-mebibyte.sealed").write_text(seal_with_kubeseal(request("test-rsa4096", large, "strict")))
