"""The owner number of an installation: made once, kept, never in the way of a start."""

import logging
import stat
from pathlib import Path

import pytest

from controller.installation import owner_id_of


def test_made_once_and_kept(state: Path) -> None:
    number = owner_id_of(state)
    assert 1 <= number <= 65535
    assert owner_id_of(state) == number
    assert stat.S_IMODE((state / "owner_id").stat().st_mode) == 0o600
    assert [p.name for p in state.iterdir()] == ["owner_id"]


def test_two_installations_are_two_owners(tmp_path: Path) -> None:
    numbers = set()
    for k in range(20):
        folder = tmp_path / str(k)
        folder.mkdir()
        numbers.add(owner_id_of(folder))
    assert len(numbers) > 18


@pytest.mark.parametrize(
    "content", [b"", b"0\n", b"65536", b"-4", b"1.5", b"\xff\xfe", b"7" * 100_000, b"4711 4712"]
)
def test_a_damaged_file_is_said_and_replaced(
    state: Path, content: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    (state / "owner_id").write_bytes(content)
    with caplog.at_level(logging.WARNING):
        number = owner_id_of(state)
    assert "is damaged" in caplog.text
    assert str(number) in caplog.text
    assert owner_id_of(state) == number


def test_a_link_to_another_file_is_not_followed(state: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.write_text("12\n")
    (state / "owner_id").symlink_to(other)
    number = owner_id_of(state)
    assert other.read_text() == "12\n"
    assert owner_id_of(state) == number
    assert not (state / "owner_id").is_symlink()


def test_a_directory_in_its_place_keeps_nobody_from_starting(
    state: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (state / "owner_id").mkdir()
    assert 1 <= owner_id_of(state) <= 65535
    assert "cannot be kept" in caplog.text
