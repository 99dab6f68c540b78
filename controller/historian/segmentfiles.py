"""The files of a run: one a UTC day, or two where the day's cycles are archived."""

from pathlib import Path

from controller.historian.record import is_run_name


def segment_files(folder: Path) -> list[Path]:
    """Return the segments of a run, oldest first, one a day; none of what is no run's folder.

    A day half-way through being archived has two: the one that still has its cycles counts.
    """
    if not is_run_name(folder.name):
        return []
    by_day = {p.name.split(".")[0]: p for p in sorted(folder.glob("*.db"))}
    return list(by_day.values())


def seal_of(main: Path) -> Path:
    """Return where the seal of a day is, or would be."""
    return main.with_name(f"{main.name.split('.')[0]}.seal")


def files_of(main: Path) -> list[Path]:
    """Return the files a day's record consists of: its main file, and where its cycles went."""
    parquet = main.with_name(f"{main.name.split('.')[0]}.parquet")
    return [main, parquet] if main.name.endswith(".archive.db") else [main]
