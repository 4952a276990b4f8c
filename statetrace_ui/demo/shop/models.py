"""The shop's products, stock, carts and orders. Customers are Django's users."""

from decimal import Decimal
from typing import ClassVar

from django.contrib.auth.models import User
from django.db import models


class Category(models.Model):
    name = models.CharField(max_length=40, unique=True)
    slug = models.SlugField(unique=True)
    position = models.PositiveSmallIntegerField(default=0)

    objects: ClassVar[models.Manager["Category"]] = models.Manager()

    class Meta:
        ordering = ["position"]

    def __str__(self) -> str:
        return self.name


class Product(models.Model):
    """details: facts about this product, e.g. {"origin": "Ethiopia", "roast": "light"}."""

    category = models.ForeignKey(Category, models.PROTECT, related_name="products")
    slug = models.SlugField(unique=True)
    name = models.CharField(max_length=80)
    description = models.TextField()
    price = models.DecimalField(max_digits=8, decimal_places=2)
    details = models.JSONField(default=dict)
    listed = models.BooleanField(default=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects: ClassVar[models.Manager["Product"]] = models.Manager()

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class StockLevel(models.Model):
    product = models.OneToOneField(Product, models.CASCADE, primary_key=True, related_name="stock")
    on_hand = models.IntegerField()
    updated_at = models.DateTimeField(auto_now=True)

    objects: ClassVar[models.Manager["StockLevel"]] = models.Manager()

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(on_hand__gte=0), name="stock_not_negative")]

    def __str__(self) -> str:
        return f"{self.on_hand} × {self.product}"


class CartLine(models.Model):
    customer = models.ForeignKey(User, models.CASCADE, related_name="cart")
    product = models.ForeignKey(Product, models.CASCADE)
    quantity = models.PositiveIntegerField(default=1)
    added_at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[models.Manager["CartLine"]] = models.Manager()

    class Meta:
        ordering = ["added_at"]
        constraints = [models.UniqueConstraint(fields=["customer", "product"], name="product_once_in_a_cart")]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.product}"

    @property
    def amount(self) -> Decimal:
        return Decimal(self.product.price * self.quantity)


class Order(models.Model):
    class Status(models.TextChoices):
        PAID = "paid", "Paid"
        SHIPPED = "shipped", "Shipped"
        REFUNDED = "refunded", "Refunded"

    number = models.CharField(max_length=12, unique=True)
    customer = models.ForeignKey(User, models.PROTECT, related_name="orders")
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.PAID)
    delivery_address = models.TextField()
    total = models.DecimalField(max_digits=9, decimal_places=2)
    placed_at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[models.Manager["Order"]] = models.Manager()

    class Meta:
        ordering = ["-placed_at"]

    def __str__(self) -> str:
        return self.number


class OrderLine(models.Model):
    order = models.ForeignKey(Order, models.CASCADE, related_name="lines")
    product = models.ForeignKey(Product, models.PROTECT, related_name="sold")
    quantity = models.PositiveIntegerField()
    unit_price = models.DecimalField(max_digits=8, decimal_places=2)

    objects: ClassVar[models.Manager["OrderLine"]] = models.Manager()

    def __str__(self) -> str:
        return f"{self.quantity} × {self.product}"

    @property
    def amount(self) -> Decimal:
        return self.quantity * self.unit_price


class Payment(models.Model):
    """Money in; a refund is a payment of a negative amount."""

    order = models.ForeignKey(Order, models.PROTECT, related_name="payments")
    amount = models.DecimalField(max_digits=9, decimal_places=2)
    reason = models.CharField(max_length=80, blank=True)
    at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[models.Manager["Payment"]] = models.Manager()

    def __str__(self) -> str:
        return f"{self.amount} for {self.order}"
