from django.db import migrations, models
from django.db.models import Value


class Migration(migrations.Migration):
    dependencies = [("history", "0025_alerts")]

    operations = [
        migrations.AddField(
            model_name="table",
            name="foreign_keys",
            field=models.JSONField(db_default=Value([], models.JSONField()), default=list, editable=False),
        ),
    ]
