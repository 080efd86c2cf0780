"""Lists every vector with its SHA-256 and its maker: ../manifest.json. Usage: manifest.py"""

import hashlib
import json
import pathlib

root = pathlib.Path(__file__).parent.parent


def maker(path: str) -> str:
    folder, _, name = path.rpartition("/")
    if folder == "keys":
        if name == "README.md":
            return "by hand"
        if name.startswith("test-backup"):
            return "kubectl, with what a cluster adds by generate/backups.py"
        if any(part in name for part in ("ec256", "encrypted")):
            return "OpenSSL 3.0"
        if any(part in name for part in ("bundle", "two-keys")):
            return "other files here, one after the other"
        return "sealed-secrets 0.36.6 pkg/crypto, by generate/keys.go"
    if folder == "generate" or name == "README.md":
        return "by hand"
    if name == "values.json":
        return "five programs named in it, by generate/values.py"
    if name == "secret.yaml":
        return "kubectl" if "kubectl-" in folder else "by hand, in generate/resources.py"
    return "kubeseal 0.36.6"


files = sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file() and path.name != "manifest.json")
manifest = {path: {"sha256": hashlib.sha256((root / path).read_bytes()).hexdigest(), "by": maker(path)}
            for path in files if not path.startswith("generate/")}
(root / "manifest.json").write_text(json.dumps(manifest, indent=1) + "\n")
