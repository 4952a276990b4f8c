"""Addresses of this part, by their first word."""

from django.urls import URLPattern, path

from replica.views import audited, flame, flows, inspect, labels, network, series, session

app_name = "replica"
urlpatterns: list[URLPattern] = [
    # flows/
    path("flows/", flows.flows, name="flows"),
    path("flows/<str:user_flow_id>/", flows.flow, name="flow"),
    path("flows/<str:user_flow_id>/labels/", labels.flow_labels, name="flow_labels"),
    # audited/<session>/
    path("audited/<int:pk>/captured/", audited.captured_beside, name="captured_beside"),
    # captured/<session>/
    path("captured/<str:session_id>/", session.session, name="session"),
    path("captured/<str:session_id>/labels/", labels.session_labels, name="labels"),
    path("captured/<str:session_id>/series/", series.session_series, name="series"),
    path("captured/<str:session_id>/series/data/", series.series_data, name="series_data"),
    path("captured/<str:session_id>/series/outlines/", series.series_outlines, name="series_outlines"),
    path("captured/<str:session_id>/network/", network.network, name="network"),
    # captured/<session>/…: fragments that explain one thing
    path("captured/<str:session_id>/labels/<str:label_id>/", inspect.label, name="label"),
    path("captured/<str:session_id>/network/<int:message_id>/", inspect.exchange, name="exchange"),
    path("captured/<str:session_id>/issues/<str:issue_id>/<str:impact_id>/", inspect.issue, name="issue"),
    path("captured/<str:session_id>/threads/<int:process_id>/<int:thread_id>/", inspect.thread, name="thread"),
    # captured/<session>/flame/
    path("captured/<str:session_id>/flame/", flame.page, name="flame"),
    path("captured/<str:session_id>/flame/<slug:version>/methods/", flame.methods, name="flame_methods"),
    path(
        "captured/<str:session_id>/flame/<slug:version>/<int:thread>/tile/<int:level>/<int:index>/",
        flame.tile,
        name="flame_tile",
    ),
    path("captured/<str:session_id>/flame/<slug:version>/<int:thread>/merged/", flame.merged, name="flame_merged"),
    path("captured/<str:session_id>/flame/<slug:version>/<int:thread>/call/", flame.call, name="flame_call"),
    path("captured/<str:session_id>/flame/<slug:version>/<int:thread>/search/", flame.search, name="flame_search"),
]
