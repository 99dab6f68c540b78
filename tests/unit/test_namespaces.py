"""Which node a point is: a server may count its namespaces anew, a point stays what it was."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensors.driver import Identity
from sensors.errors import ConfigError
from sensors.linkmemory import LinkMemory, memory_file
from sensors.linkspec import LinkSpec
from sensors.namespaces import pin_line, resolve
from sensors.tag import NodeAddress, address_of, node_problem

OPC, A, B = "http://opcfoundation.org/UA/", "urn:quirk:a", "urn:quirk:b"
FOUND = [OPC, "urn:server", A, B]


@pytest.mark.parametrize(
    ("node", "parts"),
    [
        ("s=T", NodeAddress(0, None, "s=T")),
        ("ns=2;s=a;b=c", NodeAddress(2, None, "s=a;b=c")),
        ("nsu=urn:quirk;s=a;b", NodeAddress(0, "urn:quirk", "s=a;b")),
        ("nsu=http://x/y/;i=5", NodeAddress(0, "http://x/y/", "i=5")),
        ("nsu=a%3Bb%25c%20;i=5", NodeAddress(0, "a;b%c%20", "i=5")),
        ("nsu=urn:ä;g=09087e75-8e5e-499b-954f-f2a9603db28a",
         NodeAddress(0, "urn:ä", "g=09087e75-8e5e-499b-954f-f2a9603db28a")),
    ],
)  # fmt: skip
def test_a_node_id_is_taken_apart(node: str, parts: NodeAddress) -> None:
    assert node_problem(node) == ""
    assert address_of(node) == parts


@pytest.mark.parametrize(
    "node", ["nsu=;s=a", "nsu= urn:a;s=a", "nsu=urn:a", "nsu=urn:a;ns=2;s=a", "svr=1;ns=2;s=a",
             "nsu=urn:a\t;s=a"],
)  # fmt: skip
def test_what_is_no_node_id_is_refused_in_words(node: str) -> None:
    assert "nsu=" in node_problem(node)


@given(st.permutations(FOUND), st.sampled_from([A, B]))
def test_a_uri_is_found_wherever_it_stands(found: list[str], uri: str) -> None:
    address = NodeAddress(0, uri, "s=T")
    assert resolve([address], {}, found).index == {address: found.index(uri)}


@given(st.lists(st.sampled_from([A, B, "urn:c"]), max_size=4, unique=True))
def test_an_index_that_means_another_uri_is_never_resolved(rest: list[str]) -> None:
    address, found = NodeAddress(2, None, "s=T"), [OPC, "urn:server", *rest]
    done = resolve([address], {2: A}, found)
    assert (address in done.index) == (found[2:3] == [A])
    assert (address in done.refused) == (found[2:3] != [A])


def test_the_words_name_both_and_both_remedies() -> None:
    (remark,) = resolve([NodeAddress(2, None, "s=T")], {2: B}, FOUND).remarks
    assert remark == (
        "namespace 2 was 'urn:quirk:b' and it is 'urn:quirk:a' now: write nsu=urn:quirk:b;... at "
        'the points, or namespaces = { 2 = "urn:quirk:a" } at the link if that is right '
        "(1 point refused)"
    )
    (remark,) = resolve([NodeAddress(0, "urn:c", "s=T")], {}, FOUND).remarks
    assert remark == "the server has no namespace 'urn:c' (1 point refused)"


def test_namespace_zero_is_the_standards_own() -> None:
    address = NodeAddress(0, None, "i=2258")
    assert resolve([address], {0: "urn:x"}, []).index == {address: 0}


def test_a_person_may_trust_the_number_alone() -> None:
    address = NodeAddress(1, None, "s=T")
    spec = LinkSpec.model_validate(
        {"name": "a", "protocol": "opcua", "port": 1, "namespaces": {"1": "*", "2": "*"}}
    )
    assert resolve([address], {1: "urn:host-1", **spec.pinned}, FOUND).index == {address: 1}


def test_what_hangs_on_a_number_can_be_pinned() -> None:
    assert pin_line({}, {2: A, 3: B}, {2}) == 'namespaces = { 2 = "urn:quirk:a" }'
    assert pin_line({3: B}, {2: A, 3: B}, {2, 3}) == (
        'namespaces = { 2 = "urn:quirk:a", 3 = "urn:quirk:b" }'
    )
    assert pin_line({2: A}, {2: A}, {2}) == ""


@pytest.mark.parametrize(
    "pins", [{"two": A}, {"0": A}, {"65536": A}, {"2": ""}, {"2": " urn:a"}, {"2": A, "3": A}]
)
def test_a_pin_that_cannot_be_is_refused(pins: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="namespace"):
        LinkSpec.model_validate({"name": "a", "protocol": "opcua", "port": 1, "namespaces": pins})


def test_only_opcua_links_have_namespaces() -> None:
    with pytest.raises(ValueError, match="not a key of modbus-tcp"):
        LinkSpec.model_validate(
            {"name": "a", "protocol": "modbus-tcp", "port": 1, "namespaces": {"2": A}}
        )


WHO = Identity("Maker", "X1", "1.0", False)


def test_what_a_link_knows_survives_a_restart(tmp_path: Path) -> None:
    path = memory_file(tmp_path, "ana/lysers")
    first = LinkMemory(path)
    first.at("opc.tcp://a")
    first.learn(WHO, {2: A})
    first.learn(Identity("Maker", "", "", False), {2: B, 3: B})
    again = LinkMemory(path)
    again.at("opc.tcp://a")
    assert (again.identity, again.namespaces) == (WHO, {2: A, 3: B})
    again.at("opc.tcp://b")
    assert (again.identity, again.namespaces) == (None, {})


@pytest.mark.parametrize("text", ["", "[]", "{}", "null", "[" * 5000, '{"identity": 3}', "\0"])
def test_a_damaged_memory_is_none(tmp_path: Path, text: str) -> None:
    path = memory_file(tmp_path, "a")
    path.parent.mkdir()
    path.write_text(text)
    memory = LinkMemory(path)
    assert (memory.identity, memory.namespaces) == (None, {})
    memory.learn(WHO)
    assert LinkMemory(path).identity == WHO


def test_a_memory_that_cannot_be_written_is_only_forgotten(tmp_path: Path) -> None:
    (tmp_path / "links").write_text("in the way")
    memory = LinkMemory(memory_file(tmp_path, "a"))
    memory.learn(WHO, {2: A})
    assert memory.namespaces == {2: A}


def test_a_look_leaves_no_trace(tmp_path: Path) -> None:
    memory = LinkMemory(memory_file(tmp_path, "a"), read_only=True)
    memory.learn(WHO, {2: A})
    assert not (tmp_path / "links").exists()


def test_the_remedy_of_a_wrong_pin_names_file_and_key() -> None:
    from sensors.strictfile import parse

    with pytest.raises(ConfigError, match=r"tags\.toml: link\.a"):
        parse(
            LinkSpec,
            {"name": "a", "protocol": "opcua", "port": 1, "namespaces": {"x": A}},
            "tags.toml",
            "link.a",
        )
