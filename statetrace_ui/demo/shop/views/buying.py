from typing import cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from statetrace_ui.demo.shop import ordering
from statetrace_ui.demo.shop.context import cart_size
from statetrace_ui.demo.shop.forms import CheckoutForm, QuantityForm
from statetrace_ui.demo.shop.models import CartLine, Order, OrderLine, Product


def customer_of(request: HttpRequest) -> User:
    """The signed-in customer. Every view here is behind `login_required`."""
    return cast(User, request.user)


@require_safe
@login_required
def cart(request: HttpRequest) -> HttpResponse:
    lines = list(CartLine.objects.filter(customer=customer_of(request)).select_related("product__category"))
    return render(request, "shop/cart.html", {"lines": lines, "total": sum(line.amount for line in lines)})


@require_POST
@login_required
def add(request: HttpRequest, slug: str) -> HttpResponse:
    """Writes without a transaction, as many real views do: each statement commits by itself."""
    product = get_object_or_404(Product, slug=slug, listed=True)
    line = CartLine.objects.filter(customer=customer_of(request), product=product).first()
    if line:
        line.quantity += 1
        line.save(update_fields=["quantity"])
    else:
        CartLine.objects.bulk_create([CartLine(customer=customer_of(request), product=product)])
    if request.headers.get("Accept") == "application/json":
        return JsonResponse({"size": cart_size(request)})
    return redirect("cart")


@require_POST
@login_required
def change(request: HttpRequest, slug: str) -> HttpResponse:
    form = QuantityForm(request.POST)
    if form.is_valid():
        ordering.set_quantity(customer_of(request), slug, form.cleaned_data["quantity"])
    return redirect("cart")


@require_http_methods(["GET", "POST"])
@login_required
def checkout(request: HttpRequest) -> HttpResponse:
    lines = list(CartLine.objects.filter(customer=customer_of(request)).select_related("product"))
    if not lines:
        return redirect("cart")
    form = CheckoutForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            order = ordering.place(customer_of(request), form.cleaned_data["delivery_address"])
        except ordering.OutOfStock as reason:
            messages.error(request, str(reason))
            return redirect("cart")
        messages.success(request, f"Thank you. Order {order.number} is paid and on its way to the packing table.")
        return redirect("order", order.number)
    total = sum(line.amount for line in lines)
    return render(request, "shop/checkout.html", {"lines": lines, "total": total, "form": form})


@require_safe
@login_required
def orders(request: HttpRequest) -> HttpResponse:
    return render(request, "shop/orders.html", {"orders": Order.objects.filter(customer=customer_of(request))})


@require_safe
@login_required
def order(request: HttpRequest, number: str) -> HttpResponse:
    """A customer sees only their own orders, the staff all of them."""
    visible = (
        Order.objects.all() if customer_of(request).is_staff else Order.objects.filter(customer=customer_of(request))
    )
    found = get_object_or_404(visible, number=number)
    return render(
        request,
        "shop/order.html",
        {"order": found, "lines": OrderLine.objects.filter(order=found).select_related("product")},
    )
