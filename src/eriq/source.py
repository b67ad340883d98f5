"""Which code this is: the version of the package, and a digest of its own files."""

import hashlib
from functools import cache
from pathlib import Path

KINDS = (".py", ".html", ".js", ".md", ".po", ".svg", ".yaml")  # what changes what eriq does or says


@cache
def source_digest(folder: Path = Path(__file__).parent) -> str:
    """Return the SHA-256 of all files of the package, by path below it and content; the same on every machine.

    Parameters
    ----------
    folder : Path
        Of the package; a checkout with changes of somebody's own has another digest than the release it came from.

    Returns
    -------
    str
        64 hexadecimal digits. Shipped configs are not counted: each run records its own.

    Examples
    --------
    >>> len(source_digest()), source_digest() == source_digest()
    (64, True)
    """
    total = hashlib.sha256()
    named = {file.relative_to(folder).as_posix(): file for file in folder.rglob("*") if file.suffix in KINDS}
    for name, file in sorted(named.items()):
        if not name.startswith("configs/"):  # a wheel holds them there, a checkout elsewhere
            content = file.read_bytes().replace(b"\r\n", b"\n")
            total.update(f"{name}\n{len(content)}\n".encode() + content)
    return total.hexdigest()
