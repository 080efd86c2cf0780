"""Key backups as `kubectl get secret -o yaml|json` prints them, around Secrets that `kubectl create secret tls` made.

Usage: backups.py KEYS_DIRECTORY   (needs kubectl on PATH and PyYAML)
"""
import copy, json, pathlib, subprocess, sys
import yaml

keys = pathlib.Path(sys.argv[1])


def secret(key: str, suffix: str, created: str) -> dict:
    made = yaml.safe_load(subprocess.run(
        ["kubectl", "create", "secret", "tls", f"sealed-secrets-key{suffix}", "--namespace", "kube-system",
         f"--cert={keys / key}.crt", f"--key={keys / key}.key", "--dry-run=client", "--output=yaml"],
        check=True, capture_output=True, text=True).stdout)
    made["metadata"].update({
        "creationTimestamp": created,
        "generateName": "sealed-secrets-key",
        "labels": {"sealedsecrets.bitnami.com/sealed-secrets-key": "active"},
        "resourceVersion": "1234",
        "uid": f"00000000-0000-4000-8000-0000000000{suffix[-2:]}",
    })
    return made


def write(name: str, *documents: dict, stream: bool = False) -> None:
    if not stream:
        (keys / f"{name}.yaml").write_text("---\n".join(yaml.safe_dump(d) for d in documents))
        (keys / f"{name}.json").write_text("".join(json.dumps(d, indent=4) + "\n" for d in documents))
    else:
        (keys / f"{name}.yaml").write_text("".join("---\n" + yaml.safe_dump(d) for d in documents))


old = secret("test-rsa2048", "5k2zt11", "2021-03-04T05:06:07Z")
new = secret("test-rsa4096", "9mw4x22", "2026-01-02T03:04:05Z")
other = {"apiVersion": "v1", "kind": "Secret", "type": "Opaque",
         "metadata": {"name": "unrelated", "namespace": "kube-system"}, "data": {"password": "aHVudGVyMg=="}}
configmap = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "kube-root-ca.crt"}, "data": {"a": "b"}}
ec = copy.deepcopy(other)
ec.update(type="kubernetes.io/tls", metadata={"name": "ingress-tls", "namespace": "kube-system"})
ec["data"] = yaml.safe_load(subprocess.run(
    ["kubectl", "create", "secret", "tls", "x", f"--cert={keys / 'test-ec256'}.crt", f"--key={keys / 'test-ec256'}.key",
     "--dry-run=client", "--output=yaml"], check=True, capture_output=True, text=True).stdout)["data"]

write("test-backup-secret", new)
write("test-backup-list", {"apiVersion": "v1", "kind": "List", "items": [old, new], "metadata": {"resourceVersion": ""}})
write("test-backup-secretlist", {"apiVersion": "v1", "kind": "SecretList", "items": [
    {k: v for k, v in item.items() if k not in ("apiVersion", "kind")} for item in (old, new)],
    "metadata": {"resourceVersion": "99"}})
write("test-backup-mixed-list", {"apiVersion": "v1", "kind": "List", "items": [other, old, configmap, ec, new],
                                 "metadata": {"resourceVersion": ""}})
write("test-backup-documents", old, new, stream=True)
