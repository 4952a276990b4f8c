from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("history", "0007_annotations")]

    operations = [
        migrations.AddField("source", "publication_oid", models.BigIntegerField(editable=False, null=True)),
        migrations.AddField("source", "timeline", models.BigIntegerField(editable=False, null=True)),
        migrations.AddField("source", "diverged", models.BooleanField(default=False, editable=False)),
        migrations.AddField("source", "error_detail", models.TextField(blank=True)),
        migrations.AddField("change", "cut", models.JSONField(null=True)),
    ]
