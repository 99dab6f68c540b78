"""Packages of npm for the scripts here, in a temporary folder or one that is kept."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def node_packages(*wanted: str) -> Iterator[Path | None]:
    """Yield a folder whose node_modules holds npm packages (NAME@VERSION); None without Node.

    SEASTACK_NODE_FOLDER keeps the installation for the next run.
    """
    if shutil.which("node") is None or shutil.which("npm") is None:
        print("node and npm: not both are installed", file=sys.stderr)
        yield None
        return
    kept = os.environ.get("SEASTACK_NODE_FOLDER")
    with tempfile.TemporaryDirectory(prefix="seastack-node-") as passing:
        folder = Path(kept or passing)
        there = all((folder / "node_modules" / w.rpartition("@")[0]).is_dir() for w in wanted)
        yield folder if there or _install(folder, wanted) else None


def environment_with(folder: Path) -> dict[str, str]:
    """Return this process's environment for Node to find the packages of a folder."""
    return {**os.environ, "NODE_PATH": str(folder / "node_modules")}


def _install(folder: Path, wanted: tuple[str, ...]) -> bool:
    folder.mkdir(parents=True, exist_ok=True)
    listing = folder / "package.json"
    if not listing.exists():
        listing.write_text('{"private": true}\n')
    out = subprocess.run(
        ["npm", "install", "--silent", "--no-audit", "--no-fund", "--ignore-scripts", *wanted],
        cwd=folder,
        capture_output=True,
        text=True,
    )
    if out.returncode:
        print(f"npm could not install {', '.join(wanted)}: {out.stderr.strip()}", file=sys.stderr)
    return out.returncode == 0
