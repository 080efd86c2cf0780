"""Seals values with the package kubesealpy. Reads requests as JSON on stdin, writes base64 texts as JSON."""

import base64
import json
import sys

from kubesealpy import Sealer, SealingScope

sealed = []
for request in json.load(sys.stdin):
    sealer = Sealer.from_certificate_file(request["certificate"])
    value = sealer.seal_value(base64.b64decode(request["value"]), namespace=request["namespace"],
                              name=request["name"], scope=SealingScope(request["scope"]))
    sealed.append(base64.b64encode(value).decode())
json.dump(sealed, sys.stdout)
