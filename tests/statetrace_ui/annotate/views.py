"""Addresses of the audited project: one a way to write."""

import contextvars
import threading
from collections.abc import AsyncIterator, Iterator

from django.contrib.auth import get_user_model, login, logout
from django.db import connections, transaction
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.urls import path

from tests.statetrace_ui.annotate.models import Item

BOTH = threading.Barrier(2)


def read(_: HttpRequest) -> HttpResponse:
    return HttpResponse(Item.objects.count())


def write(request: HttpRequest) -> HttpResponse:
    Item.objects.create(name=request.GET.get("name", "one"))
    return HttpResponse()


def write_twice(_: HttpRequest) -> HttpResponse:
    Item.objects.create(name="one")
    Item.objects.create(name="two")
    return HttpResponse()


async def write_asynchronously(_: HttpRequest) -> HttpResponse:
    await Item.objects.acreate(name="one")
    return HttpResponse()


def write_then_fail(_: HttpRequest) -> HttpResponse:
    Item.objects.create(name="one")
    raise ValueError("the view fails")


def write_while_streaming(_: HttpRequest) -> StreamingHttpResponse:
    def chunks() -> Iterator[str]:
        for name in ("one", "two"):
            yield name
            Item.objects.create(name=name)

    return StreamingHttpResponse(chunks())


async def write_while_streaming_asynchronously(_: HttpRequest) -> StreamingHttpResponse:
    async def chunks() -> AsyncIterator[str]:
        for name in ("one", "two"):
            yield name
            await Item.objects.acreate(name=name)

    return StreamingHttpResponse(chunks())


def write_and_await_the_other(request: HttpRequest) -> HttpResponse:
    """Two requests at once: both have committed before either answers, and so before its Django session is saved."""
    answer = write(request)
    BOTH.wait(timeout=20)
    return answer


def write_in_a_thread(_: HttpRequest) -> HttpResponse:
    def work() -> None:
        Item.objects.create(name="thread")
        connections.close_all()

    thread = threading.Thread(target=contextvars.copy_context().run, args=(work,))
    thread.start()
    thread.join()
    return HttpResponse()


def act_as(request: HttpRequest) -> HttpResponse:
    """Sign in, write, and sign in as somebody else or out within one request."""
    for username in request.GET["users"].split(","):
        if username:
            login(request, get_user_model().objects.get(username=username), "django.contrib.auth.backends.ModelBackend")
        else:
            logout(request)
        Item.objects.create(name=username)
    return HttpResponse()


@transaction.atomic(using="audited")
def write_atomically(_: HttpRequest) -> HttpResponse:
    Item.objects.create(name="one")
    with connections["audited"].cursor() as cursor:
        cursor.execute("UPDATE item SET name = 'changed'")
    return HttpResponse()


urlpatterns = [
    path("read/", read),
    path("write/", write),
    path("write-twice/", write_twice),
    path("write-asynchronously/", write_asynchronously),
    path("write-then-fail/", write_then_fail),
    path("write-while-streaming/", write_while_streaming),
    path("write-atomically/", write_atomically),
    path("write-while-streaming-asynchronously/", write_while_streaming_asynchronously),
    path("write-and-await-the-other/", write_and_await_the_other),
    path("write-in-a-thread/", write_in_a_thread),
    path("act-as/", act_as),
]
