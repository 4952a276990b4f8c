import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('history', '0011_partitions'),
    ]

    operations = [
        migrations.CreateModel(
            name='Gap',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('era', models.IntegerField()),
                ('entry', models.BigIntegerField()),
                ('reason', models.CharField(choices=[('slot', 'The replication slot is gone'), ('wal', 'The server dropped WAL that was still needed'), ('read', 'Another client read the replication slot'), ('publication', 'The publication was dropped or replaced'), ('set back', 'The server was set back to an earlier state'), ('server', 'The address leads to another server'), ('disconnected', 'The source was disconnected')], max_length=12)),
                ('sentence', models.TextField(help_text='What was found, as a clause: `the replication slot x is gone`.')),
                ('detail', models.TextField(blank=True)),
                ('certain', models.BooleanField(default=True, help_text='Whether changes were missed for certain.')),
                ('since_at', models.DateTimeField(help_text='When the last transaction before it committed.')),
                ('since_lsn', models.BigIntegerField(help_text='Everything before it, in the era before, is in history.')),
                ('found_at', models.DateTimeField()),
                ('until_at', models.DateTimeField(null=True)),
                ('until_lsn', models.BigIntegerField(null=True)),
                ('closed_at', models.DateTimeField(null=True)),
                ('missed', models.BooleanField(default=True)),
                ('tries', models.IntegerField(default=0)),
                ('tried_at', models.DateTimeField(null=True)),
            ],
        ),
        migrations.RemoveConstraint(
            model_name='transaction',
            name='transaction_once',
        ),
        migrations.AddField(
            model_name='source',
            name='checked_at',
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name='source',
            name='era',
            field=models.IntegerField(db_default=0, default=0, editable=False),
        ),
        migrations.AddField(
            model_name='source',
            name='findings',
            field=models.JSONField(db_default=models.Value([], models.JSONField()), default=list, editable=False),
        ),
        migrations.AddField(
            model_name='transaction',
            name='era',
            field=models.IntegerField(db_default=0, default=0),
        ),
        migrations.AlterField(
            model_name='change',
            name='kind',
            field=models.CharField(choices=[('I', 'Inserted'), ('U', 'Updated'), ('D', 'Deleted'), ('T', 'Truncated'), ('B', 'Snapshot'), ('S', 'Snapshot begins'), ('A', 'Altered'), ('E', 'Left capture'), ('G', 'Gap')], max_length=1),
        ),
        migrations.AlterField(
            model_name='transaction',
            name='kind',
            field=models.CharField(choices=[('commit', 'Transaction'), ('baseline', 'Initial snapshot'), ('migration', 'Migration'), ('resync', 'Resynchronisation'), ('gap', 'Gap')], default='commit', max_length=10),
        ),
        migrations.AddConstraint(
            model_name='transaction',
            constraint=models.UniqueConstraint(fields=('source', 'era', 'commit_lsn'), name='transaction_once'),
        ),
        migrations.AddField(
            model_name='gap',
            name='source',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='gaps', to='history.source'),
        ),
        migrations.AddConstraint(
            model_name='gap',
            constraint=models.UniqueConstraint(fields=('source', 'era'), name='gap_once'),
        ),
        migrations.AddConstraint(
            model_name='gap',
            constraint=models.UniqueConstraint(condition=models.Q(('closed_at__isnull', True)), fields=('source',), name='gap_open_once'),
        ),
    ]
