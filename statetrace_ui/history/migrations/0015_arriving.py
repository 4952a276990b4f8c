from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("history", "0014_retention")]

    operations = [
        migrations.AddField(
            model_name="source",
            name="arriving",
            field=models.JSONField(default=list, db_default=models.Value([], models.JSONField()), editable=False),
        ),
    ]
