"""Bytes changed as bad memory, bad disks and people change them."""

from random import Random
from typing import Final

_BLOCKS: Final = (1, 16, 512, 4096)  # bytes


def mutated(data: bytes, rng: Random) -> bytes:
    """Return other bytes: bits flipped, blocks lost, swapped, repeated or cut, noise put in."""
    changed = bytearray(data)
    for _ in range(rng.choice((1, 1, 1, 2, 8, 40))):
        if not changed:
            return bytes(rng.randbytes(rng.randrange(100)))
        _change(changed, rng)
    return bytes(changed)


def _change(data: bytearray, rng: Random) -> None:
    at, size = rng.randrange(len(data)), rng.choice(_BLOCKS)
    # Headers and the places that say where the rest is hang together at the front.
    if rng.random() < 0.2:
        at = rng.randrange(min(len(data), 200))
    aligned = at // size * size
    match rng.randrange(8):
        case 0 | 1 | 2:
            data[at] ^= 1 << rng.randrange(8)
        case 3:
            data[at] = rng.randrange(256)
        case 4:
            block = data[aligned : aligned + size]
            data[aligned : aligned + size] = bytes((rng.choice((0, 255, 13)),)) * len(block)
        case 5:
            data[aligned : aligned + size] = rng.randbytes(len(data[aligned : aligned + size]))
        case 6:
            other = rng.randrange(len(data)) // size * size
            data[aligned : aligned + size] = data[other : other + size]
        case 7 if rng.random() < 0.3:
            del data[at:]
