"""Which presses of buttons have not been obeyed yet, and sending them one by one.

Two presses in quick succession may reach the server as one message, the later in
place of the earlier. So the page sends each press again with the next ones until the
server has said that it heard it; each carries a rising number and is obeyed once.
What is wrong with one press costs that press alone, and is said.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

from dashboard.requests import BYPASS, Request, requests_of
from sensors.foreigntext import clean

Press = Mapping[str, object]
AT_ONCE: Final = 20  # presses of one message; a person has two hands
LAST_NUMBER: Final = 2**53  # what a number of the page can hold exactly
TEXT_CHARS: Final = 200
# Whatever a press holds, or the disk says.
WRONG: Final[tuple[type[Exception], ...]] = (
    OSError,
    ArithmeticError,
    AttributeError,
    LookupError,
    RuntimeError,
    TypeError,
    ValueError,
)


def unheard(payload: object, heard: float) -> tuple[list[Press], float]:
    """Return the presses with a number above `heard`, in order, and the highest number.

    `payload` is {"presses": [{"n": number, ...}, ...]}; what is none is left out, but for a
    bypass without a number that can be one: that is always new.
    """
    given = payload.get("presses") if isinstance(payload, Mapping) else None
    found: list[tuple[float, Press]] = []
    for press in given if isinstance(given, list) else []:
        if not isinstance(press, Mapping):
            continue
        n = press.get("n")
        if isinstance(n, int | float) and 0 <= n <= LAST_NUMBER:
            if n > heard:
                found.append((float(n), press))
        elif is_bypass(press):
            found.append((heard, press))
    found.sort(key=lambda numbered: numbered[0])
    return [press for _, press in found], max([heard, *(n for n, _ in found)])


def is_bypass(press: Press) -> bool:
    """Return whether a press is of the one button that must always work."""
    return press.get("kind") == BYPASS


def send(
    presses: Sequence[Press],
    post: Callable[[Request], object],
    refused: tuple[type[Exception], ...] = (),
) -> list[str]:
    """Post what was pressed, a bypass first; return in words what was not sent, and why.

    `refused` is what `post` raises besides what any press may cause.
    """
    said = []
    ordered = sorted(presses, key=lambda press: not is_bypass(press))
    for press in ordered[:AT_ONCE]:
        try:
            _each(requests_of(press), post)
        except (*refused, *WRONG) as error:
            said.append(f"Not sent: {_plain(error)}")
    if len(ordered) > AT_ONCE:
        said.append(f"Not sent: {len(ordered) - AT_ONCE} presses too many at once")
    return said


def _each(requests: Iterable[Request], post: Callable[[Request], object]) -> None:
    for request in requests:
        post(request)


def _plain(error: Exception) -> str:
    """Return what an error says as text that any browser and log can take."""
    return clean(error, TEXT_CHARS) or type(error).__name__
