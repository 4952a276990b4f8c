"""The people of the demo as the dashboard shows them."""

from django.contrib.auth.models import User

from statetrace_ui.demo.shop.people import COLOURS, avatar
from statetrace_ui.history import avatars


def test_everybody_has_an_avatar_of_their_own_that_the_dashboard_shows() -> None:
    pictures = {username: avatars.image(avatar(User(username=username))) for username in COLOURS}
    assert all(picture and picture.content_type == "image/png" for picture in pictures.values())
    assert len({picture.data for picture in pictures.values() if picture}) == len(COLOURS)
