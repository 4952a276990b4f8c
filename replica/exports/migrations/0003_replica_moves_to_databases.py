from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('exports', '0002_retry'),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(
                    'ALTER TABLE exports_replica RENAME TO databases_replica',
                    'ALTER TABLE databases_replica RENAME TO exports_replica',
                ),
            ],
            state_operations=[migrations.DeleteModel(name='Replica')],
        ),
    ]
