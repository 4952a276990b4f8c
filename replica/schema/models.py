"""Unmanaged, read-only models of the replica's tables: one class a table of `sql/schema.sql`.

Every read names its database: `SessionLabel.objects.using(alias)`; aliases come from `replica.databases.connections`.
The columns that SQL calls `group` and `return` are `issue_group` and `return_type` here, since those are keywords.
"""

from datetime import UTC, datetime
from typing import Any, NoReturn

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper


class ReplicaIsReadOnly(TypeError):
    """Models only read a replica; exports alone write it."""


class PaddedCharField(models.CharField[Any, Any]):
    """A `char(n)` column: PostgreSQL returns it padded with blanks, readers want it without."""

    def db_type(self, connection: BaseDatabaseWrapper) -> str:
        return f"char({self.max_length})"

    def from_db_value(self, value: str | None, *_: object) -> str | None:
        return None if value is None else value.rstrip(" ")


class TimestampField(models.DateTimeField[Any, Any]):
    """A `timestamp` without time zone that holds UTC; read as an aware datetime."""

    def db_type(self, connection: BaseDatabaseWrapper) -> str:
        return "timestamp"

    def from_db_value(self, value: datetime | None, *_: object) -> datetime | None:
        return None if value is None else value.replace(tzinfo=UTC)

    def get_db_prep_value(self, value: Any, connection: BaseDatabaseWrapper, prepared: bool = False) -> Any:
        if isinstance(value, datetime) and value.tzinfo is not None:
            return value.astimezone(UTC).replace(tzinfo=None)
        return value


class ReadOnlyQuerySet(models.QuerySet[Any]):
    """Refuses in Python what the SELECT-only role refuses in the database."""

    def _refuse(self, *_: object, **__: object) -> NoReturn:
        raise ReplicaIsReadOnly(f"{self.model.__name__} is read-only: replicas are written by exports alone.")

    create = bulk_create = update = bulk_update = delete = get_or_create = update_or_create = _refuse


class ReplicaModel(models.Model):
    objects = models.Manager.from_queryset(ReadOnlyQuerySet)()

    class Meta:
        abstract = True
        managed = False

    def save(self, *_: object, **__: object) -> NoReturn:
        raise ReplicaIsReadOnly(f"{type(self).__name__} is read-only: replicas are written by exports alone.")

    def delete(self, *_: object, **__: object) -> NoReturn:
        self.save()


class UserFlow(ReplicaModel):
    user_flow_id = PaddedCharField(max_length=36, primary_key=True)
    name = models.CharField(max_length=255)
    description = models.CharField(max_length=65535, null=True)
    created_ts = TimestampField()

    class Meta(ReplicaModel.Meta):
        db_table = "user_flow"


class SessionMetadata(ReplicaModel):
    session_id = PaddedCharField(max_length=36, primary_key=True)
    user_flow_id = PaddedCharField(max_length=36)
    hostname = models.CharField(max_length=255, null=True)
    host_country = models.CharField(max_length=255, null=True)
    host_city = models.CharField(max_length=255, null=True)
    host_lat = models.FloatField(null=True)
    host_lng = models.FloatField(null=True)
    device_id = PaddedCharField(max_length=50, null=True)
    device_model = models.CharField(max_length=255, null=True)
    device_sku = models.CharField(max_length=255, null=True)
    device_carrier = models.CharField(max_length=255, null=True)
    device_os_version = models.CharField(max_length=20, null=True)
    host_os = models.CharField(max_length=255, null=True)
    host_os_version = models.CharField(max_length=255, null=True)
    session_link = models.CharField(max_length=255, null=True)
    name = models.CharField(max_length=255, null=True)
    description = models.CharField(max_length=65535, null=True)
    status = PaddedCharField(max_length=10)
    start_time = TimestampField()
    end_time = TimestampField(null=True)

    class Meta(ReplicaModel.Meta):
        db_table = "session_metadata"


class PerformanceMeasurement(ReplicaModel):
    pk = models.CompositePrimaryKey("session_id", "key_name", "key_type")
    session_id = PaddedCharField(max_length=36)
    key_name = models.CharField(max_length=128)
    key_type = models.CharField(max_length=128)
    key_units = models.CharField(max_length=128, null=True)
    str_value = models.CharField(max_length=512)
    float_value = models.FloatField(null=True)

    class Meta(ReplicaModel.Meta):
        db_table = "performance_measurements"


class SessionTag(ReplicaModel):
    pk = models.CompositePrimaryKey("session_id", "tag_key", "tag_value")
    session_id = PaddedCharField(max_length=36)
    tag_key = models.CharField(max_length=64)
    tag_value = models.CharField(max_length=128)

    class Meta(ReplicaModel.Meta):
        db_table = "session_tags"


class SessionLabel(ReplicaModel):
    pk = models.CompositePrimaryKey("session_id", "label_id")
    session_id = PaddedCharField(max_length=36)
    label_id = PaddedCharField(max_length=36)
    label_type = models.CharField(max_length=256)
    name = models.CharField(max_length=1024)
    category = models.CharField(max_length=1024, null=True)
    start_time = models.FloatField()
    end_time = models.FloatField()
    data = models.CharField(max_length=65535, null=True)
    label_group_id = PaddedCharField(max_length=36, null=True)
    video_box = models.CharField(max_length=65535, null=True)

    class Meta(ReplicaModel.Meta):
        db_table = "session_labels"


class SessionTimeseries(ReplicaModel):
    pk = models.CompositePrimaryKey("session_id", "timeseries_key")
    session_id = PaddedCharField(max_length=36)
    timeseries_key = models.CharField(max_length=512)
    timeseries_name = models.CharField(max_length=512)
    x_units = models.CharField(max_length=512, null=True)
    y_units = models.CharField(max_length=512, null=True)

    class Meta(ReplicaModel.Meta):
        db_table = "session_timeseries"


class SessionTimeseriesData(ReplicaModel):
    pk = models.CompositePrimaryKey("session_id", "timeseries_key", "x_value")
    session_id = PaddedCharField(max_length=36)
    timeseries_key = models.CharField(max_length=512)
    x_value = models.FloatField()
    y_value = models.FloatField(null=True)

    class Meta(ReplicaModel.Meta):
        db_table = "session_timeseries_data"


class SessionTimeseriesDataStats(ReplicaModel):
    pk = models.CompositePrimaryKey("session_id", "label_group_id", "timeseries_key", "metric")
    session_id = PaddedCharField(max_length=36)
    label_group_id = PaddedCharField(max_length=36)
    timeseries_key = models.CharField(max_length=512)
    metric = models.CharField(max_length=512)
    value = models.FloatField(null=True)
    time_intervals_ms = models.CharField(max_length=65535, null=True)

    class Meta(ReplicaModel.Meta):
        db_table = "session_timeseries_data_stats"


class Issue(ReplicaModel):
    """One impact of an issue that an analysis found: a row of the document's table `capture_issues`."""

    pk = models.CompositePrimaryKey("session_id", "category", "issue_id", "impact_id")
    session_id = PaddedCharField(max_length=36)
    issue_id = PaddedCharField(max_length=36)
    impact_id = PaddedCharField(max_length=36)
    message_id = models.BigIntegerField(null=True)
    category = models.CharField(max_length=255)
    issue_group = models.CharField(max_length=16, null=True, db_column="group")
    name = models.CharField(max_length=65535, null=True)
    impact_time = models.FloatField(null=True)
    start_time_ms = models.BigIntegerField()
    end_time_ms = models.BigIntegerField()
    version = models.CharField(max_length=16, null=True)
    reference = models.BooleanField()

    class Meta(ReplicaModel.Meta):
        db_table = "capture_issues"


class Exchange(ReplicaModel):
    """One HTTP request with its answer: a row of the document's table `capture_sessions`.

    Times are UTC; `duration` and its parts (`tcp_connect` to `receive`) are in ms, sizes in bytes.
    """

    pk = models.CompositePrimaryKey("session_id", "message_id")
    session_id = PaddedCharField(max_length=36)
    message_id = models.BigIntegerField()
    start_time = TimestampField()
    end_time = TimestampField(null=True)
    duration = models.BigIntegerField(null=True)
    tcp_connect = models.BigIntegerField(null=True)
    tls_handshake = models.BigIntegerField(null=True)
    wait = models.BigIntegerField(null=True)
    receive = models.BigIntegerField(null=True)
    status = models.BigIntegerField(null=True)
    content_type = models.CharField(max_length=512, null=True)
    request_size = models.BigIntegerField(null=True)
    response_size = models.BigIntegerField(null=True)
    url = models.CharField(max_length=65535)

    class Meta(ReplicaModel.Meta):
        db_table = "capture_sessions"


class FunctionCallMetadata(ReplicaModel):
    session_id = PaddedCharField(max_length=36, primary_key=True)
    version = models.CharField(max_length=32, null=True)
    platform = models.CharField(max_length=32, null=True)
    has_cpu_time = models.BooleanField()
    start_time_us = models.BigIntegerField()
    end_time_us = models.BigIntegerField()

    class Meta(ReplicaModel.Meta):
        db_table = "function_call_metadata"


class FunctionCallProcess(ReplicaModel):
    pk = models.CompositePrimaryKey("session_id", "id")
    session_id = PaddedCharField(max_length=36)
    id = models.BigIntegerField()
    name = models.CharField(max_length=512, null=True)
    start_time_us = models.BigIntegerField(null=True)

    class Meta(ReplicaModel.Meta):
        db_table = "function_call_process"


class FunctionCallMethod(ReplicaModel):
    pk = models.CompositePrimaryKey("session_id", "process_id", "id")
    session_id = PaddedCharField(max_length=36)
    process_id = models.BigIntegerField()
    id = models.BigIntegerField()
    raw_name = models.CharField(max_length=512, null=True)
    name = models.CharField(max_length=256, null=True)
    args = models.CharField(max_length=256, null=True)
    return_type = models.CharField(max_length=256, null=True, db_column="return")
    signature = models.CharField(max_length=65535, null=True)
    package_name = models.CharField(max_length=512, null=True)

    class Meta(ReplicaModel.Meta):
        db_table = "function_call_method"


class FunctionCallThread(ReplicaModel):
    pk = models.CompositePrimaryKey("session_id", "process_id", "id")
    session_id = PaddedCharField(max_length=36)
    process_id = models.BigIntegerField()
    id = models.BigIntegerField()
    name = models.CharField(max_length=512, null=True)
    flag = models.BigIntegerField()
    start_time_us = models.BigIntegerField(null=True)
    end_time_us = models.BigIntegerField(null=True)

    class Meta(ReplicaModel.Meta):
        db_table = "function_call_thread"


class FunctionCallSite(ReplicaModel):
    pk = models.CompositePrimaryKey("session_id", "process_id", "thread_id", "id")
    session_id = PaddedCharField(max_length=36)
    process_id = models.BigIntegerField()
    thread_id = models.BigIntegerField()
    method_id = models.BigIntegerField()
    id = models.BigIntegerField()
    start_time_us = models.BigIntegerField()
    end_time_us = models.BigIntegerField()
    cpu_time_us = models.BigIntegerField(null=True)
    parent_call_id = models.BigIntegerField(null=True)
    depth = models.BigIntegerField(null=True)

    class Meta(ReplicaModel.Meta):
        db_table = "function_call_site"
