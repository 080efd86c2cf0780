"""Settings from SOPS files, for `pydantic-settings <https://docs.pydantic.dev/latest/concepts/pydantic_settings/>`_.

That package has to be installed; sealkit itself does not need it. ::

    from pydantic_settings import BaseSettings
    from sealkit.pydantic import SopsSettingsSource

    class Settings(BaseSettings):
        db_password: str

        @classmethod
        def settings_customise_sources(cls, settings_cls, **sources):
            return (*sources.values(), SopsSettingsSource(settings_cls, "settings.sops.yaml"))
"""

from __future__ import annotations

from typing import Any

from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, InitSettingsSource

from . import sops
from ._errors import SealkitError
from ._files import StrPath

__all__ = ["SopsSettingsSource"]


class SopsSettingsSource(InitSettingsSource):
    """The values of one or several encrypted files. Of a key that is in several of them, the last one counts.

    :param settings_cls: The class of the settings.
    :param paths: The files.
    :param identities: What to decrypt with. Left out, they are found where sops finds them.
    :param is_required: Whether a missing file is an error.
    :raises SealkitError: If a file can't be decrypted, or is no mapping.
    """

    def __init__(
        self,
        settings_cls: type[BaseSettings],
        *paths: StrPath,
        identities: sops.Identities | None = None,
        is_required: bool = True,
    ) -> None:
        values: dict[str, Any] = {}
        for path in paths:
            try:
                content = sops.decrypt_file(path, identities=identities)
            except FileNotFoundError:
                if is_required:
                    raise
                continue
            if not isinstance(content, dict):
                error = SealkitError("settings are a mapping, and this file is none")
                error.path = path
                raise error
            values.update(content)
        self.paths = paths
        super().__init__(settings_cls, values)

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        return super().get_field_value(field, field_name)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(paths={self.paths!r})"
