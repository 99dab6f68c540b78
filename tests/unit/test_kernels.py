"""Kernels: compiled once whoever asks, kept by content, and told while it goes on."""

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from models import compiling, kernelcache
from models.kernel import KERNELS
from seastack import warm
from seastack.problems import UserError
from seastack.warm import Progress, line

SCRIPT = textwrap.dedent(
    """
    import sys
    from numba.core import event
    from models import kernelcache
    from models.compiling import Told
    from models.transport import diffusivity_co2
    said = []
    with event.install_listener("numba:compile", Told(lambda how, name: said.append((how, name)))):
        print("ready", flush=True)
        sys.stdin.readline()
        diffusivity_co2(40.0, 0.001)
    print(said)
    """
)


def process(cache: Path) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", SCRIPT],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "NUMBA_CACHE_DIR": str(cache)},
    )


def test_of_several_processes_one_compiles_a_kernel(tmp_path: Path) -> None:
    several = [process(tmp_path) for _ in range(3)]
    for one in several:
        assert one.stdout is not None
        assert one.stdout.readline() == "ready\n"
    said = []
    for one in several:
        assert one.stdin is not None
        one.stdin.write("\n")
        one.stdin.flush()
    for one in several:
        said.append(one.communicate()[0].strip())
        assert one.returncode == 0
    compiled = "[('begin', 'transport.diffusivity_co2'), ('end', 'transport.diffusivity_co2')]"
    assert sorted(said) == sorted([compiled, "[]", "[]"])


def test_a_copy_of_the_sources_elsewhere_finds_the_same_cache(tmp_path: Path) -> None:
    script = "from models import kernelcache; print(kernelcache.__file__, kernelcache.folder())"
    files = Path(kernelcache.__file__).parent
    (tmp_path / "models").mkdir()
    for file in files.glob("*.py"):
        (tmp_path / "models" / file.name).write_bytes(file.read_bytes())
    out = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    where, folder = out.stdout.split()
    assert where.startswith(str(tmp_path))
    assert folder == str(kernelcache.folder())


def test_what_no_kernel_depends_on_does_not_change_the_cache() -> None:
    names = {f.stem for f in kernelcache.sources()}
    assert {"flowsheet_rhs", "vle", "coefficients", "kernel"} <= names
    assert not {"engines", "capture", "compiling", "kernelcache"} & names


def test_the_cache_is_ready_only_when_that_was_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    assert not kernelcache.is_ready()
    kernelcache.mark_ready()
    assert kernelcache.is_ready()
    monkeypatch.setattr(kernelcache, "machine", lambda: "another processor")
    assert not kernelcache.is_ready()


def test_a_cache_that_cannot_be_written_guards_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "file"))
    with kernelcache.locked("x"):
        assert kernelcache.take("x") == -1


def test_the_jobs_cover_every_kernel_that_is_needed() -> None:
    needed = compiling.needed()
    assert len(needed) == len(set(needed))
    assert set(needed) <= set(KERNELS)
    assert {"vle.p_co2", "dense.solve", "flowsheet_slopes.corner"} <= set(needed)
    assert [name for name, _ in compiling.jobs("slopes")] == ["jacobian", "advance"]
    with pytest.raises(KeyError):
        compiling.jobs("other")


def test_what_is_compiled_already_is_not_compiled_again() -> None:
    told: list[str] = []
    for _ in range(2):
        told.clear()
        for half in compiling.HALVES:
            jobs = [job for job in compiling.jobs(half) if job[0] in ("report", "keep")]
            compiling.compile_all(jobs, lambda how, name: told.append(name))
    assert told == []


def test_the_progress_names_the_kernel_that_is_compiled() -> None:
    now = Progress(needed=116)
    now.hear("begin", "flowsheet_rhs.rhs")
    now.hear("begin", "vle.p_co2")
    assert line(now, 12.3) == "  kernels 0 of 116 after 12 s: vle.p_co2"
    now.hear("end", "vle.p_co2")
    assert line(now, 13.0) == "  kernels 1 of 116 after 13 s: flowsheet_rhs.rhs"
    now.hear("end", "flowsheet_rhs.rhs")
    assert (len(now.done), now.newest) == (2, "loading")


def test_a_start_that_finds_nothing_compiled_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    monkeypatch.setattr(warm, "_start", lambda: [told('{"needed": 3}', "no message")])
    warm.ensure()
    said = capsys.readouterr().err
    assert "compiling the numeric kernels, once for this version" in said
    assert "kernels ready after" in said
    warm.ensure()
    assert capsys.readouterr().err == ""


def test_a_process_that_fails_is_an_error_and_not_ready(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    monkeypatch.setattr(warm, "_start", lambda: [told("", "", code=1)])
    with pytest.raises(UserError, match="could not be compiled"):
        warm.warm_up()
    assert not kernelcache.is_ready()


def told(*lines: str, code: int = 0) -> "subprocess.Popen[str]":
    """Return a process that says lines and ends."""
    script = f"print({chr(10).join(lines)!r}); raise SystemExit({code})"
    return subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
