from django.db import migrations


class Migration(migrations.Migration):
    initial = True
    dependencies = []
    operations = [
        migrations.RunSQL(
            # Also runs where the table was made by hand before this app was installed.
            "CREATE TABLE IF NOT EXISTS statetrace_annotations "
            "(id text PRIMARY KEY, kind text, meta json, payload json)",
            "DROP TABLE IF EXISTS statetrace_annotations",
        )
    ]
