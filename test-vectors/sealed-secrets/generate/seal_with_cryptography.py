"""Seals values with nothing but pyca/cryptography. Reads requests as JSON on stdin, writes base64 texts as JSON."""

import base64
import json
import secrets
import sys

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

sealed = []
for request in json.load(sys.stdin):
    with open(request["certificate"], "rb") as file:
        key = x509.load_pem_x509_certificate(file.read()).public_key()
    session_key = secrets.token_bytes(32)
    oaep = padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), request["label"].encode() or None)
    first = key.encrypt(session_key, oaep)
    second = AESGCM(session_key).encrypt(bytes(12), base64.b64decode(request["value"]), None)
    sealed.append(base64.b64encode(len(first).to_bytes(2, "big") + first + second).decode())
json.dump(sealed, sys.stdout)
