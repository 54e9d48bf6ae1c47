"""The package's addresses, for those who build it: they come from the environment."""

from __future__ import annotations

import os
from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface

ADDRESSES = {"Source": "DDPM_REPOSITORY", "Documentation": "DDPM_SITE_URL"}


class Addresses(MetadataHookInterface):
    """Adds the addresses of the repository and the site, where the environment names them."""

    def update(self, metadata: dict[str, Any]) -> None:
        """Fills in `urls`."""
        metadata["urls"] = {
            label: os.environ[name] for label, name in ADDRESSES.items() if os.environ.get(name)
        }
