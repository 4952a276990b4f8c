from django.apps import AppConfig


class ShopConfig(AppConfig):
    name = "statetrace_ui.demo.shop"
    label = "shop"
