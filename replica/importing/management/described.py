"""Options that describe the sessions' device and its host: what a person knows and no file says."""

import argparse
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from replica.importing.bundle import Between, ImportFailed, Metadata, Tag
from replica.importing.validate import limits

DEVICE_OS = "device_os"  # a tag: the replica has a column for its version alone


@dataclass(frozen=True)
class Option:
    """`--host-city` fills `host_city` of the metadata, unless it names a tag."""

    name: str
    help: str
    field: str
    value: Callable[[str], Any]
    metavar: str


def _option(name: str, field: str, meaning: str) -> Option:
    limit = limits(Metadata).get(field)
    if isinstance(limit, Between):
        return Option(name, meaning, field, _degrees(limit), "DEGREES")
    return Option(name, meaning, field, _text(limit.characters if limit else 128), "TEXT")


def _text(width: int) -> Callable[[str], str]:
    def text(value: str) -> str:
        if not value.strip() or len(value) > width or not value.isprintable():
            raise argparse.ArgumentTypeError(f"this takes 1 to {width} characters, all of them printable")
        return value.strip()

    return text


def _degrees(limit: Between) -> Callable[[str], float]:
    def degrees(value: str) -> float:
        try:
            number = float(value)
        except ValueError:
            number = float("nan")
        if not limit.least <= number <= limit.most:
            raise argparse.ArgumentTypeError(f"this takes degrees from {limit.least:g} to {limit.most:g}")
        return number

    return degrees


DESCRIBED = (
    _option("--hostname", "hostname", "the host's name; device address is DEVICE-ID@HOSTNAME"),
    _option("--host-country", "host_country", "where the host stands"),
    _option("--host-city", "host_city", "where the host stands"),
    _option("--host-lat", "host_lat", "where the host stands, degrees north; with --host-lng"),
    _option("--host-lng", "host_lng", "where the host stands, degrees east; with --host-lat"),
    _option("--host-os", "host_os", "the host's operating system; for a browser, that of its device"),
    _option("--host-os-version", "host_os_version", "the version of that"),
    _option("--device-id", "device_id", "the device's serial number or another id"),
    _option("--device-model", "device_model", "the model that the device says it is"),
    _option("--device-sku", "device_sku", "the device's SKU"),
    _option("--carrier", "device_carrier", "the carriers of the device's SIM cards, separated by commas"),
    _option("--device-os", DEVICE_OS, "the device's operating system, kept as the tag device_os"),
    _option("--device-os-version", "device_os_version", "the version of the device's operating system"),
)


def metadata_of(options: Mapping[str, Any]) -> Metadata:
    """What the options say. ImportFailed if half of a place is missing."""
    given = {option.field: options[_destination(option)] for option in DESCRIBED if option.field != DEVICE_OS}
    if (given["host_lat"] is None) != (given["host_lng"] is None):
        raise ImportFailed("A place has both a latitude and a longitude: give --host-lat and --host-lng")
    return Metadata(**given)


def tags_of(options: Mapping[str, Any]) -> tuple[Tag, ...]:
    return (Tag(DEVICE_OS, options[DEVICE_OS]),) if options[DEVICE_OS] else ()


def _destination(option: Option) -> str:
    return option.name.removeprefix("--").replace("-", "_")
