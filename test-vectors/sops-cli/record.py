"""Runs the real sops on every case of cases.yaml and writes what it did to recorded.json.

    python record.py path/to/sops [name-part ...]

With name parts, prints the matching outcomes and writes nothing.
The rules of a run (its folder, its environment, and how an outcome is put into a comparable form) are in README.md;
the Rust test that replays the cases follows the same rules.
"""

import concurrent.futures
import itertools
import json
import os
import pathlib
import re
import shlex
import shutil
import stat
import subprocess
import sys
import tempfile

import yaml

HERE = pathlib.Path(__file__).resolve().parent
INPUTS = HERE / "inputs"
KEYS = HERE.parent / "sops" / "keys"
RECIPIENTS = {
    "a": "test-x25519-a.txt",
    "b": "test-x25519-b.txt",
    "c": "test-x25519-c.txt",
    "h": "test-hybrid.txt",
}
NAMES = {k: re.search(r"public key: (\S+)", (KEYS / v).read_text()).group(1) for k, v in RECIPIENTS.items()}
NAMES["ssh"] = " ".join((KEYS / "test-ssh-ed25519.pub").read_text().split()[:2])
ALL_KEYS = "\n".join((KEYS / v).read_text() for v in RECIPIENTS.values())
RULE = re.compile(r"^\W*(?:sops_)?((?:un)?encrypted_(?:comment_regex|regex|suffix))\"?\s*[:=]\s*(.*?),?$", re.M)


def expand(case):
    """A row with `for` stands for one case for each combination."""
    axes = case.pop("for", {})
    for values in itertools.product(*axes.values()):
        text = json.dumps(case)
        for axis, value in zip(axes, values):
            text = text.replace(f"<{axis}>", json.dumps(str(value))[1:-1])
        yield json.loads(text)


def load():
    cases = [c for row in yaml.safe_load((HERE / "cases.yaml").read_text()) for c in expand(row)]
    names = [case["name"] for case in cases]
    assert len(names) == len(set(names)), {n for n in names if names.count(n) > 1}
    return cases


def fill(text, folder):
    text = text.replace("{dir}", str(folder)).replace("{keys}", str(KEYS)).replace("{editors}", str(HERE / "editors"))
    secret = next(line for line in (KEYS / RECIPIENTS["a"]).read_text().splitlines() if line.startswith("AGE-"))
    text = text.replace("{key a}", secret)
    return re.sub(r"\{(a|b|c|h|ssh)\}", lambda m: NAMES[m.group(1)], text)


def encrypted_format(text):
    """The format of an encrypted file; None if it is none."""
    if text.lstrip().startswith("{") and '"sops":' in text:
        return "json"
    if re.search(r"^sops_mac=", text, re.M):
        return "dotenv"
    if re.search(r"^\[sops\]", text, re.M):
        return "ini"
    if re.search(r"^sops:", text, re.M) and re.search(r"^ +mac: ENC", text, re.M):
        return "yaml"
    return None


def keys(text, fmt):
    """The recipients, group by group."""
    if fmt in ("yaml", "json"):
        block = (json.loads(text) if fmt == "json" else next(iter(yaml.safe_load_all(text))))["sops"]
        groups = block.get("key_groups", [block])
        return [[key["recipient"] for key in group.get("age", [])] for group in groups]
    flat = re.findall(r"^(?:sops_)?(?:key_groups__list_(\d+)__map_)?age__list_\d+__map_recipient\s*=\s*(\S+)", text, re.M)
    return [[name for index, name in flat if index == group] for group in sorted({index for index, _ in flat})]


def content(sops, data, folder):
    """What a program printed or wrote, in a form that can be compared although ciphertexts are random."""
    text = data.decode("utf-8", "backslashreplace")
    fmt = encrypted_format(text)
    if not fmt or "-----BEGIN AGE" not in text:
        return {"text": text.replace(str(folder), "{dir}")} if text else {}
    command = [sops, "decrypt", "--ignore-mac", "--input-type", fmt, "--output-type", fmt, "/dev/stdin"]
    env = {"PATH": "/usr/bin:/bin", "HOME": "/nonexistent", "SOPS_AGE_KEY": ALL_KEYS}
    env["SOPS_AGE_SSH_PRIVATE_KEY_FILE"] = str(KEYS / "test-ssh-ed25519")
    done = subprocess.run(command, input=data, capture_output=True, env=env, cwd="/")
    if done.returncode:
        return {"text": text.replace(str(folder), "{dir}")}
    rule = RULE.search(text[text.rindex("-----END AGE") :])
    threshold = re.search(r"shamir_threshold\W+(\d+)", text)
    return {
        "format": fmt,
        "decrypted": done.stdout.decode("utf-8", "backslashreplace"),
        "keys": keys(text, fmt),
        "rule": f"{rule.group(1)} {rule.group(2).strip(chr(34))}" if rule else "",
        "mac_only_encrypted": bool(re.search(r"mac_only_encrypted\W+true", text)),
        "shamir_threshold": int(threshold.group(1)) if threshold else 0,
    }


def snapshot(folder):
    out = {}
    for path in sorted(folder.rglob("*")):
        name = str(path.relative_to(folder))
        if name.startswith(".gnupg"):  # gpg's own
            continue
        if path.is_symlink():
            out[name] = ("link", os.readlink(path))
        elif path.is_file():
            out[name] = (f"{stat.S_IMODE(path.stat().st_mode):04o}", path.read_bytes())
        else:
            out[name] = ("folder", "")
    return out


def lay_out(case, folder):
    folder.mkdir()
    mentioned = " ".join([case["args"], *map(str, case.get("env", {}).values())])
    words = set(re.split(r"[\s'\"=/{}]+", mentioned))
    copies = {p.name: p.name for p in INPUTS.iterdir() if p.name in words}
    copies.update(case.get("files", {}))
    for target, source in copies.items():
        (folder / target).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(INPUTS / source, folder / target)
        (folder / target).chmod(int(case.get("modes", {}).get(target, "0644"), 8))
    for name in case.get("dirs", []):
        (folder / name).mkdir(parents=True)
    for name, target in case.get("links", {}).items():
        (folder / name).symlink_to(target)


def environment(case, folder, parent):
    env = {
        "HOME": str(folder),
        "PATH": "/usr/bin:/bin",
        "TZ": "UTC",
        "TMPDIR": f"{parent}/tmp",
        "SOPS_AGE_KEY_FILE": str(KEYS / "test-x25519-a.txt"),
        "SOPS_DISABLE_VERSION_CHECK": "1",
    }
    for name, value in case.get("env", {}).items():
        if value is None:
            env.pop(name, None)
        else:
            env[name] = fill(str(value), folder)
    return env


def run(sops, case):
    with tempfile.TemporaryDirectory(prefix="sops-case-") as parent:
        folder = pathlib.Path(parent).resolve() / "case"
        (folder.parent / "tmp").mkdir()
        lay_out(case, folder)
        before = snapshot(folder)
        args = [fill(a, folder) for a in shlex.split(case["args"])]
        cwd = folder / case.get("cwd", ".")
        if "stdin" in case:
            stdin = (INPUTS / case["stdin"]).read_bytes()
        else:
            stdin = case.get("typed", "").encode()
        command = ["sops", *args]
        try:
            done = subprocess.run(
                command,
                executable=sops,
                input=stdin,
                capture_output=True,
                cwd=cwd,
                env=environment(case, folder, parent),
                timeout=5,
            )
        except subprocess.TimeoutExpired:
            return {"exit": "hangs"}
        outcome = {"exit": done.returncode}
        stdout = content(sops, done.stdout, folder)
        if stdout:
            outcome["stdout"] = stdout
        first = next(iter(done.stderr.decode("utf-8", "backslashreplace").splitlines()), "")
        first = re.sub(r"time=\"[^\"]*\"|\d{6,}|" + re.escape(str(folder)), "", first).strip()[:100]
        if first:
            outcome["stderr"] = first
        files = {}
        after = snapshot(folder)
        for name in sorted(before.keys() | after.keys()):
            if before.get(name) == after.get(name):
                continue
            if name not in after:
                files[name] = {"mode": "gone"}
                continue
            mode, data = after[name]
            files[name] = {"mode": mode} | (content(sops, data, folder) if isinstance(data, bytes) else {"text": data})
        if files:
            outcome["files"] = files
        return outcome


def main():
    sops, parts = shutil.which(os.path.abspath(sys.argv[1])), sys.argv[2:]
    os.umask(0o022)
    cases = [case for case in load() if not parts or any(part in case["name"] for part in parts)]
    with concurrent.futures.ThreadPoolExecutor(3) as pool:
        outcomes = list(pool.map(lambda case: run(sops, case), cases))
    if parts:
        for case, outcome in zip(cases, outcomes):
            print(f"== {case['name']}: sops {case['args']} -> {outcome['exit']}")
            print(json.dumps(outcome, indent=1, ensure_ascii=False))
        return
    version = subprocess.run([sops, "--version", "--disable-version-check"], capture_output=True, text=True).stdout.strip()
    recorded = {
        "program": version,
        "by": "record.py in this folder",
        "outcomes": {case["name"]: outcome for case, outcome in zip(cases, outcomes)},
    }
    (HERE / "recorded.json").write_text(json.dumps(recorded, indent=1, ensure_ascii=False) + "\n")
    print(f"{len(cases)} cases recorded from {version}")


if __name__ == "__main__":
    main()
