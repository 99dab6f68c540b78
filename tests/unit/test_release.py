"""A release: what it is made of, under which licences, and whether it is still that."""

import json
import re
import runpy
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from controller.historian.signing import NotSigned, make_signer
from seastack import release
from seastack.doctor import released

ROOT = Path(__file__).resolve().parents[2]
BILL = ROOT / "packaging" / "release" / "bill.py"

# What is carried of others' work, by path, and the words of NOTICE that name where it is from.
CARRIED = {
    "models/data/exhaust_4stroke_6L46B.csv": "Ecos2015PaperExtension",
    "models/data/shop_test_6L46B.csv": "Ecos2015PaperExtension",
    "models/data/marpol_test_cycles.csv": "MARPOL Annex VI, appendix II",
    "models/data/twostroke_6S65ME-C8.2-GI.csv": "MAN B&W project guides",
    "sim/data/birka.csv.gz": "Ecos2015PaperExtension",
    "sim/data/birka_daily_fuel.csv": "daily fuel and running hours",
    "tests/data/density_viscosity_amundsen2009.csv": "Amundsen et al. 2009",
    "tests/data/heat_of_absorption_kim2007.csv": "Kim and Svendsen 2007",
    "tests/data/nccc2014_absorber.csv": "Morgan et al., Ind. Eng. Chem. Res. 2018",
    "tests/data/nccc2014_intercoolers_gas_composition.csv": "CCSI-Toolset/FOQUS",
    "tests/data/nccc2014_stripper.csv": "Morgan et al., Ind. Eng. Chem. Res. 2018",
    "tests/data/nccc2017_absorber.csv": "Morgan et al., Applied Energy 2020",
    "tests/data/nccc2017_absorber_temperature_profiles.csv": "Morgan et al., Applied Energy 2020",
    "tests/data/nccc2017_stripper.csv": "Morgan et al., Applied Energy 2020",
    "tests/data/speciation_nmr.csv": "Bottinger 2007, Jakobsen 2005 and Matin 2012",
    "tests/data/vle_mea_co2_h2o.csv": "Aronu 2011, Xu and Rochelle 2011",
}
DATA = {".csv", ".gz", ".parquet", ".npz", ".xlsx", ".woff", ".woff2", ".ttf", ".otf"}
OURS = re.compile(r"^(tests/golden|tests/data/outside|docs/examples)/")


@pytest.fixture
def program(tmp_path: Path) -> Path:
    """Return a small program in the shape of this one."""
    for part in release.PARTS:
        (tmp_path / part / "data").mkdir(parents=True)
        (tmp_path / part / "a.py").write_text(f"# {part}\n")
        (tmp_path / part / "data" / "b.csv").write_text("1,2\n")
    return tmp_path


def sign(program: Path) -> str:
    signer = make_signer(program / "key")
    text = release.manifest(program, "1.2.3", signer)
    (program / "seastack" / release.NAME).write_text(text)
    return signer.public


def test_everything_carried_of_others_is_in_the_notice() -> None:
    notice = " ".join((ROOT / "NOTICE").read_text().split())
    tracked = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False
    ).stdout.split("\n")
    if tracked == [""]:  # not a repository: an unpacked archive
        tracked = [p.relative_to(ROOT).as_posix() for p in ROOT.glob("*/data/*")]
    data = {f for f in tracked if Path(f).suffix in DATA and not OURS.match(f)}
    assert data - CARRIED.keys() == set(), "say in NOTICE and here where it is from"
    assert [f for f, words in CARRIED.items() if words not in notice] == []


def test_the_bill_names_every_package_aboard_with_a_licence_that_may_come(tmp_path: Path) -> None:
    run = subprocess.run(
        [sys.executable, BILL, tmp_path], capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr
    bill = json.loads((tmp_path / "sbom.cdx.json").read_text())
    assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.6")
    pins = re.findall(r"^([\w.-]+)==(\S+)", (ROOT / "requirements.lock").read_text(), re.MULTILINE)
    named = {(c["name"], c["version"]) for c in bill["components"]}
    assert named == set(pins)
    assert all(c["licenses"] and c["hashes"] for c in bill["components"])
    assert len((tmp_path / "licences.txt").read_text().splitlines()) == len(pins)


@pytest.mark.parametrize(
    ("licence", "words"),
    [("", "says no licence"), ("GPL-3.0-only", "may not come along"), ("MIT OR Apache-2.0", "")],
)
def test_a_licence_that_may_not_come_is_told(
    licence: str, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    names: dict[str, Any] = runpy.run_path(str(BILL))
    problems = names["problems"]
    monkeypatch.setitem(problems.__globals__, "licence_of", lambda _name: licence)
    told = problems([("x", "1", [])])
    assert bool(told) == bool(words)
    assert all(words in one for one in told)


def seen(program: Path, key: str = "") -> tuple[str, str]:
    (finding,) = released(program, key)
    assert finding.seen.isprintable()
    return finding.verdict, finding.seen


def test_a_release_is_what_was_signed(program: Path) -> None:
    assert seen(program) == ("ok", "none: built from source")
    key = sign(program)
    assert seen(program, key) == ("ok", f"1.2.3, 12 files: as signed by {key[:16]}")
    assert seen(program)[0] == "look"
    assert seen(program, "0" * 64)[1].endswith(f"signed by another key: {key}")
    (program / "sim" / "__pycache__").mkdir()
    (program / "sim" / "__pycache__" / "a.pyc").write_text("made here")
    assert seen(program, key)[0] == "ok"


@pytest.mark.parametrize("how", ["changed", "missing", "not of the release"])
def test_a_file_that_is_another_is_told(program: Path, how: str) -> None:
    key = sign(program)
    path = program / "controller" / ("new.py" if how == "not of the release" else "a.py")
    path.unlink() if how == "missing" else path.write_text("# other\n")
    verdict, text = seen(program, key)
    assert verdict == "wrong"
    assert f"controller/{path.name} " in text
    assert how in text


def test_a_manifest_that_was_changed_is_told(program: Path) -> None:
    key = sign(program)
    path = program / "seastack" / release.NAME
    path.write_text(path.read_text().replace("1.2.3", "1.2.4"))
    assert seen(program, key)[0] == "wrong"
    with pytest.raises(NotSigned, match="signature is wrong"):
        release.read_manifest(program)


@pytest.mark.slow
def test_the_wheel_of_a_release_is_what_the_manifest_says(tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    skipped = shutil.ignore_patterns(".venv", ".git", "state", "dist", "__pycache__", ".*_cache")
    shutil.copytree(ROOT, tree, ignore=skipped)
    signer = make_signer(tmp_path / "key")
    text = release.manifest(tree, "0.1.0", signer)
    (tree / "seastack" / release.NAME).write_text(text)
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(build, cwd=tree, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "installed")
    assert seen(tmp_path / "installed", signer.public)[0] == "ok"
