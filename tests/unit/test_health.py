import socket
from pathlib import Path

from controller.health import Notifier


def test_notifications_reach_the_service_manager(tmp_path: Path) -> None:
    path = str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(path)
        notifier = Notifier(path)
        for call in (notifier.ready, notifier.alive, notifier.stopping):
            call()
        notifier.status("capturing")
        said = [manager.recv(64).decode() for _ in range(4)]
    assert said == ["READY=1", "WATCHDOG=1", "STOPPING=1", "STATUS=capturing"]


def test_a_vanished_service_manager_does_no_harm(tmp_path: Path) -> None:
    notifier = Notifier(str(tmp_path / "nobody"))
    notifier.alive()
    notifier.alive()
    assert not list(tmp_path.iterdir())


def test_a_service_manager_that_does_not_read_holds_nobody_up(tmp_path: Path) -> None:
    path = str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(path)
        notifier = Notifier(path)
        for _ in range(5000):  # a queue holds a few hundred at most
            notifier.alive()
        manager.setblocking(False)
        heard = 0
        while True:
            try:
                manager.recv(64)
            except BlockingIOError:
                break
            heard += 1
        assert 0 < heard < 5000
        notifier.alive()
        assert manager.recv(64) == b"WATCHDOG=1"


def test_a_service_manager_that_comes_back_is_told_again(tmp_path: Path) -> None:
    path = tmp_path / "notify"
    notifier = Notifier(str(path))
    notifier.alive()
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(path))
        notifier.alive()
        notifier.status("run\n\x00WATCHDOG=0 \udcff")
        assert [manager.recv(64) for _ in range(2)] == [b"WATCHDOG=1", b"STATUS=run WATCHDOG=0"]
