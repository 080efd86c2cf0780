"""Seals values with the package aes-gcm-rsa-oaep. Reads requests as JSON on stdin, writes base64 texts as JSON."""

import base64
import json
import sys

from aes_gcm_rsa_oaep import encrypt
from cryptography import x509

sealed = []
for request in json.load(sys.stdin):
    with open(request["certificate"], "rb") as file:
        key = x509.load_pem_x509_certificate(file.read()).public_key()
    value = base64.b64decode(request["value"])
    sealed.append(base64.b64encode(encrypt(value, key, request["label"].encode() or None)).decode())
json.dump(sealed, sys.stdout)
