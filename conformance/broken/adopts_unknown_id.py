"""A login takes over an id that a sibling host has planted, as if the store had given it: who planted it is let in."""

from conformance.broken.keeps_old_id import Adopting
from reference.node import Node


class BrokenNode(Node):
    """The reference with an application that adopts what it does not know; here the id comes from another host."""

    gateway_class = Adopting
