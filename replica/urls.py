"""Addresses of this part, by their first word."""

from django.urls import URLPattern, path, register_converter

from replica.converters import SignedInteger, TextId, ThreadNumber
from replica.library import query_views
from replica.views import (
    audited,
    builds,
    compare,
    compared_fields,
    editing,
    explained,
    flame,
    flame_diff,
    flows,
    inspect,
    issues,
    labels,
    methods,
    moments,
    network,
    pair,
    screenshots,
    series,
    session,
)

register_converter(TextId, "id")
register_converter(SignedInteger, "signed")
register_converter(ThreadNumber, "thread")
app_name = "replica"
urlpatterns: list[URLPattern] = [
    # flows/
    path("flows/", flows.flows, name="flows"),
    path("flows/<id:user_flow_id>/", flows.flow, name="flow"),
    path("flows/<id:user_flow_id>/labels/", labels.flow_labels, name="flow_labels"),
    # compare/
    path("compare/", compare.compare_groups, name="compare"),
    path("compare/baseline/", compare.keep, name="keep_baseline"),
    path("compare/pair/", pair.pair, name="pair"),
    path("compare/pair/curves/", pair.pair_curves, name="pair_curves"),
    path("compare/moments/", moments.moments, name="moments"),
    path("compare/inside/", moments.inside, name="compare_inside"),
    path("compare/fields/", compared_fields.fields, name="compare_fields"),
    path("compare/flame/", flame_diff.page, name="flame_diff"),
    path("compare/flame/tree/", flame_diff.tree, name="flame_diff_tree"),
    path("compare/flame/table/", flame_diff.table, name="flame_diff_table"),
    path("flows/<id:user_flow_id>/issues/", issues.flow_issues, name="flow_issues"),
    path("flows/<id:user_flow_id>/queries/", query_views.queries, name="queries"),
    path("flows/<id:user_flow_id>/queries/<slug:name>/", query_views.query, name="query"),
    path("flows/<id:user_flow_id>/queries/<slug:name>/csv/", query_views.query_csv, name="query_csv"),
    # sources/<source>/
    path("sources/<int:pk>/builds/", builds.builds, name="builds"),
    # audited/<session>/
    path("audited/<int:pk>/captured/", audited.captured_beside, name="captured_beside"),
    # captured/<session>/
    path("captured/<id:session_id>/", session.session, name="session"),
    path("captured/<id:session_id>/labels/", labels.session_labels, name="labels"),
    path("captured/<id:session_id>/issues/", issues.session_issues, name="issues"),
    path("captured/<id:session_id>/series/", series.session_series, name="series"),
    path("captured/<id:session_id>/series/data/", series.series_data, name="series_data"),
    path("captured/<id:session_id>/series/outlines/", series.series_outlines, name="series_outlines"),
    path("captured/<id:session_id>/network/", network.network, name="network"),
    path("captured/<id:session_id>/spans/<slug:kind>/", session.session_spans, name="spans"),
    # captured/<session>/…: fragments that explain one thing, or a stretch of time
    path("captured/<id:session_id>/explained/", explained.explained, name="explained"),
    path("captured/<id:session_id>/labels/<id:label_id>/", inspect.label, name="label"),
    path("captured/<id:session_id>/labels/<id:label_id>/elsewhere/", inspect.label_elsewhere, name="label_elsewhere"),
    path("captured/<id:session_id>/network/<signed:message_id>/", inspect.exchange, name="exchange"),
    path("captured/<id:session_id>/issues/<id:issue_id>/<id:impact_id>/", inspect.issue, name="issue"),
    path("captured/<id:session_id>/screenshots/<int:number>/", screenshots.screenshot, name="screenshot"),
    path("captured/<id:session_id>/screenshots/<int:number>/image/", screenshots.image, name="screenshot_image"),
    path("captured/<id:session_id>/threads/<signed:process_id>/<signed:thread_id>/", inspect.thread, name="thread"),
    # captured/<session>/edit/
    path("captured/<id:session_id>/edit/", editing.edit, name="edit"),
    path("captured/<id:session_id>/edit/session/", editing.edit_session, name="edit_session"),
    path("captured/<id:session_id>/edit/tags/add/", editing.add_tag, name="add_tag"),
    path("captured/<id:session_id>/edit/tags/remove/", editing.remove_tag, name="remove_tag"),
    path("captured/<id:session_id>/edit/labels/save/", editing.save_label, name="save_label"),
    path("captured/<id:session_id>/edit/labels/remove/", editing.remove_label, name="remove_label"),
    # captured/<session>/flame/
    path("captured/<id:session_id>/flame/", flame.page, name="flame"),
    path("captured/<id:session_id>/flame/others/", flame_diff.others, name="flame_others"),
    path("captured/<id:session_id>/flame/<slug:version>/methods/", flame.methods, name="flame_methods"),
    path(
        "captured/<id:session_id>/flame/<slug:version>/<int:thread>/tile/<int:level>/<int:index>/",
        flame.tile,
        name="flame_tile",
    ),
    path("captured/<id:session_id>/flame/<slug:version>/<thread:thread>/merged/", flame.merged, name="flame_merged"),
    path("captured/<id:session_id>/flame/<slug:version>/<thread:thread>/table/", methods.table, name="flame_table"),
    path(
        "captured/<id:session_id>/flame/<slug:version>/<thread:thread>/sandwich/",
        methods.callers_and_callees,
        name="flame_sandwich",
    ),
    path("captured/<id:session_id>/flame/<slug:version>/<int:thread>/match/", methods.match, name="flame_match"),
    path("captured/<id:session_id>/flame/<slug:version>/<int:thread>/call/", flame.call, name="flame_call"),
    path("captured/<id:session_id>/flame/<slug:version>/<thread:thread>/search/", flame.search, name="flame_search"),
]
