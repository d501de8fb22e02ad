"""Block files are read block by block, and what is wrong in one is named with its place."""

from pathlib import Path

import pytest

from reference_node.chain.files import read_blocks, read_forkchoice
from reference_node.chain.types import encode_block
from reference_node.errors import ChainFileError
from tests.reference_node.worlds import World, sign


@pytest.fixture(scope="module")
def encoded() -> list[bytes]:
    """Return the RLP of three blocks."""
    world = World()
    return [encode_block(world.add(sign(0, b"\x11" * 20, nonce=nonce)).executed.block) for nonce in range(3)]


def test_blocks_come_as_they_stand_in_the_file(encoded: list[bytes], tmp_path: Path) -> None:
    path = tmp_path / "chain.rlp"
    path.write_bytes(b"".join(encoded))
    assert [encode_block(block) for block in read_blocks(path)] == encoded
    path.write_bytes(b"")
    assert list(read_blocks(path)) == []


def test_blocks_before_a_broken_one_are_read(encoded: list[bytes], tmp_path: Path) -> None:
    path = tmp_path / "chain.rlp"
    whole = b"".join(encoded)
    last = len(encoded[0]) + len(encoded[1])
    broken = {
        "but the file ends after": whole[:-1],
        "it is 9223372036854775817 bytes long": whole[:last] + b"\xff\x80" + bytes(7) + b"\1" * 90,
        "byte 0x80 starts no list": whole[:last] + b"\x80",
        "it has 1 fields, expected 3 or 4": whole[:last] + b"\xc1\xc0",
        "element is larger than containing list": whole[:last] + b"\xc2\xc0\xff",
    }
    for reason, data in broken.items():
        path.write_bytes(data)
        blocks = read_blocks(path)
        assert [encode_block(next(blocks)) for _ in range(2)] == encoded[:2]
        with pytest.raises(ChainFileError, match=rf"chain\.rlp: no block at byte {last}: .*{reason}"):
            next(blocks)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ChainFileError, match=r"chain\.rlp: No such file"):
        next(read_blocks(tmp_path / "chain.rlp"))


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", "[" * 500_000, '{"head": 1}', '{"head":"0x","safe":"0x","finalized":"0x"}']
)
def test_a_fork_choice_file_of_another_form_is_named(tmp_path: Path, text: str) -> None:
    path = tmp_path / "forkchoice.json"
    path.write_text(text)
    with pytest.raises(ChainFileError, match=r"forkchoice\.json: "):
        read_forkchoice(path)
