from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from statetrace_ui.demo.shop import recommending
from statetrace_ui.demo.shop.models import Category, Product
from statetrace_ui.demo.shop.variant import variant_of


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """All listed products. The page's own script searches and sorts."""
    products = Product.objects.filter(listed=True).select_related("category", "stock")
    return render(request, "shop/catalogue.html", {"products": products, "categories": Category.objects.all()})


@require_safe
def product(request: HttpRequest, slug: str) -> HttpResponse:
    found = get_object_or_404(Product.objects.select_related("category", "stock"), slug=slug, listed=True)
    return render(request, "shop/product.html", {"product": found})


@require_safe
def goes_with(request: HttpRequest, slug: str) -> JsonResponse:
    """Products that others bought with this one: {"products": [{"name", "url", "price", "category", "times"}]}."""
    found = get_object_or_404(Product, slug=slug)
    find = recommending.product_by_product if variant_of(request) == "slow" else recommending.at_once
    return JsonResponse({"products": [recommending.as_json(*row) for row in find(found)]})


@require_safe
def up(_: HttpRequest) -> HttpResponse:
    """An almost empty page that needs no database."""
    return HttpResponse('<!doctype html><title>Up</title><link rel="icon" href="data:,">The shop is up.')
