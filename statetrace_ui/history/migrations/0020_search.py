from django.db import migrations, models

# The terms of a change in the search index of its partition: a hash of each value and its place, of the row before with
# the place negative. Hashes, not values: an index keeps its keys when rows are erased, and has no room for long ones.
# The type of a value is not known here, so whatever reads as a decimal is written without zeros at its end; see
# `comparisons.canonical`. It is dear to call, so rows are asked everything else first where no index answers.
TERMS = r"""
CREATE FUNCTION history_search_terms(new text[], old text[]) RETURNS integer[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE COST 10000 AS $$
    SELECT array_agg((hashtextextended(
        CASE WHEN value ~ '^-?[0-9]+\.[0-9]+$' THEN rtrim(rtrim(value, '0'), '.') ELSE value END, place) >> 33)::integer)
    FROM (SELECT value, place FROM unnest(new) WITH ORDINALITY AS after (value, place)
          UNION ALL SELECT value, -place FROM unnest(old) WITH ORDINALITY AS before (value, place)) AS one
    WHERE value IS NOT NULL
$$
"""


class Migration(migrations.Migration):

    dependencies = [
        ('history', '0019_saved_questions'),
    ]

    operations = [
        migrations.AddField(
            model_name='transaction',
            name='outside',
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AddField(
            model_name='partition',
            name='searchable',
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AddIndex(
            model_name='transaction',
            index=models.Index(condition=models.Q(('outside', True)), fields=['source', '-id'], name='transaction_outside'),
        ),
        migrations.AddIndex(
            model_name='transaction',
            index=models.Index(fields=['source', 'xid', 'id'], name='transaction_by_xid'),
        ),
        migrations.RunSQL(TERMS, "DROP FUNCTION history_search_terms CASCADE"),
    ]
