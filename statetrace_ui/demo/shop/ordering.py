"""The shop's writes that take several statements or raw SQL."""

from django.contrib.auth.models import User
from django.db import connection, transaction
from django.utils.crypto import get_random_string

from statetrace_ui.demo.shop.models import CartLine, Order, OrderLine, Payment, StockLevel


class OutOfStock(Exception):
    """A product's stock is too small; nothing was bought."""


def set_quantity(customer: User, slug: str, quantity: int) -> None:
    """Change a line of the cart, or delete it if the quantity is 0. By raw SQL, as in some real shops."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE shop_cartline SET quantity = %s FROM shop_product "
            "WHERE shop_product.id = product_id AND slug = %s AND customer_id = %s",
            [max(quantity, 1), slug, customer.pk],
        )
    if quantity == 0:
        CartLine.objects.filter(customer=customer, product__slug=slug).delete()


@transaction.atomic
def place(customer: User, delivery_address: str) -> Order:
    """Turn the cart into a paid order, all or nothing. Raises OutOfStock."""
    lines = list(CartLine.objects.filter(customer=customer).select_related("product"))
    order = Order.objects.create(
        number=get_random_string(8, "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"),
        customer=customer,
        delivery_address=delivery_address,
        total=sum(line.amount for line in lines),
    )
    for line in lines:
        take_from_stock(line)
    OrderLine.objects.bulk_create(
        OrderLine(order=order, product=line.product, quantity=line.quantity, unit_price=line.product.price)
        for line in lines
    )
    Payment.objects.create(order=order, amount=order.total)
    CartLine.objects.filter(customer=customer).delete()
    return order


def take_from_stock(line: CartLine) -> None:
    stock = StockLevel.objects.select_for_update().get(product=line.product)
    if stock.on_hand < line.quantity:
        raise OutOfStock(f"Only {stock.on_hand} of “{line.product}” are left. Take fewer and try again.")
    stock.on_hand -= line.quantity
    stock.save()


@transaction.atomic
def refund(order: Order, reason: str) -> None:
    """Return the money, and put the ordered products back into stock."""
    Payment.objects.create(order=order, amount=-order.total, reason=reason)
    for line in OrderLine.objects.filter(order=order):
        stock = StockLevel.objects.select_for_update().get(product=line.product)
        stock.on_hand += line.quantity
        stock.save()
    order.status = Order.Status.REFUNDED
    order.save(update_fields=["status"])
