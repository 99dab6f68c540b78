"""Which presses of buttons have not been obeyed yet.

Two presses in quick succession may reach the server as one message, the later in
place of the earlier. So the page sends each press again with the next ones until the
server has said that it heard it; each carries a rising number and is obeyed once.
"""

import math
from collections.abc import Mapping


def unheard(payload: object, heard: float) -> tuple[list[Mapping[str, object]], float]:
    """Return the presses with a number above `heard`, in order, and the highest number.

    `payload` is {"presses": [{"n": number, ...}, ...]}; what is none is left out.
    """
    given = payload.get("presses") if isinstance(payload, Mapping) else None
    numbered: dict[float, Mapping[str, object]] = {}
    for press in given if isinstance(given, list) else []:
        n = press.get("n") if isinstance(press, Mapping) else None
        if isinstance(n, int | float) and math.isfinite(n) and n > heard:
            numbered[float(n)] = press
    return [numbered[n] for n in sorted(numbered)], max(numbered, default=heard)
