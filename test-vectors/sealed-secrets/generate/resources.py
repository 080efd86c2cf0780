"""Whole resources through the real kubeseal: ../resources/NAME/.

Usage: resources.py KUBESEAL   (needs kubectl on PATH and PyYAML)

For each Secret here it keeps the Secret (secret.yaml), what kubeseal makes of it (sealed.yaml, sealed.json), and the Secret
that kubeseal --recovery-unseal opens again by the controller's own code (unsealed.yaml, unsealed.json). SealedSecrets that
kubeseal can't make itself are made from one of its own by adding fields.
"""

import json
import pathlib
import subprocess
import sys
import tempfile

import yaml

kubeseal = sys.argv[1]
root = pathlib.Path(__file__).parent.parent
key, certificate = root / "keys/test-rsa2048.key", root / "keys/test-rsa2048.crt"

PLAIN = """\
apiVersion: v1
kind: Secret
metadata:
  name: app
  namespace: web
type: Opaque
"""

SECRETS = {
    "plain": PLAIN + "stringData:\n  user: admin\n  password: hunter2\ndata:\n  token: dG9rZW4=\n",
    "string-data-wins": PLAIN + "stringData:\n  both: from stringData\ndata:\n  both: ZnJvbSBkYXRh\n",
    "values": PLAIN + "data:\n  empty: ''\n  binary: AAH+/w==\n  broken-lines: |\n    aGVs\n    bG8=\n"
                      "stringData:\n  lines: |\n    one\n    two\n  folded: >-\n    one\n    two\n  unicode: \"p\\xE4ss \\U0001F511\"\n",
    "namespace-wide": PLAIN.replace("type:", "  annotations:\n    sealedsecrets.bitnami.com/namespace-wide: \"true\"\ntype:")
                      + "stringData: {a: b}\n",
    "cluster-wide": PLAIN.replace("  namespace: web\n", "").replace(
        "type:", "  annotations:\n    sealedsecrets.bitnami.com/cluster-wide: \"true\"\n    other: kept\ntype:")
                    + "stringData: {a: b}\n",
    "both-scopes": PLAIN.replace(
        "type:", "  annotations: {sealedsecrets.bitnami.com/cluster-wide: \"true\", "
                 "sealedsecrets.bitnami.com/namespace-wide: \"true\"}\ntype:") + "stringData: {a: b}\n",
    "from-a-cluster": """\
apiVersion: v1
kind: Secret
metadata:
  name: app
  namespace: web
  generateName: app-
  creationTimestamp: "2024-05-06T07:08:09Z"
  deletionTimestamp: "2025-05-06T07:08:09Z"
  deletionGracePeriodSeconds: 30
  generation: 4
  resourceVersion: "123456"
  selfLink: /api/v1/namespaces/web/secrets/app
  uid: 7c2b5b4e-0000-4000-8000-000000000001
  annotations:
    kubectl.kubernetes.io/last-applied-configuration: |
      {"apiVersion":"v1","data":{"password":"aHVudGVyMg=="},"kind":"Secret"}
    kubecfg.ksonnet.io/last-applied-configuration: "{}"
    example.com/html: "<a href=\\"x\\">&amp;</a>"
  labels: {app: web, canary: true, version: 1.10}
  finalizers: [example.com/hold]
  ownerReferences:
  - {apiVersion: apps/v1, kind: Deployment, name: web, uid: 7c2b5b4e-0000-4000-8000-000000000002}
  managedFields:
  - {manager: kubectl, operation: Update, apiVersion: v1, time: "2024-05-06T07:08:09Z", fieldsType: FieldsV1,
     fieldsV1: {"f:data": {".": {}, "f:password": {}}}}
type: Opaque
immutable: true
data:
  password: aHVudGVyMg==
""",
    "yaml-1.1": PLAIN + "stringData:\n  a: 1.50\n  b: yes\n  c: 0777\n  d: 1_000\n  e: 0x1F\n  f: .inf\n  g: N\n  h: 1000000.5\n"
                        "  i: 1e-7\n  j: 99999999999999999999\n  k:\n  l: !!binary aGk=\n  m: 123456.5\n  o: 2001-12-14\n  p: 0o17\n"
                        "  q: 12:30:45\n  r: ~\n  s: -0.0\n  t: .nan\n  u: 0b11\n  v: +12\n  w: 1e3\n  on: off\n",
    "anchors": "shared: &shared {team: a}\n" + PLAIN.replace(
        "type:", "  labels:\n    <<: *shared\n    tier: b\ntype:") + "stringData: {a: &value secret, b: *value}\n",
    "natural-order": PLAIN + "stringData: {k10: a, k9: b, K: c, _: d, '1': e, '02': f, k.1: g, k-1: h}\n",
    "no-type": PLAIN.replace("type: Opaque\n", "") + "immutable: false\nstringData: {a: b}\n",
    "json": json.dumps({"kind": "Secret", "apiVersion": "v1", "metadata": {"name": "app", "namespace": "web"},
                        "stringData": {"a": "b\n"}, "type": "Opaque"}),
}


def kubectl(*arguments: str) -> str:
    command = ["kubectl", "create", "secret", *arguments, "--namespace=web", "--dry-run=client", "--output=yaml"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


with tempfile.TemporaryDirectory() as folder:
    file = pathlib.Path(folder) / "id.bin"
    file.write_bytes(bytes(range(256)))
    SECRETS["kubectl-generic"] = kubectl("generic", "app", "--from-literal=user=admin", "--from-literal=p=a=b", f"--from-file={file}")
SECRETS["kubectl-docker-registry"] = kubectl(
    "docker-registry", "app", "--docker-server=registry.example.com", "--docker-username=u", "--docker-password=p",
    "--docker-email=e@example.com")
SECRETS["kubectl-tls"] = kubectl("tls", "app", f"--cert={certificate}", f"--key={key}")


def run(*arguments: str, stdin: str) -> str:
    return subprocess.run([kubeseal, *arguments], input=stdin, check=True, capture_output=True, text=True).stdout


def keep(name: str, **files: str) -> None:
    folder = root / "resources" / name
    folder.mkdir(parents=True, exist_ok=True)
    for file, text in files.items():
        (folder / file.replace("_", ".")).write_text(text)


def unseal(sealed: str, form: str) -> str:
    return run("--recovery-unseal", f"--recovery-private-key={key}", f"--format={form}", stdin=sealed)


for name, secret in SECRETS.items():
    sealed = {form: run(f"--cert={certificate}", f"--format={form}", stdin=secret) for form in ("yaml", "json")}
    keep(name, secret_yaml=secret, **{f"sealed_{form}": text for form, text in sealed.items()},
         **{f"unsealed_{form}": unseal(text, form) for form, text in sealed.items()})

base = (root / "resources/plain/sealed.yaml").read_text()


def change(name: str, edit) -> None:
    resource = yaml.safe_load(base)
    edit(resource)
    sealed = "---\n" + yaml.safe_dump(resource, width=1 << 20)
    keep(name, sealed_yaml=sealed, **{f"unsealed_{form}": unseal(sealed, form) for form in ("yaml", "json")})


UID = "7c2b5b4e-0000-4000-8000-000000000003"
change("owner", lambda it: it["metadata"].update(uid=UID))
change("skip-owner", lambda it: (
    it["metadata"].update(uid=UID),
    it["spec"]["template"]["metadata"].update(annotations={
        "sealedsecrets.bitnami.com/skip-set-owner-references": "true", "other": "kept"})))
change("other-owner", lambda it: it["spec"]["template"]["metadata"].update(ownerReferences=[
    {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web", "uid": UID}]))
change("plain-template", lambda it: it["spec"]["template"].update(data={"config": "a: b\n", "user": "from the template"}))
change("bare-template", lambda it: it["spec"].update(template=None))
change("other-name-in-template", lambda it: it["spec"]["template"]["metadata"].update(name="other", namespace="elsewhere"))
