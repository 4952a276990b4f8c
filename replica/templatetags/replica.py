"""Statuses, numbers of foreign units and names of formats, as the pages about captured sessions show them."""

import math
from collections.abc import Iterable

from django import template
from django.utils.http import urlencode
from django.utils.safestring import SafeString, mark_safe

from replica.addresses import moment_text
from replica.editing.models import SessionEdit
from replica.editing.waiting import waiting_edit
from replica.exports.models import SyncRun, UserFlowExport
from replica.exports.outcomes import RunOutcome
from replica.forms import RangeForm
from replica.importing import formats
from replica.queries.labels import COMPARED_SESSIONS
from replica.schema.models import PerformanceMeasurement
from replica.schema.statuses import SessionStatus
from replica.waterfall import Bar
from statetrace_ui.web.quantities import duration, microseconds, size
from statetrace_ui.web.tones import Status, known

register = template.Library()


@register.filter
def session_status(text: str) -> SessionStatus | str:
    """The status of a captured session, which its database holds as text."""
    return known(SessionStatus, text)


@register.filter
def export_status(export: UserFlowExport) -> UserFlowExport.Status:
    """The status of an export as it was last stored."""
    return UserFlowExport.Status(export.status)


@register.filter
def run_status(run: SyncRun) -> Status:
    """The outcome of a run, or when the next attempt follows."""
    outcome = RunOutcome(run.outcome)
    return Status(f"Retrying in {run.retry_in} s" if run.retry_in else outcome.label, outcome.tone)


@register.simple_tag(takes_context=True)
def waits_for_sync(context: template.Context, session_id: str) -> SessionEdit | None:
    """The session's newest edit, while the replica does not have it."""
    return waiting_edit(context["request"].organisation, session_id)


@register.simple_tag
def compared_sessions() -> int:
    """How many of a flow's newest sessions a distribution counts."""
    return COMPARED_SESSIONS


BYTES = {"b", "byte", "bytes"}
MS_PER_UNIT = {"ms": 1, "s": 1000, "us": 0.001, "µs": 0.001}


@register.filter
def measured(one: PerformanceMeasurement) -> str:
    """A measurement in the unit that reads best; as it was written where its unit is not known, or is none."""
    unit = (one.key_units or "").strip()
    if one.float_value is not None and math.isfinite(one.float_value):
        if unit in MS_PER_UNIT:
            return duration(one.float_value * MS_PER_UNIT[unit])
        if unit.lower() in BYTES:
            return size(one.float_value)
    return f"{one.str_value} {unit}".strip()


@register.filter
def significant(value: float | None) -> str:
    """Six significant digits, exponents only where the number needs them: 1,234.57, 3.2e-09."""
    if value is None:
        return "–"
    if 1e-4 <= abs(value) < 1e15 or not value:
        digits = max(0, 6 - len(str(int(abs(value)))))
        text = f"{value:,.{digits}f}" if abs(value) >= 1 else f"{value:.6g}"
        return text.rstrip("0").rstrip(".") if "." in text else text
    return f"{value:.6g}"


@register.simple_tag(takes_context=True)
def range_shown(context: template.Context) -> str:
    """The query string with the range that the page shows, for another tab of the session; "" for all of it."""
    form = RangeForm(context["request"].GET)
    if not form.is_valid() or None in (form.cleaned_data["from"], form.cleaned_data["to"]):
        return ""
    return f"?{urlencode({name: moment_text(form.cleaned_data[name]) for name in ('from', 'to')})}"


@register.filter
def as_bars(bars: Iterable[Bar]) -> SafeString:
    """The bars of an exchange as SVG: a page has hundreds, and nothing in them is of foreign origin."""
    rectangle = '<rect class="phase-{}" x="{}" y="7" width="{}" height="12"/>'
    return mark_safe("".join(rectangle.format(bar.phase, bar.x, bar.width) for bar in bars))  # noqa: S308


@register.filter
def last_segment(address: str) -> str:
    """`app.js` of `https://shop.test/static/app.js?v=3`; a text that is no address as it is."""
    return address.partition("?")[0].rstrip("/").rpartition("/")[2]


@register.simple_tag
def import_formats() -> str:
    """Every format that can be imported: `Android method trace (.trace), … and labels (.json)`."""
    return formats.titles()


@register.filter
def percent(share: float) -> str:
    """A share of a whole: 12.3 %."""
    return f"{100 * share:.1f} %"


@register.filter
def change(us: float) -> str:
    """A change of µs with its sign; nothing for none."""
    return f"{'+' if us > 0 else ''}{microseconds(us)}" if us else ""


@register.filter
def points(share: float) -> str:
    """A change of a share, in percentage points."""
    return f"{'+' if share > 0 else '−'}{abs(100 * share):.1f} pp" if abs(share) >= 0.0005 else ""


@register.filter
def mean_count(count: float) -> str:
    """A mean of numbers: 1,234.5; a whole one without decimals."""
    return f"{count:,.1f}".removesuffix(".0")


@register.filter
def count_change(count: float) -> str:
    sign = "+" if count > 0 else "−"
    return f"{sign}{mean_count(abs(count))}" if count else ""


@register.filter
def changed(value: float) -> str:
    """The class of a change: slower, faster, or neither."""
    return "slower" if value > 0 else "faster" if value < 0 else ""
