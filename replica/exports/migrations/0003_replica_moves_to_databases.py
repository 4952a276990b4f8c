from django.db import migrations

RENAME = "UPDATE django_content_type SET app_label = '%s' WHERE app_label = '%s' AND model = 'replica'"


class Migration(migrations.Migration):

    dependencies = [
        ('contenttypes', '0002_remove_content_type_name'),
        ('exports', '0002_retry'),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(
                    'ALTER TABLE exports_replica RENAME TO databases_replica',
                    'ALTER TABLE databases_replica RENAME TO exports_replica',
                ),
                # Rights that were given on the model stay: they refer to its content type.
                migrations.RunSQL(RENAME % ('databases', 'exports'), RENAME % ('exports', 'databases')),
            ],
            state_operations=[migrations.DeleteModel(name='Replica')],
        ),
    ]
