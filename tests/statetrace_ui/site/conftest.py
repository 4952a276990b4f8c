"""An installation of one's own, with a database to connect."""

from tests.own_site import folder, shop, shop_address

__all__ = ["folder", "shop", "shop_address"]
