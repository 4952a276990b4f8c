from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("history", "0011_partitions")]
    operations = [
        migrations.AddField("source", "annotation_messages", models.BooleanField(default=False, db_default=False))
    ]
