"""The same questions: a line for us, addresses of lists in their admin for the peers; None where they have no way.

Of django-pghistory only the lists of single models can be searched, so what is asked for there is asked in one table,
and of us as well. What begins with `?` a person has to write into the address: no control of the page leads there.
"""

from typing import NamedTuple

LOG = "/admin/auditlog/logentry/"
EVENTS = "/admin/pghistory/events/"
OF_TABLE = "/admin/peers/table1event/"


class Asked(NamedTuple):
    """name: of the question. {…}: what `__main__` knows of the rows."""

    name: str
    line: str
    auditlog: str | None
    pghistory: str | None


QUESTIONS = (
    Asked("everything", "", LOG, EVENTS),
    Asked("a table", "table:table_1", f"{LOG}?resource_type={{type}}", OF_TABLE),
    Asked(
        "deletions of a table",
        "table:table_1 kind:delete",
        f"{LOG}?resource_type={{type}}&action__exact=2",
        f"{OF_TABLE}?label=delete",
    ),
    Asked(
        "a record",
        "table:table_1 key:4711",
        f"{LOG}?resource_type={{type}}&object_id=4711",
        f"{OF_TABLE}?obj=peers.table1:4711",
    ),
    Asked("an actor", "actor:actor7", f"{LOG}?actor={{user}}", None),
    Asked("an actor, by the search box", "actor:actor7", f"{LOG}?q=actor7", None),
    Asked(
        "a day",
        "at:2026-01-02",
        f"{LOG}?timestamp__year=2026&timestamp__month=1&timestamp__day=2",
        None,
    ),
    Asked(
        "a day, of a table",
        "at:2026-01-02 table:table_1",
        f"{LOG}?timestamp__year=2026&timestamp__month=1&timestamp__day=2&resource_type={{type}}",
        f"{OF_TABLE}?pgh_created_at__gte=2026-01-02T00:00Z&pgh_created_at__lt=2026-01-03T00:00Z",
    ),
    Asked("a rare value of any field", 'new:="customer 4711"', f'{LOG}?q="customer 4711"', None),
    Asked(
        "a rare value of a field of a table",
        'table:table_1 field:customer new:="customer 4711"',
        None,
        f"{OF_TABLE}?customer=customer 4711",
    ),
    Asked("a value that none has", "new:=nobody", f"{LOG}?q=nobody", None),
    Asked("a part of a text that none has", "new:~nothing", f"{LOG}?q=nothing", None),
    Asked(
        "the same, of a table",
        "table:table_1 new:~nothing",
        f"{LOG}?q=nothing&resource_type={{type}}",
        f"{OF_TABLE}?q=nothing",
    ),
    Asked(
        "a number in a rare range, of a table",
        "table:table_1 field:total new:>999.99",
        None,
        f"{OF_TABLE}?total__gt=999.99",
    ),
    Asked("an address", "url:/orders/7", None, None),
    Asked("an address, of a table", "table:table_1 url:/orders/7", None, f"{OF_TABLE}?q=/orders/7"),
    Asked("outside the application, of a table", "table:table_1 outside", None, f"{OF_TABLE}?pgh_context__isnull=1"),
    Asked("a field was altered", "table:table_1 field:state", None, None),
    Asked("a field was one of four values", "table:table_1 field:state old:=paid", None, None),
    Asked("a transaction", "xid:4711", None, None),
)
