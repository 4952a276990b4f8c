from django.db import migrations, models

# What runs of retention have removed so far, as they noted it when they began.
NOTE_REMOVED = """
UPDATE history_table AS t SET removed_before = past.first_kept
FROM (SELECT source_id, (part ->> 0)::int AS table_id, max((part ->> 1)::bigint) AS first_kept
      FROM history_retentionrun, jsonb_array_elements(limits -> 'tables') AS part
      WHERE changes > 0 OR checkpoints > 0 OR partitions > 0 GROUP BY 1, 2) AS past
WHERE t.source_id = past.source_id AND t.id = past.table_id
"""


class Migration(migrations.Migration):
    dependencies = [("history", "0021_outside")]

    operations = [
        migrations.AddField(
            model_name="table",
            name="removed_before",
            field=models.BigIntegerField(default=0, db_default=0, editable=False),
        ),
        migrations.RunSQL(NOTE_REMOVED, migrations.RunSQL.noop),
    ]
