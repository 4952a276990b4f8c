from django.db import migrations

# What an index finds is looked at again. Where that seems very dear, a planner rather reads all entries of the primary
# key to look at a few rows less.
ALTER = "ALTER FUNCTION history_search_terms(text[], text[]) COST %s"


class Migration(migrations.Migration):

    dependencies = [
        ('history', '0028_builds'),
    ]

    operations = [migrations.RunSQL(ALTER % 300, ALTER % 10000)]
