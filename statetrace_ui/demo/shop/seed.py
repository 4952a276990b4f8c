"""Stocks the shop: the products of products.json, the demo's people, and some past orders."""

import json
import random
from pathlib import Path

from django.contrib.auth.models import User
from django.db import transaction

from statetrace_ui.demo.shop.models import CartLine, Category, Product, StockLevel
from statetrace_ui.demo.shop.ordering import place
from statetrace_ui.demo.shop.people import PEOPLE, add_people

PAST_ORDERS = 60
ADDRESS = "14 Quay Lane\nBristol BS1 4RN"


@transaction.atomic
def seed() -> None:
    """Stock the shop, unless it has products already."""
    if Product.objects.exists():
        return
    add_people()
    for position, category in enumerate(json.loads((Path(__file__).parent / "products.json").read_text())):
        _stock(Category.objects.create(name=category["name"], slug=category["slug"], position=position), category)
    _past_orders(random.Random(1))  # noqa: S311 - the same orders on every machine


def _stock(category: Category, described: dict[str, list[dict[str, object]]]) -> None:
    products = Product.objects.bulk_create(Product(category=category, **values) for values in described["products"])
    StockLevel.objects.bulk_create(StockLevel(product=product, on_hand=400) for product in products)


def _past_orders(chance: random.Random) -> None:
    """Orders of two to four products each, so that there is something to recommend."""
    products = list(Product.objects.order_by("pk"))
    customers = list(User.objects.filter(username__in=[name for name, _, _, staff in PEOPLE if not staff]))
    for _ in range(PAST_ORDERS):
        customer = chance.choice(customers)
        chosen = chance.sample(products, chance.randint(2, 4))
        CartLine.objects.bulk_create(CartLine(customer=customer, product=product) for product in chosen)
        place(customer, ADDRESS)
