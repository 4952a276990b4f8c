from django.contrib import messages
from django.contrib.auth.decorators import user_passes_test
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from statetrace_ui.demo.shop import ordering
from statetrace_ui.demo.shop.forms import PriceForm, QuantityForm, RefundForm
from statetrace_ui.demo.shop.models import Order, Product

staff_only = user_passes_test(lambda user: user.is_staff)


@require_safe
@staff_only
def products(request: HttpRequest) -> HttpResponse:
    listed = Product.objects.select_related("category", "stock").order_by("category", "name")
    return render(request, "shop/staff_products.html", {"products": listed})


@require_POST
@staff_only
def set_price(request: HttpRequest, slug: str) -> HttpResponse:
    product = get_object_or_404(Product, slug=slug)
    form = PriceForm(request.POST)
    if form.is_valid():
        product.price = form.cleaned_data["price"]
        product.save(update_fields=["price", "updated_at"])
        messages.success(request, f"{product} now costs £{product.price}.")
    else:
        messages.error(request, "A price is a number of pounds, such as 12.50.")
    return redirect("staff")


@require_POST
@staff_only
def restock(request: HttpRequest, slug: str) -> HttpResponse:
    """One raw statement, without a transaction."""
    product = get_object_or_404(Product, slug=slug)
    form = QuantityForm(request.POST)
    if form.is_valid():
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE shop_stocklevel SET on_hand = on_hand + %s, updated_at = now() WHERE product_id = %s",
                [form.cleaned_data["quantity"], product.pk],
            )
        messages.success(request, f"{form.cleaned_data['quantity']} more of {product}.")
    return redirect("staff")


@require_safe
@staff_only
def orders(request: HttpRequest) -> HttpResponse:
    latest = Order.objects.select_related("customer").prefetch_related("lines__product")[:50]
    return render(request, "shop/staff_orders.html", {"orders": latest})


@require_POST
@staff_only
def ship(request: HttpRequest, number: str) -> HttpResponse:
    order = get_object_or_404(Order, number=number, status=Order.Status.PAID)
    order.status = Order.Status.SHIPPED
    order.save(update_fields=["status"])
    messages.success(request, f"Order {order} is on its way.")
    return redirect("staff_orders")


@require_POST
@staff_only
def refund(request: HttpRequest, number: str) -> HttpResponse:
    order = get_object_or_404(Order.objects.exclude(status=Order.Status.REFUNDED), number=number)
    form = RefundForm(request.POST)
    if form.is_valid():
        ordering.refund(order, form.cleaned_data["reason"])
        messages.success(request, f"£{order.total} went back to {order.customer.get_full_name()}.")
    return redirect("staff_orders")
