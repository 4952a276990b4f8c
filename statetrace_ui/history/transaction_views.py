"""The page of a transaction: all that was committed at once, and by whom, as far as it is known."""

from django.http import HttpResponse

from statetrace_ui.history import forms, queries
from statetrace_ui.history.change_rows import rows_of
from statetrace_ui.history.looks import note_look
from statetrace_ui.history.queries.storing import stored_at
from statetrace_ui.history.transaction_rows import TransactionRow, tables_of
from statetrace_ui.web.forms import parse_query
from statetrace_ui.web.render import page_or_partial
from statetrace_ui.web.requests import Request, member_view


@member_view
def transaction(request: Request, pk: int) -> HttpResponse:
    shown = queries.get_transaction_for(request.organisation, pk)
    owner = shown.source
    note_look(owner, f"transaction {pk}")
    form = parse_query(forms.ActionChangesForm, request)
    page = queries.transaction_changes(shown, **form.cleaned_data)
    context = {
        "source": owner,
        "row": TransactionRow(shown, tables_of([shown]).get(shown.pk, [])),
        "transaction": shown,
        "page": page,
        "changes": rows_of(page.rows),
        "table": form.cleaned_data["table"],
    }
    if form.cleaned_data["cursor"]:
        return page_or_partial(request, "history/transaction_page.html", context, "rows")
    if not request.htmx:
        before, after = queries.neighbours(shown)
        context["stored_at"] = stored_at(shown)
        context |= {"before": before and TransactionRow(before), "after": after and TransactionRow(after)}
    return page_or_partial(request, "history/transaction_page.html", context, "changes")
