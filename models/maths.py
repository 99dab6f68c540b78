"""exp, log and sqrt with the types of `numbers`: the very numpy functions, named once."""

from typing import Protocol, cast

import numpy as np

from models.numbers import N


class Elementary(Protocol):
    """A function of one number or of an array of them."""

    def __call__(self, x: N, /) -> N:
        """Return the function's value."""
        ...


exp = cast("Elementary", np.exp)
log = cast("Elementary", np.log)
sqrt = cast("Elementary", np.sqrt)
