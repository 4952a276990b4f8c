"""How common tools are told where a replica is, ready to be copied. None of the strings holds the password."""

from dataclasses import dataclass
from urllib.parse import quote, urlencode

from psycopg.conninfo import make_conninfo

from replica.databases.credentials import Access

APPLICATION = "statetrace-reader"


@dataclass(frozen=True, slots=True)
class ReadyString:
    """slug: part of the element's id."""

    slug: str
    tool: str
    text: str
    note: str


def ready_strings(access: Access, ssl_mode: str) -> list[ReadyString]:
    """The strings of each tool. JDBC knows no socket, so a server that has no other gets none for it."""
    made = [
        ReadyString("psql", "psql", _psql(access, ssl_mode), "Asks for the password."),
        ReadyString(
            "sqlalchemy",
            "SQLAlchemy",
            _sqlalchemy(access, ssl_mode),
            "Takes the password from PGPASSWORD. For create_engine, with pool_size and max_overflow below the limit.",
        ),
        ReadyString("duckdb", "DuckDB", _duckdb(access, ssl_mode), "Takes the password from PGPASSWORD."),
    ]
    jdbc = ReadyString("jdbc", "JDBC", _jdbc(access, ssl_mode), "Give the password as a property of its own.")
    return made if access.is_local else [*made, jdbc]


def conninfo(access: Access, ssl_mode: str, **more: str) -> str:
    """The address in the form of libpq, quoted where that is needed."""
    parts = {"host": access.host, "port": access.port, "dbname": access.database, "user": access.user}
    return make_conninfo("", **parts, **({"sslmode": ssl_mode} if ssl_mode else {}), **more)


def _psql(access: Access, ssl_mode: str) -> str:
    return f'psql "{conninfo(access, ssl_mode)}"'


def _sqlalchemy(access: Access, ssl_mode: str) -> str:
    query = {"sslmode": ssl_mode} if ssl_mode else {}
    host = "" if access.is_local else f"{access.host}:{access.port}"
    if access.is_local:
        query |= {"host": access.host, "port": access.port}
    login = quote(access.user, safe="")
    options = f"?{urlencode(query)}" if query else ""
    return f"postgresql+psycopg://{login}@{host}/{quote(access.database, safe='')}{options}"


def _duckdb(access: Access, ssl_mode: str) -> str:
    text = conninfo(access, ssl_mode, application_name=APPLICATION).replace("'", "''")
    return f"INSTALL postgres; LOAD postgres; ATTACH '{text}' AS replica (TYPE postgres, READ_ONLY);"


def _jdbc(access: Access, ssl_mode: str) -> str:
    query = {"user": access.user, **({"sslmode": ssl_mode} if ssl_mode else {}), "ApplicationName": APPLICATION}
    host = f"[{access.host}]" if ":" in access.host else access.host
    return f"jdbc:postgresql://{host}:{access.port}/{quote(access.database, safe='')}?{urlencode(query)}"
