"""Run eriq with `python -m eriq`."""

from eriq.cli import run

if __name__ == "__main__":
    run()
