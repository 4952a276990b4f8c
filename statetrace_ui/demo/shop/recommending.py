"""Recommends products that were sold together with a product, most often first."""

from typing import Any

from django.db.models import Count
from django.urls import reverse

from statetrace_ui.demo.shop.models import OrderLine, Product

SHOWN = 4


def at_once(product: Product) -> list[tuple[Product, int]]:
    """The fast way: one query, counted by the database."""
    counted = (
        Product.objects.filter(listed=True, sold__order__lines__product=product)
        .exclude(pk=product.pk)
        .annotate(times=Count("sold__order", distinct=True))
        .select_related("category")
        .order_by("-times", "name")
    )
    return [(other, other.times) for other in counted[:SHOWN]]


def product_by_product(product: Product) -> list[tuple[Product, int]]:
    """The slow variant's way: a query per product, and one per order line of each product."""
    counted = []
    for other in Product.objects.filter(listed=True).exclude(pk=product.pk):
        lines = OrderLine.objects.filter(product=other)
        times = sum(OrderLine.objects.filter(order=line.order, product=product).exists() for line in lines)
        if times:
            counted.append((other, times))
    return sorted(counted, key=lambda row: (-row[1], row[0].name))[:SHOWN]


def as_json(product: Product, times: int) -> dict[str, Any]:
    return {
        "name": product.name,
        "url": reverse("product", args=[product.slug]),
        "price": str(product.price),
        "category": product.category.slug,
        "times": times,
    }
