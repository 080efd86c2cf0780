"""Load an application's settings from an encrypted file, with types.

    SOPS_AGE_KEY_FILE=keys.txt python load_settings.py settings.sops.yaml

Needs pydantic-settings.
"""

import sys

from pydantic import SecretStr
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource

from sealkit.pydantic import SopsSettingsSource


class Settings(BaseSettings):
    """What the application needs. Variables of the environment win over the file."""

    admin_user: str
    admin_password: SecretStr

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return init_settings, env_settings, SopsSettingsSource(settings_cls, sys.argv[1])


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: load_settings.py FILE")
    settings = Settings()  # type: ignore[call-arg]  # the sources give the rest
    print(
        f"{settings.admin_user} may come in, the password has {len(settings.admin_password.get_secret_value())} characters"
    )
