"""Which internet addresses a webhook may go to: public ones, and for the operator's own hosts also private ones. Pure.

Whoever may enter an address could otherwise have this machine ask what only this machine can reach.
"""

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

# All that is special, whatever the version of Python knows of it: IANA's special-purpose registries.
SPECIAL = [
    *map(
        ip_network,
        (
            "0.0.0.0/8",
            "10.0.0.0/8",
            "100.64.0.0/10",  # shared by carriers (CGNAT), and a cloud's metadata
            "127.0.0.0/8",
            "168.63.129.16/32",  # a cloud's metadata at a public address
            "169.254.0.0/16",  # link-local, and most clouds' metadata
            "172.16.0.0/12",
            "192.0.0.0/24",
            "192.0.2.0/24",
            "192.88.99.0/24",
            "192.168.0.0/16",
            "198.18.0.0/15",
            "198.51.100.0/24",
            "203.0.113.0/24",
            "224.0.0.0/4",  # multicast
            "240.0.0.0/4",
            # Inside of 2000::/3, outside of which nothing is public:
            "2001::/23",  # protocols, Teredo among them
            "2001:db8::/32",
            "2002::/16",  # 6to4, which hides an IPv4 address
            "3fff::/20",
        ),
    )
]
PUBLIC_IPV6 = ip_network("2000::/3")  # neither IPv4-mapped nor NAT64, link-local, private, multicast
OWN = [*map(ip_network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "127.0.0.0/8", "fc00::/7", "::1/128"))]
METADATA = {ip_address("fd00:ec2::254")}


def is_allowed(text: str, own: bool) -> bool:
    """Whether a webhook may go to an address, as the resolver writes it. own: its host is one of the operator's."""
    try:
        address = ip_address(text)  # one with a zone, such as fe80::1%eth0, is link-local
    except ValueError:
        return False
    if own and address not in METADATA and any(address in network for network in OWN):
        return True
    return _is_public(address)


def _is_public(address: IPv4Address | IPv6Address) -> bool:
    if isinstance(address, IPv6Address) and address not in PUBLIC_IPV6:
        return False
    return address.is_global and not address.is_multicast and not any(address in network for network in SPECIAL)
