from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("history", "0015_arriving")]
    operations = [
        migrations.AddField("source", "annotation_messages", models.BooleanField(default=False, db_default=False))
    ]
