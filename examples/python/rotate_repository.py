"""Give every SOPS file of a repository a new data key, and take a recipient out who has left.

    python rotate_repository.py path/to/repository [--remove age1…] [--add age1…]

A file that can't be opened is named and left alone; the others go on.
"""

import argparse
import sys
from pathlib import Path

import sealkit
from sealkit import sops


def main() -> int:
    parser = argparse.ArgumentParser(description="Rotate the data keys of a repository.")
    parser.add_argument("repository", type=Path)
    parser.add_argument("--add", action="append", default=[], metavar="RECIPIENT")
    parser.add_argument("--remove", action="append", default=[], metavar="RECIPIENT")
    arguments = parser.parse_args()

    failed = 0
    for path in sorted(arguments.repository.rglob("*.sops.*")):
        try:
            sops.rotate_file(path, add_recipients=arguments.add, remove_recipients=arguments.remove)
        except sealkit.NotEncryptedError:
            continue
        except (sealkit.SealkitError, OSError) as error:
            print(error, file=sys.stderr)
            failed += 1
        else:
            print(f"{path}: rotated")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
