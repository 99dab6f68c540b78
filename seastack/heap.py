"""What was needed to begin is given back: memory and the collector's time.

Loading libraries leaves as much free memory behind as the controller lives in, kept by the C
library, and a few hundred thousand objects that never die, which the garbage collector would
look through again and again.
"""

import ctypes
import gc
from contextlib import suppress
from typing import Final

YOUNG: Final = 10_000  # objects more than a second makes before the collector looks at them


def settle() -> None:
    """Collect, have the collector pass over what is there now, return free memory to the system.

    A tenth of a second: to be called before the first cycle.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG)
    with suppress(OSError, AttributeError):  # another C library than GNU's
        ctypes.CDLL(None).malloc_trim(0)
