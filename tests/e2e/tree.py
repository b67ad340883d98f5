"""The tree in `docs/architecture.md`, made from the folders; `make tree` stores it, a test compares it."""

import ast
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "src" / "eriq"
PAGE = ROOT / "docs" / "architecture.md"
BEGIN, END = "<!-- tree: written by `make tree` -->\n```\n", "```\n<!-- /tree -->"
WIDE = 34


def subject(module: Path) -> str:
    """Return the first line of a module's docstring."""
    docs = ast.get_docstring(ast.parse(module.read_text(encoding="utf-8"))) or ""
    return docs.split("\n")[0]


def lines_of(folder: Path, depth: int = 0) -> list[str]:
    """Return a line per package and module below `folder`: its name and its subject."""
    modules = [module for module in sorted(folder.glob("*.py")) if module.name not in ("__init__.py", "__main__.py")]
    lines = [f"{'  ' * depth}{m.name:<{WIDE - 2 * depth}}{subject(m)}".rstrip() for m in modules]
    for package in sorted(path.parent for path in folder.glob("*/__init__.py")):
        name = f"{package.name}/"
        about = subject(package / "__init__.py")
        lines.append(f"{'  ' * depth}{name:<{WIDE - 2 * depth}}{about}".rstrip())
        lines += lines_of(package, depth + 1)
    return lines


def tree() -> str:
    """Return the whole tree as text."""
    return "\n".join(["src/eriq/", *lines_of(PACKAGE, 1)]) + "\n"


def stored() -> str:
    """Return the tree as it stands in the page."""
    return PAGE.read_text(encoding="utf-8").split(BEGIN)[1].split(END)[0]


def main() -> None:
    """Put the tree of the folders into the page."""
    text = PAGE.read_text(encoding="utf-8")
    head, rest = text.split(BEGIN)
    PAGE.write_text(head + BEGIN + tree() + END + rest.split(END, 1)[1], encoding="utf-8")


if __name__ == "__main__":
    main()
