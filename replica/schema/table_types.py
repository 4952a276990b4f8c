"""The replica document's table types, the table of each, and which of them an export may leave out."""

from replica.schema.description import TABLES

TABLE_TYPES = {table.table_type: table.name for table in TABLES}
# Without these nothing says which sessions a replica holds.
ALWAYS = ("USER_FLOW_METADATA", "SESSION_METADATA")
CHOOSABLE = [one for one in TABLE_TYPES if one not in ALWAYS]
