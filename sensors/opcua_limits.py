"""What a server takes at once: asked at connect, obeyed, and halved when it still says too many.

Source: OPC 10000-5, 6.3.11 OperationLimits; a limit of 0, or one that cannot be read, is none.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Final, TypeVar

from asyncua import ua
from asyncua.ua.object_ids import ObjectIds
from asyncua.ua.status_codes import StatusCodes
from asyncua.ua.uaerrors import UaStatusCodeError

QUESTIONS: Final = tuple(
    ua.NodeId(ua.Int32(number))
    for number in (
        ObjectIds.Server_ServerCapabilities_OperationLimits_MaxNodesPerRead,
        ObjectIds.Server_ServerCapabilities_OperationLimits_MaxNodesPerWrite,
        ObjectIds.Server_ServerCapabilities_OperationLimits_MaxMonitoredItemsPerCall,
    )
)
NO_LIMIT: Final = 1000  # a request: many servers take no more and do not say so
_TOO_MANY: Final = frozenset(
    {
        StatusCodes.BadTooManyOperations,
        StatusCodes.BadRequestTooLarge,
        StatusCodes.BadResponseTooLarge,
        StatusCodes.BadEncodingLimitsExceeded,
        StatusCodes.BadTcpMessageTooLarge,
    }
)

Q = TypeVar("Q")
A = TypeVar("A")


def limit_in(answer: ua.DataValue) -> int:
    """Return a limit a server told, NO_LIMIT for none or nonsense."""
    held = answer.Value.Value if answer.Value is not None else None
    if isinstance(held, bool) or not isinstance(held, int) or not 0 < held < NO_LIMIT:
        return NO_LIMIT
    return held


class Portions:
    """Asks in portions of `most`, which shrinks for good when the server says too many."""

    def __init__(self, most: int = NO_LIMIT) -> None:
        self.most = most

    async def each(
        self, questions: Sequence[Q], ask: Callable[[Sequence[Q]], Awaitable[Sequence[A]]]
    ) -> list[A]:
        """Return the answers to all questions in order, as many as the server gave.

        Raises what `ask` raises, but too many only for a single question.
        """
        answers: list[A] = []
        at = 0
        while at < len(questions):
            portion = questions[at : at + self.most]
            try:
                answers += await ask(portion)
            except UaStatusCodeError as error:
                if error.code not in _TOO_MANY or len(portion) == 1:
                    raise
                self.most = len(portion) // 2
                continue
            at += len(portion)
        return answers
