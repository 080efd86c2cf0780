"""A lookup plugin for Ansible: put it into `lookup_plugins/` beside a playbook.

- name: Use a secret
  ansible.builtin.debug:
    msg: "{{ lookup('ansible_lookup', 'secrets.sops.yaml', key='db.password') }}"
"""

from typing import Any

import sealkit
from sealkit import sops

try:
    from ansible.errors import AnsibleError  # pyright: ignore[reportMissingImports]
    from ansible.plugins.lookup import LookupBase  # pyright: ignore[reportMissingImports]
except ImportError:  # so that it can be tried without Ansible
    AnsibleError = RuntimeError

    class LookupBase:  # type: ignore[no-redef]
        """What a lookup plugin is made of."""


class LookupModule(LookupBase):  # type: ignore[misc]
    """Decrypts files; with `key`, takes one value of each."""

    def run(self, terms: list[str], variables: Any = None, key: str | None = None, **_: Any) -> list[Any]:
        found = []
        for path in terms:
            try:
                value = sops.decrypt_file(path)
                for step in key.split(".") if key else []:
                    value = value[step]
            except (sealkit.SealkitError, OSError, KeyError, TypeError) as error:
                raise AnsibleError(f"could not look up {key or 'the values'} in {path}: {error}") from error
            found.append(value)
        return found
