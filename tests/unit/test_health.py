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
