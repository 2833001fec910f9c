"""What may be written under `network:`: how long messages take, and what befalls them all the time."""

from typing import Annotated, Any, Final, Literal, Self

from pydantic import BeforeValidator, Discriminator, Field, Tag, model_validator

from scenarios.durations import MILLION, Duration, Positive, Share, write_duration
from scenarios.faults_of_links import TOO_LATE_US
from scenarios.strict import Strict

MEASURED = "ibm-cloud"
"""Delays measured between zones of a public cloud (`data/ibm-cloud-2024-03.yaml`)."""
PATIENCE_US: Final = 10_000_000
"""A browser gives up on an answer after so long (`simulator.users.TIMEOUT_US`)."""


class Lognormal(Strict):
    """One-way delays around a median: most lie near it, few far above."""

    median: Positive
    sigma: Annotated[float, Field(ge=0, le=3)]


def is_matrix(delay: object) -> bool:
    """Say whether a delay is the path of a matrix of round trips."""
    return isinstance(delay, str) and delay.endswith((".csv", ".csv.gz"))


def _delay_kind(value: Any) -> str:
    if isinstance(value, (dict, Lognormal)):
        return "<lognormal>"
    if is_matrix(value):
        return "<matrix>"
    if isinstance(value, str) and not value[:1].isdigit():
        return "<measured>"
    return "<fixed>"


def _measured(value: object) -> object:
    if value != MEASURED:
        raise ValueError(
            f"is {value!r}; write 300us, {{median: 300us, sigma: 0.3}}, {MEASURED}, or a matrix's path: x.csv, x.csv.gz"
        )
    return value


Delay = Annotated[
    Annotated[Positive, Tag("<fixed>")]
    | Annotated[Lognormal, Tag("<lognormal>")]
    | Annotated[Literal["ibm-cloud"], BeforeValidator(_measured), Tag("<measured>")]
    | Annotated[str, Field(pattern=r"\.csv(\.gz)?$"), Tag("<matrix>")],
    Discriminator(_delay_kind),
]


class Network(Strict):
    """What lies between the nodes, and between clients and nodes.

    Attributes:
        delay: one way between two nodes; a matrix (`matrix.py`) is a path, counted from the scenario's file.
        loss, duplicate, reorder: the share of all messages, all the time.
        clients: one way from a browser to the node, the balancer between them included.
    """

    delay: Delay = Lognormal(median="300us", sigma=0.3)  # type: ignore[arg-type]  # one way within a data centre
    loss: Share = 0
    duplicate: Share = 0
    reorder: Share = 0
    clients: Duration = 1_000

    @property
    def usual_us(self) -> int:
        """How long a message usually takes where one length is written for all, µs; 0 where delays were measured."""
        if isinstance(self.delay, Lognormal):
            return self.delay.median
        return self.delay if isinstance(self.delay, int) else 0

    @model_validator(mode="after")
    def answers_come_in_time(self) -> Self:
        """Refuse clients so far away that none ever hears an answer, and a run without any."""
        if 2 * self.clients >= PATIENCE_US:
            patience, below = write_duration(PATIENCE_US), write_duration(PATIENCE_US // 2)
            raise ValueError(
                f"has clients: {write_duration(self.clients)}, so that no answer comes before a browser gives up, "
                f"{patience} after it asked; write less than {below}"
            )
        return self

    @model_validator(mode="after")
    def messages_arrive(self) -> Self:
        """Refuse a network over which no node ever hears of another in time."""
        if self.loss == MILLION:
            raise ValueError("has loss: 100%, so that no message ever arrives; write 20% at most, or cut with faults")
        if self.usual_us >= TOO_LATE_US:
            delay, too_late = write_duration(self.usual_us), write_duration(TOO_LATE_US)
            raise ValueError(
                f"has delay: {delay}, but what is {too_late} on its way comes after all must agree; write less"
            )
        return self
