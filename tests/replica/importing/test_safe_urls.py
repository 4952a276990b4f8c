import pytest
from hypothesis import given
from hypothesis import strategies as st

from replica.importing.safe_urls import without_secrets, without_secrets_if_url


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("https://ann:hunter2@shop.example/a?b=c", "https://shop.example/a?b=c"),
        ("https://ann@shop.example", "https://shop.example"),
        ("https://ann:p@ss@shop.example:8443/", "https://shop.example:8443/"),
        ("//ann:hunter2@shop.example/", "//shop.example/"),
        ("HTTPS:\\\\ann:hunter2@shop.example\\", "HTTPS:\\\\shop.example\\"),
        ("wss://ann:hunter2@shop.example/", "wss://shop.example/"),
        ("https://shop.example/?token=hunter2&page=2", "https://shop.example/?token=***&page=2"),
        ("https://shop.example/?page=2;access_token=hunter2", "https://shop.example/?page=2;access_token=***"),
        ("https://shop.example/cart;jsessionid=hunter2?page=2", "https://shop.example/cart;jsessionid=***?page=2"),
        ("https://shop.example/?user%5Bpassword%5D=hunter2", "https://shop.example/?user%5Bpassword%5D=***"),
        ("https://shop.example/?%2570assword=hunter2", "https://shop.example/?%2570assword=***"),
        (
            "https://shop.example/?key=hunter2&code=hunter2&sig=hunter2",
            "https://shop.example/?key=***&code=***&sig=***",
        ),
        ("https://s3.example/a?X-Amz-Signature=hunter2", "https://s3.example/a?X-Amz-Signature=***"),
        ("https://shop.example/?session_id=hunter2&Sid=hunter2", "https://shop.example/?session_id=***&Sid=***"),
        ("https://shop.example/#access_token=hunter2&state=1", "https://shop.example/#access_token=***&state=1"),
        ("https://shop.example/#/in?token=hunter2", "https://shop.example/#/in?token=***"),
        (
            "https://shop.example/?next=https%3A%2F%2Fann%3Ahunter2%40x%2F%3Ftoken%3Dhunter2%26a%3Db",
            "https://shop.example/?next=https%3A%2F%2Fx%2F%3Ftoken%3D%2A%2A%2A%26a%3Db",
        ),
    ],
)
def test_secrets_are_taken_out(url: str, kept: str) -> None:
    assert without_secrets(url) == kept
    assert "hunter2" not in kept


@pytest.mark.parametrize(
    "url",
    [
        *("", "https://shop.example/", "https://shop.example/a@b?c=d@e&f#g@h", "https://shop.example/?token=&token&a"),
        *("https://shop.example/?zip=1;2&q=a%20b+c", "data:image/png;base64,token=a", "about:blank", "not a url ☃"),
        *("https://[::1]:80/?a=[b]", "https://shop.example/?keyword=tea", "mailto:ann@shop.example"),
    ],
)
def test_everything_else_stays_as_it_is(url: str) -> None:
    assert without_secrets(url) == url


def test_only_text_that_is_a_url_is_changed() -> None:
    assert without_secrets_if_url("https://a:hunter2@b/") == "https://b/"
    assert without_secrets_if_url("What is ?token=1") == "What is ?token=1"


@given(st.text(alphabet="ab:/@?#&;=%2F\\[]", max_size=40), st.text(alphabet="ab:/@?#&;=%2F", max_size=20))
def test_any_url_is_taken_and_its_secrets_do_not_come_back(before: str, after: str) -> None:
    once = without_secrets(f"https://{before}?token=hunter2&{after}")
    assert "hunter2" not in once
    assert without_secrets(once) == once
