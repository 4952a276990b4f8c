"""The shop by its addresses, and what its annotations say; seen from outside, in a server of its own."""

import os
import subprocess
import sys
from collections.abc import Callable

import pytest

from tests.statetrace_ui.demo.conftest import Shop, Visitor

pytestmark = pytest.mark.xdist_group("shop")  # one running shop for all of them

NewVisitor = Callable[[], Visitor]
ACTIONS = """
SELECT payload->>'action_method' || ' ' || (payload->>'action_url') FROM statetrace_annotations
WHERE kind = '_st.app.act' AND payload->>'action_session_id' = '{}' ORDER BY xmin::text::bigint
"""


def actions(shop: Shop, session_id: str) -> list[str]:
    return [action for (action,) in shop.rows(ACTIONS.format(session_id))]


def newest_order(shop: Shop) -> str:
    [(number,)] = shop.rows("SELECT number FROM shop_order ORDER BY id DESC LIMIT 1")
    return str(number)


def stock(shop: Shop, slug: str) -> int:
    query = f"SELECT on_hand FROM shop_stocklevel JOIN shop_product p ON p.id = product_id WHERE slug = '{slug}'"
    [(on_hand,)] = shop.rows(query)
    return int(on_hand)


@pytest.mark.parametrize("path", ["/", "/products/night-ferry/", "/sign-in/", "/up/"])
def test_everybody_may_look_and_nothing_is_inline(visitor: NewVisitor, path: str) -> None:
    answer = visitor().get(path)
    assert answer.status == 200
    assert "script-src 'self'" in answer.headers["Content-Security-Policy"]
    assert " style=" not in answer.text
    assert "<script>" not in answer.text


def test_looking_around_is_not_annotated(shop: Shop, visitor: NewVisitor) -> None:
    before = shop.rows("SELECT count(*) FROM statetrace_annotations")
    someone = visitor()
    someone.get("/")
    someone.get("/products/night-ferry/goes-with/")
    assert shop.rows("SELECT count(*) FROM statetrace_annotations") == before
    assert someone.session_id() == ""


@pytest.mark.parametrize("path", ["/cart/", "/checkout/", "/orders/", "/staff/", "/staff/orders/"])
def test_what_is_personal_asks_to_sign_in(visitor: NewVisitor, path: str) -> None:
    assert visitor().get(path).url.endswith(f"/sign-in/?next={path}")


def test_a_purchase_is_one_annotated_session(shop: Shop, visitor: NewVisitor) -> None:
    mei, before = visitor(), stock(shop, "guji-natural")
    mei.sign_in("mei")
    mei.post("/cart/add/guji-natural/")
    mei.post("/cart/add/guji-natural/")
    mei.post("/cart/change/guji-natural/", quantity=3)
    confirmed = mei.post("/checkout/", delivery_address="8 Mill Street, Leeds")
    assert f"Order {newest_order(shop)} is paid" in confirmed.text
    assert stock(shop, "guji-natural") == before - 3
    assert actions(shop, mei.session_id()) == [
        "POST /sign-in/",
        "POST /cart/add/guji-natural/",
        "POST /cart/add/guji-natural/",
        "POST /cart/change/guji-natural/",
        "POST /checkout/",
    ]
    [(name, application)] = shop.rows(
        "SELECT payload->>'session_actor_full_name', payload->>'session_application_id' FROM statetrace_annotations "
        f"WHERE id = '{mei.session_id()}'"
    )
    assert (name, application) == ("Mei Tanaka", "shop")


def test_what_cannot_be_delivered_is_not_sold_in_part(shop: Shop, visitor: NewVisitor) -> None:
    jonas, before = visitor(), stock(shop, "moka-pot-3-cups")
    jonas.sign_in("jonas")
    jonas.post("/cart/add/moka-pot-3-cups/")
    jonas.post("/cart/add/moka-pot-6-cups/")
    jonas.post("/cart/change/moka-pot-6-cups/", quantity=999)
    refused = jonas.post("/checkout/", delivery_address="21 Wharf Road, Cardiff")
    assert "are left. Take fewer" in refused.text
    assert stock(shop, "moka-pot-3-cups") == before
    assert "POST /checkout/" not in actions(shop, jonas.session_id())
    jonas.post("/cart/change/moka-pot-3-cups/", quantity=0)
    jonas.post("/cart/change/moka-pot-6-cups/", quantity=0)
    assert jonas.get("/checkout/").url.endswith("/cart/")


def test_an_order_is_its_customers_and_the_staffs(shop: Shop, visitor: NewVisitor) -> None:
    amara, rafael, ingrid = visitor(), visitor(), visitor()
    amara.sign_in("amara")
    amara.post("/cart/add/enamel-mug/")
    amara.post("/checkout/", delivery_address="3 Harbourside Walk, Bristol")
    path = f"/orders/{newest_order(shop)}/"
    rafael.sign_in("rafael")
    ingrid.sign_in("ingrid")
    assert [someone.get(path).status for someone in (amara, rafael, ingrid)] == [200, 404, 200]


def test_the_staff_sets_prices_restocks_ships_and_refunds(shop: Shop, visitor: NewVisitor) -> None:
    ingrid = visitor()
    ingrid.sign_in("ingrid")
    before, number = stock(shop, "grinder-brush"), newest_order(shop)
    assert "now costs £8.25" in ingrid.post("/staff/products/grinder-brush/price/", price="8.25").text
    assert "A price is a number" in ingrid.post("/staff/products/grinder-brush/price/", price="cheap").text
    ingrid.post("/staff/products/grinder-brush/restock/", quantity=10)
    ingrid.post(f"/staff/orders/{number}/ship/")
    ingrid.post(f"/staff/orders/{number}/refund/", reason="Arrived broken")
    assert stock(shop, "grinder-brush") == before + 10
    assert shop.rows(f"SELECT status FROM shop_order WHERE number = '{number}'") == [("refunded",)]
    assert actions(shop, ingrid.session_id()) == [
        "POST /sign-in/",
        "POST /staff/products/grinder-brush/price/",
        "POST /staff/products/grinder-brush/restock/",
        f"POST /staff/orders/{number}/ship/",
        f"POST /staff/orders/{number}/refund/",
    ]


def test_customers_cannot_do_what_the_staff_does(shop: Shop, visitor: NewVisitor) -> None:
    amara = visitor()
    amara.sign_in("amara")
    assert "/sign-in/" in amara.post("/staff/products/night-ferry/price/", price="0.01").url
    assert shop.rows("SELECT price::text FROM shop_product WHERE slug = 'night-ferry'") == [("10.75",)]


def test_only_the_demos_people_can_sign_in_and_only_into_this_site(visitor: NewVisitor) -> None:
    assert visitor().sign_in("root").status == 404
    someone = visitor()
    assert someone.sign_in("amara", "https://elsewhere.example/").url == f"{someone.address}/"


def test_both_variants_recommend_the_same(visitor: NewVisitor) -> None:
    fast, slow = (visitor().get(f"/products/night-ferry/goes-with/?variant={v}").json() for v in ("fast", "slow"))
    assert fast == slow
    assert len(fast["products"]) == 4


def test_the_variant_is_remembered(visitor: NewVisitor) -> None:
    someone = visitor()
    assert 'data-variant="fast"' in someone.get("/").text
    someone.get("/?variant=slow")
    assert 'data-variant="slow"' in someone.get("/sign-in/").text
    assert 'data-variant="slow"' in someone.get("/?variant=unknown").text


def test_a_delivery_is_annotated_as_a_job(shop: Shop) -> None:
    shop_environment = {"DJANGO_SETTINGS_MODULE": "statetrace_ui.demo.settings", "DEMO_DATABASE_URL": shop.url}
    query = "UPDATE shop_stocklevel SET on_hand = 2 WHERE product_id = 1 RETURNING 1"
    shop.rows(f"WITH sold AS ({query}) SELECT * FROM sold")
    command = [sys.executable, "-m", "django", "deliver"]
    done = subprocess.run(command, env={**os.environ, **shop_environment}, check=True, capture_output=True, text=True)
    assert done.stdout == "1 products filled up to 40.\n"
    found = shop.rows(
        "SELECT payload->>'action_method' FROM statetrace_annotations WHERE payload->>'action_url' = 'cron:deliver'"
    )
    assert found == [("nightly",)]
