from typing import Any

import django.contrib.postgres.indexes
import django.db.models.deletion
from django.db import migrations, models

import statetrace_ui.web.crypto
from statetrace_ui.history.chain.adoption import adopt_histories


def adopt(_: Any, __: Any) -> None:
    adopt_histories()


class Migration(migrations.Migration):
    """The chain over stored rows, and the rows that are there already taken into it. Killed, it begins again."""

    dependencies = [("history", "0012_gaps")]

    operations = [
        migrations.CreateModel(
            name='ChainKey',
            fields=[
                ('source', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='chain_key', serialize=False, to='history.source')),
                ('key', statetrace_ui.web.crypto.EncryptedTextField()),
                ('head_number', models.BigIntegerField(default=0)),
                ('head_seal', models.BinaryField(default=b'')),
            ],
        ),
        migrations.CreateModel(
            name='ChainLink',
            fields=[
                ('pk', models.CompositePrimaryKey('source_id', 'number', blank=True, editable=False, primary_key=True, serialize=False)),
                ('number', models.BigIntegerField()),
                ('kind', models.CharField(choices=[('start', 'start'), ('adopted', 'adopted'), ('rows', 'rows'), ('removed', 'removed'), ('dropped', 'dropped')], max_length=7)),
                ('at', models.BigIntegerField(help_text='Microseconds since 1970, UTC.')),
                ('changes_through', models.BigIntegerField()),
                ('changes_rows', models.BigIntegerField()),
                ('changes_root', models.BinaryField()),
                ('baseline_through', models.BigIntegerField()),
                ('baseline_rows', models.BigIntegerField()),
                ('baseline_root', models.BinaryField()),
                ('transactions_through', models.BigIntegerField()),
                ('transactions_rows', models.BigIntegerField()),
                ('transactions_root', models.BinaryField()),
                ('actions_through', models.BigIntegerField()),
                ('actions_rows', models.BigIntegerField()),
                ('actions_root', models.BinaryField()),
                ('notes', models.BigIntegerField(help_text='How many RowNotes it has.')),
                ('notes_root', models.BinaryField()),
                ('dropped_section', models.CharField(blank=True, choices=[('c', 'Changes'), ('b', 'Snapshot rows'), ('t', 'Transactions'), ('a', 'Actions'), ('s', 'Sessions'), ('r', "Tables' shapes")], max_length=1)),
                ('dropped_first', models.BigIntegerField(null=True)),
                ('dropped_last', models.BigIntegerField(null=True)),
                ('reason', models.TextField(blank=True)),
                ('digest', models.BinaryField()),
                ('source', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, to='history.source')),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('kind', 'dropped')), fields=['source', 'number'], name='chain_dropped')],
            },
        ),
        migrations.CreateModel(
            name='RowNote',
            fields=[
                ('pk', models.CompositePrimaryKey('source_id', 'section', 'row_id', 'link', blank=True, editable=False, primary_key=True, serialize=False)),
                ('section', models.CharField(choices=[('c', 'Changes'), ('b', 'Snapshot rows'), ('t', 'Transactions'), ('a', 'Actions'), ('s', 'Sessions'), ('r', "Tables' shapes")], max_length=1)),
                ('row_id', models.BigIntegerField()),
                ('link', models.BigIntegerField()),
                ('before', models.BinaryField(null=True)),
                ('after', models.BinaryField(null=True)),
                ('source', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, to='history.source')),
            ],
            options={
                'indexes': [django.contrib.postgres.indexes.BrinIndex(fields=['link'], name='row_note_by_link', pages_per_range=16)],
            },
        ),
        migrations.RunPython(adopt, migrations.RunPython.noop),
    ]
