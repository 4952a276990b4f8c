"""The model moved here from the exports, and its table with it: exports 0003 renames that."""

import django.db.models.deletion
import statetrace_ui.web.crypto
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('exports', '0003_replica_moves_to_databases'),
        ('web', '0001_initial'),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.CreateModel(
                    name='Replica',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('database', models.CharField(max_length=63, unique=True)),
                        ('login_role', models.CharField(max_length=63, unique=True)),
                        ('connection_limit', models.PositiveIntegerField(default=5)),
                        ('owner_url', statetrace_ui.web.crypto.EncryptedTextField(blank=True, help_text='How exports write it. Empty: somebody else fills this replica.')),
                        ('reader_url', statetrace_ui.web.crypto.EncryptedTextField(blank=True, help_text='How this dashboard reads it, with a SELECT-only role.')),
                        ('provisioned_at', models.DateTimeField(blank=True, null=True)),
                        ('credentials_reset_at', models.DateTimeField(blank=True, null=True)),
                        ('organisation', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='replica', to='web.organisation')),
                    ],
                ),
            ],
        ),
    ]
