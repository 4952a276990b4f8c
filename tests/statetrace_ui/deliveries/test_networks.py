"""Which internet addresses a webhook may go to."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from statetrace_ui.deliveries.networks import is_allowed

PUBLIC = ["8.8.8.8", "185.199.108.153", "2606:4700:4700::1111", "2a00:1450:4001:82f::200e"]
OWN = ["127.0.0.1", "127.8.9.10", "10.0.0.5", "172.16.0.1", "172.31.255.255", "192.168.1.1", "::1", "fd12:3456::1"]
NEVER = [
    "0.0.0.0",
    "100.64.0.1",
    "100.100.100.200",
    "168.63.129.16",
    "169.254.169.254",
    "169.254.0.1",
    "192.0.0.8",
    "192.0.2.1",
    "192.88.99.1",
    "198.18.0.1",
    "198.51.100.7",
    "203.0.113.9",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::7f00:1",
    "::ffff:127.0.0.1",
    "::ffff:8.8.8.8",
    "::ffff:0:8.8.8.8",
    "64:ff9b::7f00:1",
    "64:ff9b::808:808",
    "64:ff9b:1::a00:1",
    "100::1",
    "2001::1",
    "2001:db8::1",
    "2002:7f00:1::",
    "3fff::1",
    "fd00:ec2::254",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "ff02::1",
    "localhost",
    "",
]


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_are_allowed(address: str) -> None:
    assert is_allowed(address, own=False)


@pytest.mark.parametrize("address", OWN)
def test_private_addresses_are_for_hosts_of_the_operator(address: str) -> None:
    assert (is_allowed(address, own=False), is_allowed(address, own=True)) == (False, True)


@pytest.mark.parametrize("address", NEVER)
def test_other_special_addresses_are_for_nobody(address: str) -> None:
    assert (is_allowed(address, own=False), is_allowed(address, own=True)) == (False, False)


@given(st.ip_addresses(v=4) | st.ip_addresses(v=6))
def test_what_python_knows_as_not_public_is_not_public_here(address: object) -> None:
    if is_allowed(str(address), own=False):
        assert address.is_global  # type: ignore[attr-defined]
        assert not address.is_multicast  # type: ignore[attr-defined]
