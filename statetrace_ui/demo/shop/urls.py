from django.urls import path

from statetrace_ui.demo.shop.views import accounts, buying, catalogue, staff

urlpatterns = [
    path("", catalogue.index, name="catalogue"),
    path("up/", catalogue.up, name="up"),
    path("products/<slug:slug>/", catalogue.product, name="product"),
    path("products/<slug:slug>/goes-with/", catalogue.goes_with, name="goes_with"),
    # buying
    path("cart/", buying.cart, name="cart"),
    path("cart/add/<slug:slug>/", buying.add, name="add"),
    path("cart/change/<slug:slug>/", buying.change, name="change"),
    path("checkout/", buying.checkout, name="checkout"),
    path("orders/", buying.orders, name="orders"),
    path("orders/<slug:number>/", buying.order, name="order"),
    # account
    path("sign-in/", accounts.sign_in, name="sign_in"),
    path("sign-out/", accounts.sign_out, name="sign_out"),
    # staff
    path("staff/", staff.products, name="staff"),
    path("staff/products/<slug:slug>/price/", staff.set_price, name="set_price"),
    path("staff/products/<slug:slug>/restock/", staff.restock, name="restock"),
    path("staff/orders/", staff.orders, name="staff_orders"),
    path("staff/orders/<slug:number>/ship/", staff.ship, name="ship"),
    path("staff/orders/<slug:number>/refund/", staff.refund, name="refund"),
]
