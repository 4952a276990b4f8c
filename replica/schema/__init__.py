"""The one description of the replica's fifteen tables: SQL, models, statuses, and the SQL that reads them.

Where a statement stands:

- DDL stands in `sql/schema.sql` and `sql/bookkeeping.sql`; `definition.create_tables` applies both.
- What a page reads of a replica is said by the ORM. What the ORM cannot say stands in `sql/queries.sql` under a name,
  with a sentence on what it is for; `named_queries` runs it and a test of its query function covers it.
- Any other statement (COPY, a write, a catalog look-up, DDL with names put in) has one caller and stands as a constant
  beside that caller.
"""
