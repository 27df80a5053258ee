"""The address book: real addresses where the system allows them, mapped ones elsewhere."""

import errno
import socket
from collections.abc import Iterator

import pytest

from albc.local.network import AddressBook, Unconnected, free_port

UNROUTABLE = "203.0.113.9"  # documentation range: on no machine's interfaces


@pytest.fixture
def book() -> AddressBook:
    return AddressBook()


@pytest.fixture
def taken() -> Iterator[tuple[str, int]]:
    with socket.socket() as other_program:
        other_program.bind(("127.0.0.1", 0))
        other_program.listen()
        yield other_program.getsockname()


def test_a_free_loopback_port_is_served_as_asked(book: AddressBook) -> None:
    with book.listen("127.0.0.1", 0) as bound:
        port = bound.getsockname()[1]

        assert book.resolve("127.0.0.1", port) == ("127.0.0.1", port)
        assert book.mapped() == {}


def test_an_address_that_the_system_does_not_have_is_mapped_to_loopback(book: AddressBook) -> None:
    with book.listen(UNROUTABLE, 8080) as bound:
        assert book.resolve(UNROUTABLE, 8080) == bound.getsockname()
        assert book.mapped() == {(UNROUTABLE, 8080): bound.getsockname()}
        assert bound.getsockname()[0] == "127.0.0.1"


def test_a_port_that_another_program_holds_is_mapped(book: AddressBook, taken: tuple[str, int]) -> None:
    with book.listen(*taken) as bound:
        assert bound.getsockname() != taken
        assert book.resolve(*taken) == bound.getsockname()


def test_tcp_and_udp_of_one_mapped_port_share_its_number(book: AddressBook) -> None:
    with (
        book.listen(UNROUTABLE, 53) as tcp,
        book.listen(UNROUTABLE, 53, type=socket.SOCK_DGRAM) as udp,
    ):
        assert tcp.getsockname() == udp.getsockname()


def test_a_released_place_is_its_own_answer_again(book: AddressBook) -> None:
    book.listen(UNROUTABLE, 8080).close()
    book.release(UNROUTABLE, 8080)

    assert book.resolve(UNROUTABLE, 8080) == (UNROUTABLE, 8080)


def test_a_place_is_given_away_once(book: AddressBook) -> None:
    with book.listen(UNROUTABLE, 8080), pytest.raises(OSError, match="8080") as refusal:
        book.listen(UNROUTABLE, 8080)

    assert refusal.value.errno == errno.EADDRINUSE


def test_an_unknown_place_resolves_to_itself(book: AddressBook) -> None:
    assert book.resolve("127.18.0.1", 443) == ("127.18.0.1", 443)


@pytest.mark.anyio
async def test_connecting_goes_where_the_book_says(book: AddressBook) -> None:
    with book.listen(UNROUTABLE, 80):
        _, writer = await book.connect(UNROUTABLE, 80)

        assert writer.get_extra_info("peername") == book.resolve(UNROUTABLE, 80)
        writer.close()
        await writer.wait_closed()


@pytest.mark.anyio
async def test_a_refused_connection_says_that_nobody_listens(book: AddressBook, taken: tuple[str, int]) -> None:
    with book.listen("127.0.0.1", 0) as gone:
        port = gone.getsockname()[1]

    with pytest.raises(Unconnected, match=str(port)) as refused:
        await book.connect("127.0.0.1", port)

    assert not refused.value.timed_out


def test_a_source_that_the_system_does_not_have_is_not_usable(book: AddressBook) -> None:
    assert book.usable_source(UNROUTABLE) is None
    assert book.usable_source("127.0.0.1") == "127.0.0.1"


def test_a_port_that_is_taken_gives_way_to_the_next_free_one(taken: tuple[str, int]) -> None:
    assert free_port(taken[1]) > taken[1]


def test_any_port_stays_any_port() -> None:
    assert free_port(0) == 0
