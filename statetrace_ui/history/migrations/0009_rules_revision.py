from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("history", "0008_source_continuity")]

    operations = [
        migrations.AddField("source", "rules_revision", models.BigIntegerField(default=0, editable=False)),
    ]
