"""What the pages read of a replica, a module for each subject.

Every function takes the alias first (see `replica.databases.connections`) and works on any database that has the
replica's tables, whoever filled it: rows may be NULL where the document's own replicas have a value.
"""
