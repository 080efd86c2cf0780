"""Makes the inputs of the cases: plain files, and files that the real sops encrypts.

    python make_inputs.py path/to/sops

Ciphertexts are random, so that every encrypted file changes.
"""

import os
import pathlib
import re
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
INPUTS = HERE / "inputs"
KEYS = HERE.parent / "sops" / "keys"

PLAIN = {
    "p.yaml": """\
# who may log in
user: admin
password: s3cret # not for long
port: 8080
ratio: 0.5
enabled: true
nothing: null
empty: ""
list:
    - one
    - name: two
      size: 2
nested:
    deep:
        "a.b": dotted
text: |
    first line
    second line
region_unencrypted: eu
""",
    "p.json": '{\n\t"user": "admin",\n\t"password": "s3cret",\n\t"port": 8080,\n\t"ratio": 0.5,\n\t"enabled": true,\n'
    '\t"nothing": null,\n\t"empty": "",\n\t"list": [\n\t\t"one",\n\t\t{\n\t\t\t"name": "two"\n\t\t}\n\t],\n'
    '\t"nested": {\n\t\t"deep": "d"\n\t},\n\t"region_unencrypted": "eu"\n}\n',
    "p.env": "# who may log in\nUSER=admin\nPASSWORD=s3cret\nPORT=8080\nEMPTY=\nREGION_unencrypted=eu\n",
    "p.ini": "[login]\n; who may log in\nuser     = admin\npassword = s3cret\n\n[server]\nport = 8080\nregion_unencrypted = eu\n",
    "p.bin": "any bytes\nof a file\n",
    "p.txt": "any text",
    "flat.yaml": "user: admin\nport: 8080\nratio: 1.5\nenabled: true\nempty: \"\"\nwhen: 2001-12-14T21:59:43Z\n# a comment\nlast: 'a b $c'\n",
    "flat.json": '{"user": "admin", "port": 8080, "ratio": 2.5, "enabled": false}\n',
    "sections.yaml": "login:\n    user: admin\n    port: 8080\nserver:\n    host: web\n",
    "numbers.yaml": "a: 1234567.5\nb: 0.00001\nc: 100000.0\nd: 1e21\ne: 123456789\nf: -3\ng: .inf\n",
    "path.yaml": "PATH: /from/file\n",
    "lines.yaml": "text: |\n    one\n    two $x `y`\n",
    "names.yaml": "a.b: dotted\na-b: dashed\n1a: digit\n",
    "onelist.yaml": "list: [a]\n",
    "null.yaml": "nothing: null\nuser: admin\n",
    "equals.yaml": "a=b: c\n",
    "docs.yaml": "a: 1\n---\nb: 2\n",
    "list.yaml": "- a\n- b\n",
    "list.json": '["a", "b"]\n',
    "scalar.yaml": "just text\n",
    "empty.yaml": "",
    "comment.yaml": "# only a comment\n",
    "map.yaml": "{}\n",
    "dup.yaml": "a: 1\na: 2\n",
    "intkey.yaml": "1: a\n",
    "bigint.yaml": "a: 18446744073709551615\n",
    "broken.yaml": "a: [1\n",
    "broken.json": '{"a": \n',
    "broken.ini": "no section and no sign\n",
    "broken.env": "no sign\n",
    "sopskey.yaml": "a: 1\nsops: mine\n",
    "sopskey.env": "A=1\nsops_x=1\n",
    "secret.yaml": "apiVersion: v1\nkind: Secret\nmetadata:\n    name: app\nstringData:\n    password: s3cret\ndata:\n    key: dmFsdWU=\n",
    "rules.yaml": "# public\nhost: web\n# secret\npassword: s3cret\nname_secret: x\nname_public: y\nother: z\n",
    "value.json": '"from a file"',
    "tree.json": '{"x": [1, {"y": true}]}',
    "text.txt": "no JSON\n",
    # A block without a MAC, and one without a version: somebody's own.
    "own.yaml": "a: 1\nsops:\n    age: []\n",
}

# name: (plain file, arguments)
ENCRYPTED = {
    "e.yaml": ("p.yaml", "--age {a}"),
    "e.json": ("p.json", "--age {a}"),
    "e.env": ("p.env", "--age {a}"),
    "e.ini": ("p.ini", "--age {a}"),
    "e.bin": ("p.bin", "--age {a}"),
    "e.txt": ("p.txt", "--age {a}"),
    "eflat.yaml": ("flat.yaml", "--age {a}"),
    "eflat.json": ("flat.json", "--age {a}"),
    "esections.yaml": ("sections.yaml", "--age {a}"),
    "enull.yaml": ("null.yaml", "--age {a}"),
    "eequals.yaml": ("equals.yaml", "--age {a}"),
    "enumbers.yaml": ("numbers.yaml", "--age {a}"),
    "epath.yaml": ("path.yaml", "--age {a}"),
    "elines.yaml": ("lines.yaml", "--age {a}"),
    "enames.yaml": ("names.yaml", "--age {a}"),
    "elist.yaml": ("onelist.yaml", "--age {a}"),
    "ssh.yaml": ("flat.yaml", "--age {ssh}"),
    "edocs.yaml": ("docs.yaml", "--age {a}"),
    "two.yaml": ("p.yaml", "--age {a},{b}"),
    "two.json": ("p.json", "--age {a},{b}"),
    "two.env": ("p.env", "--age {a},{b}"),
    "two.ini": ("p.ini", "--age {a},{b}"),
    "two.bin": ("p.bin", "--age {a},{b}"),
    "forb.yaml": ("p.yaml", "--age {b}"),
    "hybrid.yaml": ("flat.yaml", "--age {h},{b}"),
    "regex.yaml": ("secret.yaml", "--encrypted-regex ^(data|stringData)$ --age {a}"),
    "maconly.yaml": ("secret.yaml", "--mac-only-encrypted --encrypted-regex ^stringData$ --age {a}"),
    "groups.yaml": ("p.yaml", "--config groups.config"),
    "groups.json": ("p.json", "--config groups.config"),
    "groups3.yaml": ("p.yaml", "--config groups3.config"),
}

CONFIGS = {
    "a.config": "creation_rules:\n    - age: {a}\n",
    "b.config": "creation_rules:\n    - age: {b}\n",
    "ab.config": "creation_rules:\n    - age: {a},{b}\n",
    "ba-list.config": "creation_rules:\n    - age:\n        - {b}\n        - {a}\n",
    "paths.config": "creation_rules:\n    - path_regex: ^sub/\n      age: {b}\n    - path_regex: \\.yaml$\n      age: {a}\n",
    "nomatch.config": "creation_rules:\n    - path_regex: \\.never$\n      age: {a}\n",
    "regex.config": "creation_rules:\n    - age: {a}\n      encrypted_regex: ^(password|text)$\n",
    "suffix.config": "creation_rules:\n    - age: {a}\n      unencrypted_suffix: _public\n",
    "esuffix.config": "creation_rules:\n    - age: {a}\n      encrypted_suffix: _secret\n",
    "uregex.config": "creation_rules:\n    - age: {a}\n      unencrypted_regex: ^name_\n",
    "ecomment.config": "creation_rules:\n    - age: {a}\n      encrypted_comment_regex: secret\n",
    "ucomment.config": "creation_rules:\n    - age: {a}\n      unencrypted_comment_regex: public\n",
    "maconly.config": "creation_rules:\n    - age: {a}\n      encrypted_regex: ^password$\n      mac_only_encrypted: true\n",
    "tworules.config": "creation_rules:\n    - age: {a}\n      encrypted_regex: x\n      encrypted_suffix: y\n",
    "groups.config": "creation_rules:\n    - key_groups:\n        - age:\n            - {a}\n        - age:\n            - {b}\n",
    "groups3.config": "creation_rules:\n    - shamir_threshold: 2\n      key_groups:\n        - age:\n            - {a}\n        - age:\n            - {b}\n        - age:\n            - {c}\n",
    "merge.config": "creation_rules:\n    - key_groups:\n        - merge:\n            - age:\n                - {a}\n            - age:\n                - {b}\n          age:\n            - {c}\n",
    "emptyrule.config": "creation_rules:\n    - encrypted_regex: x\n",
    "norules.config": "stores:\n    yaml:\n        indent: 2\n",
    "badregex.config": "creation_rules:\n    - path_regex: '('\n      age: {a}\n",
    "badage.config": "creation_rules:\n    - age: age1nonsense\n",
    "broken.config": "creation_rules: [\n",
    "unknown.config": "creation_rules:\n    - age: {a}\n      nonsense: 1\n",
    "pgp.config": "creation_rules:\n    - age: {a}\n      pgp: 0123456789ABCDEF0123456789ABCDEF01234567\n",
    "indent2.config": "stores:\n    yaml:\n        indent: 2\n    json:\n        indent: 2\ncreation_rules:\n    - age: {a}\n",
}

EDITORS = {
    "append.sh": "# Adds a line.\nprintf 'added: later\\n' >> \"$1\"\n",
    "append-env.sh": "# Adds a line.\nprintf 'ADDED=later\\n' >> \"$1\"\n",
    "replace.sh": "# Changes a value, in any format.\nsed 's/s3cret/changed/' \"$1\" > \"$1.new\" && cat \"$1.new\" > \"$1\" && rm \"$1.new\"\n",
    "fill.sh": "# Writes a file of its own.\nprintf 'user: new\\n' > \"$1\"\n",
    "fill-json.sh": "# Writes a file of its own.\nprintf '{\"user\": \"new\"}\\n' > \"$1\"\n",
    "fill-text.sh": "# Writes a file of its own.\nprintf 'just text' > \"$1\"\n",
    "fill-env.sh": "# Writes a file of its own.\nprintf 'USER=new\\n' > \"$1\"\n",
    "fill-ini.sh": "# Writes a file of its own.\nprintf '[login]\\nuser = new\\n' > \"$1\"\n",
    "nothing.sh": "# Leaves the file as it is.\n:\n",
    "fail.sh": "# Fails.\nexit 3\n",
    "break-then-mend.sh": "# Leaves a broken file the first time.\nif grep -q '^broken: \\[' \"$1\"; then printf 'user: mended\\n' > \"$1\"; else printf 'broken: [\\n' > \"$1\"; fi\n",
    "empty-then-mend.sh": "# Leaves an empty file the first time.\nif [ -s \"$1\" ]; then : > \"$1\"; else printf 'user: mended\\n' > \"$1\"; fi\n",
    "sops-then-mend.sh": "# Leaves a reserved key the first time.\nif grep -q '^sops: mine' \"$1\"; then printf 'user: mended\\n' > \"$1\"; else printf 'a: 1\\nsops: mine\\n' > \"$1\"; fi\n",
    "threshold.sh": "# Changes a value and the metadata below it.\nsed -e 's/s3cret/changed/' -e 's/unencrypted_suffix: _unencrypted/unencrypted_suffix: _clear/' \"$1\" > \"$1.new\" && cat \"$1.new\" > \"$1\" && rm \"$1.new\"\n",
}

FOREIGN = """\
    pgp:
        - created_at: "2024-01-01T00:00:00Z"
          enc: not really
          fp: 0123456789ABCDEF0123456789ABCDEF01234567
"""


def recipient(name):
    text = (KEYS / name).read_text()
    return re.search(r"public key: (\S+)", text).group(1)


def main():
    sops = os.path.abspath(sys.argv[1])
    names = {k: recipient(f"test-x25519-{k}.txt") for k in "abc"} | {"h": recipient("test-hybrid.txt")}
    names["ssh"] = " ".join((KEYS / "test-ssh-ed25519.pub").read_text().split()[:2])
    fill = lambda text: re.sub(r"\{(a|b|c|h|ssh)\}", lambda m: names[m.group(1)], text)
    for folder in (INPUTS, HERE / "editors"):
        for old in folder.iterdir():
            old.unlink()
    for name, text in EDITORS.items():
        (HERE / "editors" / name).write_text(text)
    for name, text in PLAIN.items():
        (INPUTS / name).write_text(text)
    for name, text in CONFIGS.items():
        (INPUTS / name).write_text(fill(text))
    for name in "ab":
        (INPUTS / f"key-{name}.txt").write_text((KEYS / f"test-x25519-{name}.txt").read_text())
    (INPUTS / "ssh-key").write_text((KEYS / "test-ssh-ed25519").read_text())
    keys = "\n".join((KEYS / f"test-x25519-{k}.txt").read_text() for k in "abc")
    env = {"PATH": "/usr/bin:/bin", "HOME": str(INPUTS), "SOPS_AGE_KEY": keys, "SOPS_DISABLE_VERSION_CHECK": "1"}
    for name, (source, args) in ENCRYPTED.items():
        words = ["-e", *map(fill, args.split()), source]
        done = subprocess.run([sops, *words], cwd=INPUTS, env=env, capture_output=True, check=True)
        (INPUTS / name).write_bytes(done.stdout)
    e = (INPUTS / "e.yaml").read_text()
    # By hand, as no sops writes them: a key of another kind, a MAC that is wrong, a value that was changed, no MAC, no key.
    (INPUTS / "foreign.yaml").write_text(e.replace("    lastmodified:", FOREIGN + "    lastmodified:"))
    only = re.sub(r"    age:\n(        .*\n|          .*\n)+", FOREIGN, e)
    assert "age" not in only.split("sops:")[1]
    (INPUTS / "foreignonly.yaml").write_text(only)
    mac = re.search(r"mac: (ENC\[AES256_GCM,data:)(.)", e)
    (INPUTS / "badmac.yaml").write_text(e.replace(mac.group(), f"mac: {mac.group(1)}" + ("A" if mac.group(2) != "A" else "B")))
    (INPUTS / "moved.yaml").write_text(e.replace("region_unencrypted: eu", "region_unencrypted: us"))
    value = re.search(r"user: (ENC\[AES256_GCM,data:)(.)", e)
    (INPUTS / "badvalue.yaml").write_text(e.replace(value.group(), f"user: {value.group(1)}" + ("A" if value.group(2) != "A" else "B")))
    (INPUTS / "plainvalue.yaml").write_text(re.sub(r"user: ENC\S+", "user: admin", e))
    (INPUTS / "nomac.yaml").write_text(re.sub(r"    mac: .*\n", "", e))
    (INPUTS / "noversion.yaml").write_text(re.sub(r"    version: .*\n", "", e))
    (INPUTS / "cut.yaml").write_text(e[: e.index("    unencrypted_suffix")] + "    encrypted_regex: [\n")


if __name__ == "__main__":
    main()
