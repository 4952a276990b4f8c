from typing import Any

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models

from statetrace_ui.history.relayout import partition_history


def run(_: Any, __: Any) -> None:
    partition_history()


class Migration(migrations.Migration):
    """Partitions, and keys (source, id). Not atomic: a large history is copied in batches, each for good."""

    atomic = False
    dependencies = [("history", "0010_tables")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunPython(run)],
            state_operations=[
                migrations.DeleteModel("Change"),
                migrations.DeleteModel("Action"),
                migrations.CreateModel(
                    name='Partition',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('branch', models.CharField(choices=[('stream', 'Changes'), ('baseline', 'Rows of baselines')], max_length=8)),
                        ('name', models.CharField(max_length=63, unique=True)),
                        ('first_id', models.BigIntegerField()),
                        ('end_id', models.BigIntegerField()),
                        ('sealed_at', models.DateTimeField(null=True)),
                        ('rows', models.BigIntegerField(null=True)),
                        ('bytes', models.BigIntegerField(null=True)),
                    ],
                ),
                migrations.AddField(
                    model_name='relation',
                    name='table_id',
                    field=models.IntegerField(default=None),
                    preserve_default=False,
                ),
                migrations.AddField(
                    model_name='transaction',
                    name='first_change',
                    field=models.BigIntegerField(null=True),
                ),
                migrations.AddField(
                    model_name='transaction',
                    name='last_change',
                    field=models.BigIntegerField(null=True),
                ),
                migrations.AlterField(
                    model_name='relation',
                    name='source',
                    field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, to='history.source'),
                ),
                migrations.AlterField(
                    model_name='session',
                    name='source',
                    field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, to='history.source'),
                ),
                migrations.AlterField(
                    model_name='transaction',
                    name='source',
                    field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, to='history.source'),
                ),
                migrations.CreateModel(
                    name='Table',
                    fields=[
                        ('id', models.AutoField(primary_key=True, serialize=False)),
                        ('schema_name', models.CharField(max_length=63)),
                        ('table_name', models.CharField(max_length=63)),
                        ('source', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, to='history.source')),
                    ],
                ),
                migrations.CreateModel(
                    name='Change',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('transaction_id', models.BigIntegerField()),
                        ('relation_id', models.IntegerField(null=True)),
                        ('table_id', models.IntegerField(null=True)),
                        ('kind', models.CharField(choices=[('I', 'Inserted'), ('U', 'Updated'), ('D', 'Deleted'), ('T', 'Truncated'), ('B', 'Snapshot'), ('S', 'Snapshot begins'), ('A', 'Altered'), ('E', 'Left capture')], max_length=1)),
                        ('baseline', models.BooleanField(default=False)),
                        ('record_key', models.TextField(blank=True)),
                        ('old_record_key', models.TextField(blank=True)),
                        ('old', django.contrib.postgres.fields.ArrayField(base_field=models.TextField(null=True), null=True, size=None)),
                        ('new', django.contrib.postgres.fields.ArrayField(base_field=models.TextField(null=True), null=True, size=None)),
                        ('old_absent', django.contrib.postgres.fields.ArrayField(base_field=models.SmallIntegerField(), null=True, size=None)),
                        ('new_absent', django.contrib.postgres.fields.ArrayField(base_field=models.SmallIntegerField(), null=True, size=None)),
                        ('cut', models.JSONField(null=True)),
                        ('relation', models.ForeignObject(from_fields=['source', 'relation_id'], null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='history.relation', to_fields=['source', 'id'])),
                        ('source', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, to='history.source')),
                        ('transaction', models.ForeignObject(from_fields=['source', 'transaction_id'], on_delete=django.db.models.deletion.DO_NOTHING, related_name='changes', to='history.transaction', to_fields=['source', 'id'])),
                        ('table', models.ForeignObject(from_fields=['source', 'table_id'], null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='history.table', to_fields=['source', 'id'])),
                    ],
                ),
                migrations.AddField(
                    model_name='relation',
                    name='table',
                    field=models.ForeignObject(default=None, from_fields=['source', 'table_id'], on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='history.table', to_fields=['source', 'id']),
                    preserve_default=False,
                ),
                migrations.CreateModel(
                    name='Action',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('session_id', models.BigIntegerField(null=True)),
                        ('transaction_id', models.BigIntegerField()),
                        ('key', models.TextField(help_text='The id in the annotation table; may repeat after that table was truncated.')),
                        ('url', models.TextField(blank=True)),
                        ('method', models.TextField(blank=True)),
                        ('version', models.TextField(blank=True)),
                        ('length_ms', models.FloatField(null=True)),
                        ('parent_key', models.TextField(blank=True)),
                        ('meta', models.JSONField(null=True)),
                        ('payload', models.JSONField(null=True)),
                        ('at', models.DateTimeField(help_text='When its transaction committed.')),
                        ('change_count', models.BigIntegerField(default=0)),
                        ('session', models.ForeignObject(from_fields=['source', 'session_id'], null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='actions', to='history.session', to_fields=['source', 'id'])),
                        ('source', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, to='history.source')),
                        ('transaction', models.ForeignObject(from_fields=['source', 'transaction_id'], on_delete=django.db.models.deletion.DO_NOTHING, related_name='actions', to='history.transaction', to_fields=['source', 'id'])),
                    ],
                    options={
                        'indexes': [models.Index(fields=['source', 'session_id', 'at', 'id'], name='action_by_session'), models.Index(fields=['source', 'transaction_id', 'id'], name='action_by_transaction'), models.Index(fields=['source', 'key', 'id'], name='action_by_key_and_id'), models.Index(condition=models.Q(('parent_key', ''), _negated=True), fields=['source', 'parent_key', 'id'], name='action_by_parent'), models.Index(condition=models.Q(('session_id__isnull', True)), fields=['source', '-id'], name='action_without_session')],
                    },
                ),
                migrations.AddConstraint(
                    model_name='table',
                    constraint=models.UniqueConstraint(fields=('source', 'schema_name', 'table_name'), name='table_name_once'),
                ),
            ],
        ),
    ]
