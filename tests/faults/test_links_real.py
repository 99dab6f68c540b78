"""What goes wrong on real wires: kill, hang, late, swapped, NaN, turned away, busy."""

import asyncio
import os
import random
import shutil
import signal
import socket
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from subprocess import PIPE, Popen

import numpy as np
import pytest
from cryptography.x509.oid import ExtendedKeyUsageOID

from sensors.certificates import self_signed
from sensors.checks import CheckState, check
from sensors.clock import SystemClock
from sensors.drivers import make_driver
from sensors.errors import ConfigError, LinkRefused
from sensors.image import Image
from sensors.link import Link, LinkState
from sensors.opcua import OpcuaDriver
from sensors.pki import CLIENT_URI, SERVER_URI, PkiPaths, ensure_demo_pki, load_pki
from sensors.plantfile import Plant, load_plant
from sensors.quality import Quality, Reason
from sensors.tag import ModbusSource
from sim.modbus_server import ModbusRig
from sim.opcua_server import OpcuaRig
from sim.served import ServeError
from tests.patience import until
from tests.tablerig import TableRig, own_values

HOST = "127.0.0.1"
MOST_ROUNDS = 400  # of looking, until what is to be seen was seen
PERIOD_S = 0.2  # quick polling keeps the tests short; time-outs are the real ones


@pytest.fixture
def plant(demo_folder: Path) -> Plant:
    return load_plant(demo_folder)


def modbus_link(
    plant: Plant,
    port: int,
    name: str = "plc",
    seed: int = 1,
    on_change: Callable[[LinkState], None] | None = None,
) -> Link:
    spec, tags = plant.links["plc"].at(HOST, port), plant.tags_of("plc")
    clock = SystemClock()
    return Link(
        name, lambda: make_driver(spec, tags, None, clock), tags, clock, PERIOD_S, on_change,
        table=plant.tags, rng=random.Random(seed),
    )  # fmt: skip


@asynccontextmanager
async def running(*links: Link) -> AsyncIterator[None]:
    tasks = [asyncio.create_task(link.run()) for link in links]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def image_of(plant: Plant, *links: Link) -> Image:
    n = len(plant.tags)
    value = np.full(n, np.nan)
    reason = np.full(n, int(Reason.UNSET), dtype=np.uint32)
    age = np.zeros(n, dtype=np.int32)
    now = SystemClock().now_ns()
    for link in links:
        link.snapshot(value, reason, age, now)
    return Image.of(plant.tags, now, value, reason, age)


def good_share(plant: Plant, link: Link) -> float:
    image = image_of(plant, link)
    at = [plant.tags.index[t.name] for t in link.tags]
    return float(np.mean(image.quality[at] == Quality.GOOD))


def wrong_good_values(plant: Plant, image: Image, right: np.ndarray) -> list[str]:
    """Return the GOOD values that are not the one value their tag ever had."""
    close = np.isclose(image.value, right, rtol=1e-5, atol=0.06)
    bad = (image.quality == Quality.GOOD) & ~close
    return [t.name for t, b in zip(plant.tags.tags, bad, strict=True) if b]


# ---- processes: kill, stop, return --------------------------------------------------------------


class RigProcess:
    """The rig as a process; `start` uses the same port again."""

    def __init__(self, folder: Path) -> None:
        self._folder, self.port = folder, 0
        self.process: Popen[str] | None = None

    def start(self) -> None:
        command = [sys.executable, "-m", "tests.rigprocess", str(self._folder), str(self.port)]
        root = Path(__file__).parents[2]
        self.process = Popen(command, stdout=PIPE, text=True, cwd=root)
        assert self.process.stdout is not None
        self.port = int(self.process.stdout.readline())

    def signal(self, number: signal.Signals) -> None:
        assert self.process is not None
        os.kill(self.process.pid, number)

    def end(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            if self.process.stdout is not None:
                self.process.stdout.close()


@pytest.fixture
def rig_process(demo_folder: Path) -> Iterator[RigProcess]:
    process = RigProcess(demo_folder)
    process.start()
    yield process
    process.end()


async def test_stopped_killed_and_back(plant: Plant, rig_process: RigProcess) -> None:
    link = modbus_link(plant, rig_process.port)
    right = own_values(plant.tags)
    async with running(link):
        await until(lambda: good_share(plant, link) == 1.0)
        rig_process.signal(signal.SIGSTOP)
        await until(lambda: good_share(plant, link) == 0.0)
        await asyncio.sleep(1.0)
        rig_process.signal(signal.SIGCONT)
        await until(lambda: good_share(plant, link) == 1.0)
        assert wrong_good_values(plant, image_of(plant, link), right) == []
        rig_process.end()
        await until(lambda: good_share(plant, link) == 0.0)
        await asyncio.sleep(1.0)
        rig_process.start()
        await until(lambda: good_share(plant, link) == 1.0)
        assert wrong_good_values(plant, image_of(plant, link), right) == []
        assert link.state.reconnects >= 2


# ---- a server in this process -------------------------------------------------------------------


@asynccontextmanager
async def modbus_rig(plant: Plant) -> AsyncIterator[tuple[TableRig, ModbusRig]]:
    rig = TableRig(plant)
    server = ModbusRig(rig, plant, HOST, 0)
    await server.start()
    try:
        yield rig, server
    finally:
        await server.stop()


async def test_late_answers_never_become_another_tags_value(plant: Plant) -> None:
    """Answers are late by more or less than the time-out, at random."""
    rng = random.Random(4)
    async with modbus_rig(plant) as (rig, server):
        right = rig.value.copy()
        link = modbus_link(plant, server.port)
        seen_good = seen_bad = 0
        async with running(link):
            await until(lambda: good_share(plant, link) == 1.0)
            for _ in range(MOST_ROUNDS):
                if seen_good > 20 and seen_bad > 20:
                    break
                rig.transport.late_s = rng.choice([0.0, 0.0, 0.05, 0.45, 0.55, 0.9])
                for _ in range(5):
                    await asyncio.sleep(0.05)
                    image = image_of(plant, link)
                    assert wrong_good_values(plant, image, right) == []
                    seen_good += int((image.quality == Quality.GOOD).any())
                    seen_bad += int(link.state.last_error != "")
            rig.transport.late_s = 0.0
            await until(lambda: good_share(plant, link) == 1.0)
        assert seen_good
        assert seen_bad


async def test_a_hung_device_does_not_hold_its_neighbour(plant: Plant) -> None:
    async with modbus_rig(plant) as (sick, one), modbus_rig(plant) as (_, other):
        a, b = modbus_link(plant, one.port, "a"), modbus_link(plant, other.port, "b", 2)
        async with running(a, b):
            await until(lambda: good_share(plant, a) == good_share(plant, b) == 1.0)
            sick.transport.hung = True
            await until(lambda: good_share(plant, a) == 0.0)
            at, polls, seen = plant.tags.index["FT-521"], 0, float("inf")
            for _ in range(MOST_ROUNDS):
                await asyncio.sleep(0.05)
                age_ms = float(image_of(plant, b).age_ms[at])
                polls, seen = polls + int(age_ms < seen), age_ms  # younger: it was read again
                if polls == 8:
                    break
            assert polls == 8, "the neighbour is read on"
            assert good_share(plant, a) == 0.0
            sick.transport.hung = False
            await until(lambda: good_share(plant, a) == 1.0)


async def test_what_cannot_be_right_never_passes_as_good(plant: Plant) -> None:
    """NaN, 3.5 mA, swapped words: through a real server, driver, link and the checks."""
    async with modbus_rig(plant) as (rig, server):
        link = modbus_link(plant, server.port)
        async with running(link):
            await until(lambda: good_share(plant, link) == 1.0)
            state = CheckState.initial(plant.tags)

            async def judged() -> Image:
                await asyncio.sleep(2.2 * PERIOD_S)
                return check(image_of(plant, link), state)[0]

            rig.show("FT-521", float("nan"))
            rig.show("LT-521", -3.125)  # a loop current of 3.5 mA
            rig.show("TT-101", float("nan"))
            image = await judged()
            assert image.reading("FT-521").reason == Reason.NAN
            assert image.reading("LT-521").reason == Reason.NE43_LOW
            assert image.reading("TT-101").reason == Reason.RANGE
            assert image.reading("PT-101").quality == Quality.GOOD
            rig.value = own_values(plant.tags)
            rig.transport.swapped_words = True
            rig.advance()
            image = await judged()
            wide = [
                t for t in plant.tags_of("plc")
                if isinstance(t.source, ModbusSource) and t.source.type == "float32"
                and t.source.table == "input"
            ]  # fmt: skip
            assert len(wide) > 60
            assert [t.name for t in wide if image.reading(t.name).quality == Quality.GOOD] == []
            rig.transport.swapped_words = False
            image = await judged()
            assert all(image.reading(t.name).quality == Quality.GOOD for t in wide)


async def test_a_frozen_heartbeat_makes_the_plc_bad(plant: Plant) -> None:
    async with modbus_rig(plant) as (rig, server):
        driver = make_driver(plant.links["plc"].at(HOST, server.port), plant.tags_of("plc"))
        await driver.connect()
        beat = [plant.tags["HS-PLC-BEAT"]]
        rig.show("HS-PLC-BEAT", 10.0)
        assert (await driver.read(beat))[0].value == 10.0
        rig.transport.frozen_heartbeat = True
        for value in (11.0, 12.0):
            rig.show("HS-PLC-BEAT", value)
            assert (await driver.read(beat))[0].value == 10.0
        rig.transport.frozen_heartbeat = False
        rig.advance()
        assert (await driver.read(beat))[0].value == 12.0
        await driver.close()


# ---- turned away --------------------------------------------------------------------------------


async def test_certificates_and_passwords(
    plant: Plant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each of the three ways to be turned away names what a person must mend."""
    monkeypatch.delenv("SEASTACK_OPCUA_PASSWORD", raising=False)
    pki = ensure_demo_pki(tmp_path / "pki")
    rig = TableRig(plant)
    server = OpcuaRig(rig, plant, HOST, 0, pki)
    await server.start()
    try:
        spec, tags = plant.links["analysers"].at(HOST, server.port), plant.tags_of("analysers")

        async def refused(paths: PkiPaths) -> str:
            driver = OpcuaDriver(spec, tags, paths)
            with pytest.raises(LinkRefused) as caught:
                await driver.connect()
            await driver.close()
            return str(caught.value)

        def copy(name: str) -> PkiPaths:
            shutil.copytree(pki.folder, tmp_path / name)
            return PkiPaths(tmp_path / name)

        wrong = copy("password")
        wrong.password_file.write_text("not the password")
        assert "refuses user 'seastack' or its password" in await refused(wrong)

        pinned = copy("pinned")
        other = self_signed("X", SERVER_URI, ExtendedKeyUsageOID.SERVER_AUTH, tmp_path / "x.pem")
        pinned.pinned_server("analysers").write_bytes(other)
        assert "another certificate than the pinned server.der" in await refused(pinned)

        stranger = copy("stranger")
        stranger.client_key.unlink()
        stranger.client_cert.write_bytes(
            self_signed("Y", CLIENT_URI, ExtendedKeyUsageOID.CLIENT_AUTH, stranger.client_key)
        )
        assert "refuses our certificate (BadCertificateUntrusted)" in await refused(stranger)

        insecure = OpcuaDriver(spec.model_copy(update={"security": "None"}), tags)
        with pytest.raises(LinkRefused, match="does not offer security 'None'"):
            await insecure.connect()

        with pytest.raises(ServeError, match=f"port {server.port} on 127.0.0.1"):
            await OpcuaRig(rig, plant, HOST, server.port, pki).start()

        right = OpcuaDriver(spec, tags, load_pki(pki.folder))
        assert (await right.connect()).simulator
        await right.close()

        spec = spec.model_copy(update={"login": "certificate"})
        member = copy("member")
        member.password_file.unlink()
        right = OpcuaDriver(spec, tags, load_pki(member.folder, login="certificate"))
        assert (await right.connect()).simulator
        await right.close()
        member.user_key.unlink()
        member.user_cert.write_bytes(
            self_signed("Z", CLIENT_URI, ExtendedKeyUsageOID.CLIENT_AUTH, member.user_key)
        )
        assert "refuses the user certificate" in await refused(member)

        # A server about to change its certificate: both are trusted meanwhile.
        both = copy("both")
        shutil.copy(both.pinned_server("analysers"), both.trusted_servers / "analysers.next.der")
        both.pinned_server("analysers").write_bytes(other)
        right = OpcuaDriver(spec, tags, load_pki(both.folder, login="certificate"))
        assert (await right.connect()).simulator
        await right.close()
    finally:
        await server.stop()


def test_the_demo_keys_are_private_and_made_once(tmp_path: Path) -> None:
    pki = ensure_demo_pki(tmp_path / "deep" / "pki")
    for path in (pki.password_file, pki.client_key, pki.server_key):
        assert path.stat().st_mode & 0o777 == 0o600
    password = pki.password()
    assert len(password) >= 24
    assert ensure_demo_pki(pki.folder).password() == password
    assert [p.name for p in pki.folder.parent.iterdir()] == ["pki"], "nothing half-made stays"


def test_the_environment_comes_before_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pki = ensure_demo_pki(tmp_path / "pki")
    monkeypatch.setenv("SEASTACK_OPCUA_PASSWORD", "from the environment")
    assert pki.password() == "from the environment"
    monkeypatch.delenv("SEASTACK_OPCUA_PASSWORD")
    assert pki.password() == pki.password_file.read_text()


def test_a_missing_key_is_one_clear_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"our certificate: not found"):
        load_pki(tmp_path)
    pki = ensure_demo_pki(tmp_path / "pki")
    pki.password_file.unlink()
    with pytest.raises(ConfigError, match="set SEASTACK_OPCUA_PASSWORD"):
        load_pki(pki.folder)


async def test_a_busy_modbus_port_is_one_clear_error(plant: Plant) -> None:
    with socket.socket() as squatter:
        squatter.bind((HOST, 0))
        squatter.listen()
        port = squatter.getsockname()[1]
        with pytest.raises(ServeError, match=f"Modbus TCP: port {port} on 127.0.0.1 cannot be"):
            await ModbusRig(TableRig(plant), plant, HOST, port).start()
