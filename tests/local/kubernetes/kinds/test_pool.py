"""Pools of addresses and ports."""

from ipaddress import IPv4Network

import pytest

from albc.local.kubernetes.kinds.pool import AddressRange, Exhausted, Pool


def test_a_value_that_was_given_back_is_not_given_again_at_once() -> None:
    pool = Pool(range(3))
    first = pool.pick()
    pool.take(first)
    pool.release(first)
    assert pool.pick() != first


def test_a_taken_value_is_passed_over() -> None:
    pool = Pool(range(3))
    pool.take(0)
    pool.take(1)
    assert [pool.pick(), pool.pick()] == [2, 2]


def test_an_empty_pool_says_so() -> None:
    pool = Pool(range(1))
    pool.take(0)
    with pytest.raises(Exhausted):
        pool.pick()


def test_addresses_begin_at_the_first_and_leave_out_broadcast() -> None:
    addresses = AddressRange(IPv4Network("127.19.64.0/24"), 10)
    assert (addresses[0], addresses[-1], len(addresses)) == ("127.19.64.10", "127.19.64.254", 245)
