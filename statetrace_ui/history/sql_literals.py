"""Writes names, values and comparisons as SQL that means the same under every setting of a session. Pure.

What cannot be seen is written as an escape: a reviewer sees all that a database reads.
"""

import re

# PostgreSQL's own types, as format_type() calls them. Others without a schema are those of `public`: capture takes
# that name off (wal/type_names.py), and a session may have another search path.
BUILT_IN = frozenset(
    """"char";aclitem;bigint;bit;bit varying;boolean;box;bytea;character;character varying;cid;cidr;circle;date;
    datemultirange;daterange;double precision;gtsvector;inet;int2vector;int4multirange;int4range;int8multirange;
    int8range;integer;interval;json;jsonb;jsonpath;line;lseg;macaddr;macaddr8;money;name;numeric;nummultirange;numrange;
    oid;oidvector;path;pg_brin_bloom_summary;pg_brin_minmax_multi_summary;pg_dependencies;pg_lsn;pg_mcv_list;
    pg_ndistinct;pg_node_tree;pg_snapshot;point;polygon;real;refcursor;regclass;regcollation;regconfig;regdictionary;
    regnamespace;regoper;regoperator;regproc;regprocedure;regrole;regtype;smallint;text;tid;time with time zone;
    time without time zone;timestamp with time zone;timestamp without time zone;tsmultirange;tsquery;tsrange;
    tstzmultirange;tstzrange;tsvector;txid_snapshot;uuid;xid;xid8;xml""".replace("\n    ", "").split(";")
)
# Types whose equality is that of their values. Boxes are equal by area, intervals by length, json not at all: of all
# other types the texts are compared, which both sides have from the same session.
COMPARABLE = frozenset(
    """bigint;boolean;bytea;character;character varying;cidr;date;double precision;inet;integer;jsonb;macaddr;name;
    numeric;oid;real;smallint;text;time with time zone;time without time zone;timestamp with time zone;
    timestamp without time zone;uuid""".replace("\n    ", "").split(";")
)
MODIFIER = re.compile(r"\(-?\d+(?:,-?\d+)?\)")
TYPE = re.compile(r"(?:[\w .]|\"(?:[^\"]|\"\")+\"|\(-?\d+(?:,-?\d+)?\)|\[\])+")


def identifier(*parts: str) -> str:
    """A quoted name: `"public"."orders"`."""
    return ".".join(map(_name, parts))


def literal(text: str | None, type_name: str) -> str:
    """A value as a typed literal: `'19.90'::numeric(10,2)`; without its type where that has no name to trust."""
    if text is None:
        return "NULL"
    kind = cast_name(type_name)
    return f"{untyped(text)}::{kind}" if kind else untyped(text)


def equals(column: str, text: str | None, type_name: str) -> str:
    """The condition that a column has the value, in text form, or is NULL."""
    if text is None:
        return f"{_name(column)} IS NULL"
    if MODIFIER.sub("", type_name) in COMPARABLE:
        return f"{_name(column)} = {literal(text, type_name)}"
    written = literal(text, type_name)
    return f"{_name(column)}::text = {written}" + ("::text" if cast_name(type_name) else "")


def cast_name(type_name: str) -> str:
    """The type as a cast names it; '' if it has no name to trust."""
    if not TYPE.fullmatch(type_name) or not type_name.isprintable():
        return ""
    plain = MODIFIER.sub("", type_name).removesuffix("[]")
    if plain in BUILT_IN or plain.startswith("interval ") or "." in re.sub(r'"(?:[^"]|"")+"', "", type_name):
        return type_name
    return f"public.{type_name}"


def comment(text: str) -> str:
    """A line of a comment: no text of others can end it, or show what is not there."""
    return "".join(char if char.isprintable() else "?" for char in " ".join(f"-- {text}".split()))


def _name(text: str) -> str:
    if text.isprintable():
        return '"' + text.replace('"', '""') + '"'
    doubled = text.replace("\\", "\\\\").replace('"', '""')
    return 'U&"' + "".join(char if char.isprintable() else f"\\+{ord(char):06x}" for char in doubled) + '"'


def untyped(text: str) -> str:
    """A constant of unknown type, which PostgreSQL reads as that of its place."""
    if text.isprintable() and "\\" not in text:
        return "'" + text.replace("'", "''") + "'"
    doubled = text.replace("\\", "\\\\").replace("'", "''")
    return "E'" + "".join(char if char.isprintable() else _escape(char) for char in doubled) + "'"


def _escape(char: str) -> str:
    return {"\n": "\\n", "\r": "\\r", "\t": "\\t"}.get(char) or f"\\U{ord(char):08x}"
