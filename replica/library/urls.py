"""Addresses of SQL on the organisation's replica."""

from django.urls import path

from replica.library import sql_views

app_name = "sql"
urlpatterns = [
    path("", sql_views.page, name="page"),
    path("run/", sql_views.run_sql, name="run"),
    path("csv/", sql_views.sql_csv, name="csv"),
    path("cancel/", sql_views.cancel_sql, name="cancel"),
    path("save/", sql_views.save_sql, name="save"),
    path("<int:pk>/delete/", sql_views.delete_sql, name="delete"),
]
