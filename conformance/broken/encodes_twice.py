"""A node encodes the values of an answer that came by way of another once more, and hands texts of JSON on."""

from msgspec import json, structs

from reference.node import Node
from reference.protocol import Returned
from reference.routing import Routing


class Encoding(Routing):
    """Routing that changes what it hands on."""

    def _returned(self, sender: str, returned: Returned) -> None:
        body = returned.body
        if "data" in body:
            data = {key: json.encode(value).decode() for key, value in body["data"].items()}
            returned = structs.replace(returned, body={**body, "data": data})
        super()._returned(sender, returned)


class BrokenNode(Node):
    """The reference with that routing."""

    routing_class = Encoding
