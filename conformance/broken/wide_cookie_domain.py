"""The configured domain is cut to its last two labels: the whole site gets the cookie of one part of it."""

from msgspec import structs

from reference.node import Node
from reference.protocol import Init
from reference.settings import Settings


class BrokenNode(Node):
    """The reference under settings with a wider domain."""

    def __init__(self, init: Init, settings: Settings) -> None:
        wide = ".".join(settings.cookie_domain.split(".")[-2:])
        super().__init__(init, structs.replace(settings, cookie_domain=wide))
