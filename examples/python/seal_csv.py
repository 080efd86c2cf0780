"""Seal the lines of a CSV file with the columns namespace, name, key and value: one SealedSecret for each Secret.

python seal_csv.py certificate.pem < secrets.csv > sealed.yaml
"""

import csv
import sys
from collections import defaultdict

from sealkit.sealed_secrets import Certificate, seal


def main() -> int:
    if len(sys.argv) != 2:
        sys.exit("usage: seal_csv.py CERTIFICATE < secrets.csv > sealed.yaml")
    certificate = Certificate.load(sys.argv[1])
    secrets: dict[tuple[str, str], dict[str, str]] = defaultdict(dict)
    for row in csv.DictReader(sys.stdin):
        secrets[row["namespace"], row["name"]][row["key"]] = row["value"]
    for (namespace, name), values in secrets.items():
        secret = {"metadata": {"namespace": namespace, "name": name}, "stringData": values}
        print("---")
        print(seal(secret, certificate), end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
