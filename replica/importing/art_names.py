"""Names of Java methods as a person reads them, out of the descriptors of the Android runtime."""

from replica.importing.bundle import Method

PRIMITIVES = dict(
    zip("BCDFIJSVZ", ("byte", "char", "double", "float", "int", "long", "short", "void", "boolean"), strict=True)
)


def java_method(process_id: int, number: int, class_name: str, method: str, descriptor: str) -> Method:
    """`java.lang.Thread`, `sleep`, `(J)V` → `Thread.sleep`, with `void java.lang.Thread.sleep(long)` as signature."""
    class_name = class_name.replace("/", ".")
    args, returns = _types(descriptor)
    package, _, short = class_name.rpartition(".")
    full = f"{class_name}.{method}"
    return Method(
        process_id,
        number,
        raw_name=f"{full} {descriptor}".strip(),
        name=f"{short}.{method}",
        args=args,
        returns=returns,
        signature=f"{returns} {full}({args})" if returns else full,
        package_name=package or None,
    )


def _types(descriptor: str) -> tuple[str | None, str | None]:
    """Arguments and return type of a descriptor such as `([ILjava/lang/String;)V`; None if it is not one."""
    if not descriptor.startswith("(") or ")" not in descriptor:
        return None, None
    inside, _, returned = descriptor[1:].partition(")")
    args, names = inside, []
    while args:
        name, args = _first_type(args)
        names.append(name)
    return ", ".join(names), _first_type(returned)[0]


def _first_type(descriptor: str) -> tuple[str, str]:
    """The name of the first type and what follows it."""
    element = descriptor.lstrip("[")
    arrays = "[]" * (len(descriptor) - len(element))
    if element.startswith("L"):
        name, _, rest = element[1:].partition(";")
        return name.replace("/", ".") + arrays, rest
    return PRIMITIVES.get(element[:1], element[:1]) + arrays, element[1:]
