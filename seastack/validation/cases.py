"""Rows of pilot-plant files in our units: of the file asked for, and of those beside it."""

from pathlib import Path

from seastack.problems import UserError
from seastack.validation.table import Row, read
from seastack.validation.units import in_our_units


def rows(path: Path, notes: list[str]) -> list[Row]:
    """Return the rows of a file; `notes` get what its reader took for granted and converted."""
    found, told = [], dict[str, None]()
    for row in read(path, notes):
        ours, done = in_our_units(row)
        found.append(ours)
        told |= dict.fromkeys(done)
    if told:
        notes.append(f"converted: {', '.join(told)}")
    return found


def beside(path: Path, *words: str, notes: list[str] | None = None) -> list[Row]:
    """Return the rows of the files beside `path` whose names share its campaign and hold a word.

    The campaign is the name up to its first underscore: nccc2014_absorber.csv looks
    for nccc2014_*.csv, and finds nothing when there is nothing.  A file that cannot be
    read is left out, with a line in `notes`.
    """
    start = path.stem.split("_")[0]
    found: list[Row] = []
    if not path.parent.is_dir():
        return found
    for other in sorted(path.parent.glob("*.csv")):
        own = other.stem.split("_")[0] == start and any(w in other.stem for w in words)
        if other == path or not own:
            continue
        try:
            found.extend(in_our_units(row)[0] for row in read(other))
        except UserError as problem:
            if notes is not None:
                notes.append(f"a file beside is left out: {problem}")
    return found
