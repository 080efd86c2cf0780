"""Makes the certificates, key files and sealed inputs in inputs/.

The keys are those of ../sealed-secrets/keys; the rest comes from the Python package `cryptography` alone, so
that neither kubeseal nor sealkit has touched it. The private keys are test keys: they are published with the
project and protect nothing. Run once; the files are committed. After another run, record again.

    python make_inputs.py
"""

import base64
import datetime as dt
import json
import pathlib
import struct

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, padding, rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.x509.oid import NameOID

HERE = pathlib.Path(__file__).parent
INPUTS = HERE / "inputs"
KEYS = HERE.parent / "sealed-secrets" / "keys"
FAR = dt.datetime(2124, 1, 1)
CLUSTER_WIDE = "sealedsecrets.bitnami.com/cluster-wide"
NAMESPACE_WIDE = "sealedsecrets.bitnami.com/namespace-wide"


def write(name, data):
    (INPUTS / name).write_bytes(data.encode() if isinstance(data, str) else data)


def certificate(key, start=dt.datetime(2024, 1, 1), end=FAR):
    name = x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, "sealkit test, protects nothing")])
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(end)
    )
    digest = None if isinstance(key, ed25519.Ed25519PrivateKey) else hashes.SHA256()
    return builder.sign(key, digest)


def pem(cert):
    return cert.public_bytes(serialization.Encoding.PEM).decode()


def private(key, form=serialization.PrivateFormat.PKCS8, encryption=serialization.NoEncryption()):
    return key.private_bytes(serialization.Encoding.PEM, form, encryption).decode()


def label(namespace, name, scope):
    return {"cluster": "", "namespace": namespace, "strict": f"{namespace}/{name}"}[scope].encode()


def seal(public, value, label):
    session = AESGCM.generate_key(256)
    oaep = padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), label)
    wrapped = public.encrypt(session, oaep)
    body = AESGCM(session).encrypt(bytes(12), value, None)
    return base64.b64encode(struct.pack(">H", len(wrapped)) + wrapped + body).decode()


def indent(text, by):
    return "".join(" " * by + line + "\n" for line in text.splitlines())


def main():
    INPUTS.mkdir(exist_ok=True)
    key, other, curve = (
        serialization.load_pem_private_key((KEYS / f"test-{name}.key").read_bytes(), None)
        for name in ("rsa2048", "rsa2048-other", "ec256")
    )
    small = rsa.generate_private_key(public_exponent=65537, key_size=1024)
    edwards = ed25519.Ed25519PrivateKey.generate()
    traditional = serialization.PrivateFormat.TraditionalOpenSSL

    cert, other_cert, ec_cert = certificate(key), certificate(other), certificate(curve)
    expired = certificate(key, dt.datetime(2014, 1, 1), dt.datetime(2019, 3, 4))
    good = pem(cert)
    write("cert.pem", good)
    write("other-cert.pem", pem(other_cert))
    write("expired.pem", pem(expired))
    write("future.pem", pem(certificate(key, dt.datetime(2123, 1, 1))))
    write("ec.pem", pem(ec_cert))
    write("ed25519.pem", pem(certificate(edwards)))
    write("cert-1024.pem", pem(certificate(small)))
    write("bundle.pem", good + pem(other_cert))
    write("bundle-other-first.pem", pem(other_cert) + good)
    write("bundle-expired-second.pem", good + pem(expired))
    write("bundle-expired-first.pem", pem(expired) + good)
    write("bundle-ec-first.pem", pem(ec_cert) + good)
    write("bundle-broken-second.pem", good + good[: len(good) // 2] + "\n")
    write("bundle-bad-second.pem", good + good.replace("MI", "AA", 1))
    write("key-then-cert.pem", private(key) + good)
    write("cert-crlf.pem", good.replace("\n", "\r\n"))
    write("cert-with-text.pem", "Certificate:\n    Data: anything\n\n" + good + "trailing words\n")
    write("cert-trusted.pem", good.replace(" CERTIFICATE", " TRUSTED CERTIFICATE"))
    write("cert-bom.pem", b"\xef\xbb\xbf" + good.encode())
    write("cert-truncated.pem", good[: len(good) // 2])
    write("cert.der", cert.public_bytes(serialization.Encoding.DER))
    write("cert-garbage.pem", "this is not a certificate\n")
    write("cert-bad-base64.pem", "-----BEGIN CERTIFICATE-----\n!!!!\n-----END CERTIFICATE-----\n")
    write("cert-bad-der.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
    write(
        "public-key.pem",
        key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        ),
    )

    write("key.pem", private(key, traditional))
    write("key-pkcs8.pem", private(key))
    write("key-other.pem", private(other))
    write("key-ec.pem", private(curve))
    write("key-ec-sec1.pem", private(curve, traditional))
    write("key-ed25519.pem", private(edwards))
    write("key-encrypted.pem", private(key, encryption=serialization.BestAvailableEncryption(b"pass")))
    write("key-crlf.pem", private(key).replace("\n", "\r\n"))
    write("key-after-cert.pem", good + private(key))
    write("key-two.pem", private(other) + private(key))
    write("key-1024.pem", private(small))
    write("key-garbage.pem", "nothing of a key\n")
    write("key-bad-der.pem", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n")

    def b64(text):
        return base64.b64encode(text.encode()).decode()

    def backup(name, key, cert, **more):
        return {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {
                "name": name,
                "namespace": "kube-system",
                "labels": {"sealedsecrets.bitnami.com/sealed-secrets-key": "active"},
            },
            "type": "kubernetes.io/tls",
            "data": {"tls.crt": b64(pem(cert)), "tls.key": b64(private(key, traditional))},
            **more,
        }

    first, second = backup("sealed-secrets-key1", key, cert), backup("sealed-secrets-key2", other, other_cert)
    as_list = {"apiVersion": "v1", "kind": "List", "items": [second, first], "metadata": {"resourceVersion": ""}}

    # JSON is YAML, but a backup made by `kubectl get -o yaml` is in block layout.
    def block(value, by=0):
        out = ""
        for k, v in value.items():
            if isinstance(v, dict):
                out += f"{' ' * by}{k}:\n{block(v, by + 2)}"
            elif isinstance(v, list):
                out += f"{' ' * by}{k}:\n"
                for item in v:
                    lines = block(item, by + 2).splitlines(keepends=True)
                    out += f"{' ' * by}- {lines[0].strip()}\n" + "".join(lines[1:])
            else:
                out += f"{' ' * by}{k}: {v if v else json.dumps(v)}\n"
        return out

    write("backup.yaml", block(first))
    write("backup.json", json.dumps(first, indent=4) + "\n")
    write("backup-list.yaml", block(as_list))
    write("backup-list.json", json.dumps(as_list, indent=4) + "\n")
    write("backup-docs.yaml", "---\n" + block(second) + "---\n" + block(first))
    write("backup-secretlist.json", json.dumps({**as_list, "kind": "SecretList"}, indent=4) + "\n")
    write("backup-secretlist.yaml", block({**as_list, "kind": "SecretList"}))
    write("backup-emptylist.yaml", "apiVersion: v1\nkind: List\nitems: []\n")
    no_key = {**second, "type": "Opaque", "data": {"password": b64("x")}}
    write("backup-nokey.yaml", block(no_key))
    write("backup-list-nokey.yaml", block({**as_list, "items": [first, no_key]}))
    config_map = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x"}, "data": {"a": "b"}}
    write("backup-list-configmap.yaml", block({**as_list, "items": [first, config_map]}))
    write("backup-badkey.yaml", block({**second, "data": {"tls.key": b64("nothing of a key\n")}}))
    string_data = {k: v for k, v in first.items() if k != "data"}
    write("backup-stringdata.yaml", block(string_data) + "stringData:\n  tls.key: |\n" + indent(private(key), 4))

    public, other_public = key.public_key(), other.public_key()

    def items(values, scope="strict", name="app", namespace="web", with_key=public):
        where = label(namespace, name, scope)
        return {k: seal(with_key, v, where) for k, v in values.items()}

    def sealed(encrypted, name="app", namespace="web", annotations=None, template="default", more_spec=""):
        out = "apiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\nmetadata:\n"
        if annotations:
            out += "  annotations:\n" + "".join(f'    {a}: "true"\n' for a in annotations)
        out += f"  name: {name}\n" + (f"  namespace: {namespace}\n" if namespace else "")
        out += "spec:\n  encryptedData:\n" + "".join(f"    {k}: {v}\n" for k, v in encrypted.items())
        if template == "default":
            template = "  template:\n    metadata:\n"
            if annotations:
                template += "      annotations:\n" + "".join(f'        {a}: "true"\n' for a in annotations)
            template += f"      name: {name}\n" + (f"      namespace: {namespace}\n" if namespace else "")
        return out + more_spec + (template or "")

    values = {"password": b"s3cret", "user": b"admin"}
    write("sealed.yaml", sealed(items(values)))
    write("sealed-namespace.yaml", sealed(items(values, "namespace"), annotations=[NAMESPACE_WIDE]))
    write("sealed-cluster.yaml", sealed(items(values, "cluster"), annotations=[CLUSTER_WIDE]))
    write("sealed-cluster-no-namespace.yaml", sealed(items(values, "cluster"), namespace=None, annotations=[CLUSTER_WIDE]))
    write("sealed-both-annotations.yaml", sealed(items(values, "cluster"), annotations=[CLUSTER_WIDE, NAMESPACE_WIDE]))
    write("sealed-other-key.yaml", sealed(items(values, with_key=other_public)))
    two = {**items({"user": b"admin"}), **items({"password": b"s3cret"}, with_key=other_public)}
    write("sealed-two-keys.yaml", sealed(two))
    write("sealed-renamed.yaml", sealed(items(values), name="renamed"))
    write("sealed-moved.yaml", sealed(items(values), namespace="shop"))
    write("sealed-1024.yaml", sealed(items(values, with_key=small.public_key())))
    write("sealed-bytes.yaml", sealed(items({"binary": bytes(range(256)), "empty": b"", "lines": b"a\nb\n"})))
    write("sealed-no-template.yaml", sealed(items(values), template=None))
    write("sealed-empty.yaml", sealed({}).replace("  encryptedData:\n", "  encryptedData: {}\n"))
    write("sealed-no-data.yaml", sealed({}).replace("  encryptedData:\n", ""))
    write("sealed-no-kind.yaml", sealed(items(values)).replace("kind: SealedSecret\n", ""))
    write("sealed-crlf.yaml", sealed(items(values)).replace("\n", "\r\n"))
    write("sealed-bom.yaml", b"\xef\xbb\xbf" + sealed(items(values)).encode())
    write(
        "sealed-scope-in-template.yaml",
        sealed(
            items(values, "cluster"),
            template=f'  template:\n    metadata:\n      annotations:\n        {CLUSTER_WIDE}: "true"\n      name: app\n      namespace: web\n',
        ),
    )
    rich = (
        "  template:\n    immutable: true\n    metadata:\n      annotations:\n        note: \"yes\"\n"
        "      labels:\n        app: web\n        tier: \"1\"\n      name: app\n      namespace: web\n"
        "    type: example.com/login\n"
    )
    write("sealed-rich.yaml", sealed(items(values), template=rich))
    write("sealed-template.yaml", sealed(items(values), template=rich + "    data:\n      url: https://{{ .user }}:{{ .password }}@db\n"))
    write("sealed-template-plain.yaml", sealed(items(values), template=rich + "    data:\n      motto: no braces here\n"))
    skip = rich.replace("        note:", "        sealedsecrets.bitnami.com/skip-set-owner-references: \"true\"\n        note:")
    write("sealed-skip-owner.yaml", sealed(items(values), template=skip))
    other_name = rich.replace("name: app", "name: elsewhere").replace("namespace: web", "namespace: far")
    write("sealed-template-names.yaml", sealed(items(values), template=other_name))
    docs = sealed(items(values)) + "---\n" + sealed(items({"token": b"t0ken"}, name="second"), name="second")
    write("sealed-docs.yaml", "---\n" + docs)
    write("sealed-docs-empty-first.yaml", "---\n# nothing here\n---\n" + sealed(items(values)))
    good_items = items(values)
    write("sealed-bad-base64.yaml", sealed({**good_items, "user": "!!!not base64!!!"}))
    write("sealed-short.yaml", sealed({**good_items, "user": base64.b64encode(b"\x01").decode()}))
    broken = base64.b64decode(good_items["user"])
    write("sealed-tampered.yaml", sealed({**good_items, "user": base64.b64encode(broken[:-1] + bytes([broken[-1] ^ 1])).decode()}))
    write("sealed-number.yaml", sealed({**good_items, "user": "12345"}))
    blob = base64.b64encode(b"\x00\x01").decode()
    write("sealed-v1.yaml", sealed({}, template=None, more_spec=f"  data: {blob}\n").replace("  encryptedData:\n", ""))
    write("sealed-status.yaml", sealed(good_items).replace("  name: app\n", "  creationTimestamp: null\n  name: app\n", 1)
          + "status:\n  conditions:\n  - status: \"True\"\n    type: Synced\n  observedGeneration: 1\n")
    write("sealed-unknown-fields.yaml", sealed(good_items, template=rich + "    extra: 1\n") + "more: here\n")
    commented = sealed(good_items, template=rich).replace("kind:", "# made by hand\nkind:").replace("    user:", "    # the account\n    user:")
    write("sealed-comments.yaml", commented)

    as_json = {
        "kind": "SealedSecret",
        "apiVersion": "bitnami.com/v1alpha1",
        "metadata": {"name": "app", "namespace": "web"},
        "spec": {
            "template": {"metadata": {"name": "app", "namespace": "web"}, "type": "Opaque"},
            "encryptedData": good_items,
        },
    }
    write("sealed.json", json.dumps(as_json, indent=2) + "\n")
    write("sealed-list.json", json.dumps({"kind": "List", "apiVersion": "v1", "items": [as_json]}, indent=2) + "\n")
    write("sealed-namespace-target.yaml", sealed(items({"old": b"0ld"}, "namespace"), annotations=[NAMESPACE_WIDE], template=None) + "  template:\n    metadata:\n      name: app\n      namespace: web\n")


main()
