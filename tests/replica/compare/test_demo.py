"""The demo's own recordings: what is known of them is what a comparison says, in that order, and nothing else."""

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from statetrace_ui.demo import recordings
from statetrace_ui.web.models import Organisation
from tests.replica.compare.recorded import give_recordings

SIDES = {"flow": recordings.USER_FLOW, "base": "variant=fast", "new": "variant=slow"}


@pytest.fixture
def demo(organisation: Organisation, store: str) -> None:
    give_recordings(organisation, store)


def printed(**options: object) -> str:
    out = StringIO()
    call_command("compare", **{**SIDES, **options}, stdout=out)
    return out.getvalue()


@pytest.mark.usefixtures("demo")
def test_the_list_and_the_sentence_name_what_is_known_of_the_recordings_and_nothing_else() -> None:
    report = json.loads(printed(format="json"))
    clear = [(one["kind"], one["name"]) for one in report["entries"] if one["certainty"] == "clear"]
    assert clear == [
        ("label", "Open the product"),
        ("request", "/products/*/goes-with"),
        ("label", "Sort by price"),
        ("call", "keepHeight"),
        ("label", "Add to cart"),
    ]
    assert report["verdict"] == "slower"
    assert report["sentence"] == (
        "4.9 s slower: “Open the product” +3.0 s, of which 2.8 s wait for /products/*/goes-with;"
        " “Sort by price” +1.5 s in keepHeight; “Add to cart” +219 ms."
    )
    # Clear ones stand first; what is likely inside them is listed with them.
    words = [one["certainty"] for one in report["entries"] if not one["within"]]
    assert words == sorted(words, key=["clear", "likely", "cannot tell"].index)


@pytest.mark.usefixtures("demo")
def test_ci_fails_where_the_flow_got_slower_for_sure() -> None:
    with pytest.raises(CommandError, match="slower") as stopped:
        printed(fail_if_slower=0.1)
    assert stopped.value.returncode == 3
    printed(fail_if_slower=0.9)
    printed(base="variant=slow", new="variant=fast", fail_if_slower=0.0)
