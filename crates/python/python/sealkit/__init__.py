"""Keep secrets in Git: Sealed Secrets and SOPS files.

Everything here is done in process, by the Rust library of the same name. No other program and no cluster is needed.
"""

from ._sealkit import SealkitError, __version__, seal_value

__all__ = ["SealkitError", "__version__", "seal_value"]
