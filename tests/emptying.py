"""Empties the dashboard's database and the store after a test that committed to them.

Django truncates every table and makes all permissions anew, which takes fifteen times as long as to delete the few rows
that a test leaves.
"""

from typing import Any

import psycopg
from django.db import connection, transaction
from django.test import TransactionTestCase
from psycopg import sql

# `migrate` fills them once, and no test writes to them.
STANDING = {"django_content_type", "auth_permission"}


def empty_database(_test: TransactionTestCase) -> None:
    names = connection.introspection.django_table_names(only_existing=True, include_views=False)
    quoted = [connection.ops.quote_name(name) for name in names if name not in STANDING]
    any_row = " UNION ALL ".join(f"SELECT '{name}' WHERE EXISTS (SELECT FROM {name})" for name in quoted)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")  # checks no foreign key
        cursor.execute(any_row)
        for (name,) in cursor.fetchall():
            cursor.execute(f"DELETE FROM {name}")


def empty_store(store: psycopg.Connection[Any]) -> None:
    """Truncate the tables that hold anything, which are few: a table with its indexes takes as long as a connection."""
    tables = store.execute(
        "SELECT schemaname, tablename FROM pg_tables WHERE schemaname IN ('public', 'bookkeeping')"
    ).fetchall()
    for name in (sql.Identifier(*table) for table in tables):
        if store.execute(sql.SQL("SELECT EXISTS (SELECT FROM {})").format(name)).fetchone() == (True,):
            store.execute(sql.SQL("TRUNCATE {} CASCADE").format(name))
