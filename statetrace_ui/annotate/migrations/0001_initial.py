from django.db import migrations

from statetrace_ui.annotate import conf, transport


def make_table(apps, schema_editor):
    """Messages need none."""
    if not conf.by_message():
        transport.make_table(schema_editor.connection)


class Migration(migrations.Migration):
    initial = True
    dependencies = []
    operations = [
        migrations.RunPython(make_table, migrations.RunPython.noop),
        migrations.RunSQL(migrations.RunSQL.noop, "DROP TABLE IF EXISTS statetrace_annotations"),
    ]
