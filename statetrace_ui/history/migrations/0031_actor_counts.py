from django.db import migrations, models
from django.db.models.deletion import CASCADE

# Spans of ten days, of those of a day that are counted so far. Actors are counted by a job, as all was at first.
TEN_DAYS = """
INSERT INTO history_changecount (source_id, seconds, at, kind, outside, changes)
SELECT source_id, 864000, date_bin('10 days', at, 'epoch'), kind, outside, sum(changes)
FROM history_changecount WHERE seconds = 86400 GROUP BY 1, 3, 4, 5;
INSERT INTO history_tablecount (source_id, seconds, at, table_id, changes)
SELECT source_id, 864000, date_bin('10 days', at, 'epoch'), table_id, sum(changes)
FROM history_tablecount WHERE seconds = 86400 GROUP BY 1, 3, 4;
"""
BACK = "DELETE FROM history_changecount WHERE seconds = 864000; DELETE FROM history_tablecount WHERE seconds = 864000;"


class Migration(migrations.Migration):
    dependencies = [("history", "0030_rollups")]

    operations = [
        migrations.CreateModel(
            name="ActorCount",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "source_id",
                        "seconds",
                        "at",
                        "session_id",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("seconds", models.IntegerField()),
                ("at", models.DateTimeField()),
                ("session_id", models.BigIntegerField()),
                ("changes", models.BigIntegerField()),
                (
                    "source",
                    models.ForeignKey(db_constraint=False, db_index=False, on_delete=CASCADE, to="history.source"),
                ),
            ],
        ),
        migrations.CreateModel(
            name="UncountedActors",
            fields=[
                (
                    "source",
                    models.OneToOneField(
                        on_delete=CASCADE,
                        primary_key=True,
                        related_name="%(class)s",
                        serialize=False,
                        to="history.source",
                    ),
                ),
                ("below", models.BigIntegerField()),
            ],
            options={"abstract": False},
        ),
        migrations.AlterField(
            model_name="uncountedhistory",
            name="source",
            field=models.OneToOneField(
                on_delete=CASCADE, primary_key=True, related_name="%(class)s", serialize=False, to="history.source"
            ),
        ),
        migrations.RunSQL(TEN_DAYS, BACK),
    ]
