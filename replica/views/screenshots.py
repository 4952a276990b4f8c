"""Screenshots of a session: one explained, and its image."""

from django.http import Http404, HttpResponse

from replica.beside import screenshots
from replica.beside.pictures import kind_of
from replica.queries.sessions import session_or_404
from replica.views.access import replica_view
from statetrace_ui.web.render import page_or_partial
from statetrace_ui.web.requests import Request

# Foreign bytes: nothing in them is run, whatever they are opened as.
HEADERS = {"Cache-Control": "private, max-age=3600", "Content-Security-Policy": "default-src 'none'; sandbox"}


@replica_view
def screenshot(request: Request, alias: str, session_id: str, number: int) -> HttpResponse:
    session = session_or_404(alias, session_id)
    moments = screenshots.moments(request.organisation, session_id)
    if number >= len(moments):
        raise Http404
    context = {"session": session, "number": number, "count": len(moments), "ms": moments[number]}
    context |= {"before": number - 1 if number else None, "after": number + 1 if number + 1 < len(moments) else None}
    return page_or_partial(request, "replica/inspect/screenshot.html", context, "explained")


@replica_view
def image(request: Request, alias: str, session_id: str, number: int) -> HttpResponse:
    session_or_404(alias, session_id)
    found = screenshots.image(request.organisation, session_id, number)
    kind = kind_of(found) if found else None
    if not kind:
        raise Http404
    return HttpResponse(found, content_type=kind, headers=HEADERS)
