"""Two locks: what runs aboard, and what it takes to work on it."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
RUN, DEVELOP = "requirements.lock", "requirements-dev.lock"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
EXTRAS = PROJECT["optional-dependencies"]


def pins(name: str) -> dict[str, tuple[str, frozenset[str]]]:
    """Return version and hashes of each package of a lock."""
    entries = re.split(r"\n(?=\S)", (ROOT / name).read_text().strip())
    found = {}
    for entry in entries:
        package, _, version = entry.split()[0].partition("==")
        hashes = re.findall(r"--hash=(sha256:[0-9a-f]{64})", entry)
        found[package] = (version, frozenset(hashes))
    return found


@pytest.mark.parametrize("name", [RUN, DEVELOP])
def test_a_lock_names_no_place_and_pins_everything_by_hash(name: str) -> None:
    assert not re.search(r"://|--index|--find-links| @ ", (ROOT / name).read_text())
    assert len(pins(name)) > 50
    assert [p for p, (version, hashes) in pins(name).items() if not version or not hashes] == []


def test_what_runs_aboard_is_what_was_tested() -> None:
    run, develop = pins(RUN), pins(DEVELOP)
    assert {p: develop.get(p) for p in run} == run


def test_no_developer_tool_is_aboard() -> None:
    tools = {canonicalize_name(Requirement(line).name) for line in EXTRAS["dev"]}
    assert len(tools) > 8
    assert tools & pins(RUN).keys() == set()


@pytest.mark.parametrize(
    ("name", "lines"),
    [
        (RUN, PROJECT["dependencies"] + EXTRAS["install"]),
        (DEVELOP, PROJECT["dependencies"] + EXTRAS["install"] + EXTRAS["dev"]),
    ],
)
def test_a_lock_has_what_the_project_asks_for(name: str, lines: list[str]) -> None:
    have = pins(name)
    for line in lines:
        wanted = Requirement(line)
        version, _ = have[canonicalize_name(wanted.name)]
        assert wanted.specifier.contains(version, prereleases=True), line


def test_there_is_no_third_lock() -> None:
    assert [p.name for p in ROOT.glob("*lock*") if p.name not in (RUN, DEVELOP)] == []
