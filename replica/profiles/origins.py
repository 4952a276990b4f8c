"""Tells the code of browser and system from the page's or application's own, by names that recorders write. Pure."""

from collections.abc import Sequence

from replica.profiles.blocks import Method

PACKAGES = ("android", "androidx", "com.android", "dalvik", "java", "javax", "kotlin", "kotlinx", "libcore", "sun")
SCHEMES = ("node:", "chrome:", "chrome-extension:", "moz-extension:", "extensions::", "devtools:")


def foreign_methods(methods: Sequence[Method]) -> list[bool]:
    """For each method whether it is the browser's or the system's.

    A browser's own functions have no address of a script. Where no method has a package, that says nothing.
    """
    has_packages = any(method.package for method in methods)
    return [has_packages and _is_foreign(method) for method in methods]


def _is_foreign(method: Method) -> bool:
    package = method.package
    if not package or package.startswith(SCHEMES):
        return True
    return any(package == known or package.startswith(f"{known}.") for known in PACKAGES)
