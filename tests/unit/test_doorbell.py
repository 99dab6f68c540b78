"""The bell rings for what another process writes, and nobody looks in vain."""

import asyncio
from pathlib import Path

import pytest

from controller import doorbell
from controller.doorbell import Doorbell
from controller.inbox import Inbox, post
from tests.patience import until


async def test_it_rings_for_a_request_and_not_for_silence(state: Path) -> None:
    inbox = Inbox(state)
    post(state, "arm", {}, "bridge")
    bell, rung = Doorbell(state), list[int]()
    assert bell.works
    bell.answer(lambda: rung.append(1))
    for _ in range(20):
        await asyncio.sleep(0)
    assert rung == []
    await asyncio.to_thread(post, state, "bypass", {}, "bridge")
    await until(lambda: bool(rung))
    assert inbox.bypass_waiting()
    bell.close()
    bell.close()
    assert not bell.works
    inbox.close()


async def test_where_the_system_cannot_tell_it_never_rings(
    state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cannot(_folder: Path) -> int:
        raise OSError("no inotify here")

    monkeypatch.setattr(doorbell, "_watch", cannot)
    bell = Doorbell(state)
    assert not bell.works
    bell.answer(lambda: None)
    bell.close()


async def test_a_folder_that_is_not_there_is_no_error(tmp_path: Path) -> None:
    assert not Doorbell(tmp_path / "nowhere").works
