"""Give a registered model an alias such as champion, if it passes declared gates.

A new model must not be worse than the present one by more than a declared margin: the far end of
the paired interval of their difference counts, not its middle, so that few people cannot pass for
equality. Paired means the same people for both. If both were trained on the same tables, these are
their own held-out people, whose forecasts each training keeps. Otherwise it takes data of people
neither model was trained on.
"""

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

from eriq.config import Gates, load_gates
from eriq.errors import EriqError, PromotionError, bullets
from eriq.model.bundle import Bundle
from eriq.model.manifest import read_manifest
from eriq.model.signature import trusted_keys
from eriq.registry.gates import Verdict, calibrated, fair, groups_alike, not_worse, self_test
from eriq.registry.logged import check_logged
from eriq.registry.models import Version, find_version, model_folder, open_signed, point_alias, version_at
from eriq.registry.same_people import inside, outside


@dataclass(frozen=True, slots=True)
class Promotion:
    """A model that got an alias."""

    version: Version
    alias: str
    previous: Version | None
    verdicts: tuple[Verdict, ...]

    @property
    def sentence(self) -> str:
        """What happened, gate by gate."""
        before = f", instead of version {self.previous.number}" if self.previous else ", the first one"
        head = f"{self.version.name} version {self.version.number} is now {self.alias}{before}"
        return bullets(head, map(str, self.verdicts))


def promote(model: str, alias: str = "champion", gates: Path | None = None, data: Path | None = None) -> Promotion:
    """Point `alias` at a registered model that passes every gate.

    Parameters
    ----------
    model : str
        ``models:/name@alias``, ``models:/name/3``, or the folder or name of a trained model.
    alias : str
    gates : Path, optional
        A file like ``configs/promotion.yaml``; without it the built-in gates, which are the same.
    data : Path, optional
        Answers and registers of other people, with outcomes, where the two trainings share no data.

    Raises
    ------
    PromotionError
        With every gate that fails; the alias stays where it was.
    BundleError
        When the gates name trusted keys, and none of them signed the model.
    ConfigError, TrackingError, SourceError, SchemaError
        By cause.
    """
    rules = load_gates(gates)
    version = find_version(model)
    previous = version_at(version.name, alias)
    if previous and previous.number == version.number:
        raise PromotionError(f"{version.name} version {version.number} is {alias} already")
    folder, keys = model_folder(version.reference), trusted_keys(rules.trusted_keys)
    if keys:  # what nobody vouches for is not judged at all
        check_logged(folder, read_manifest(folder, keys))
    verdicts, bundle = self_test(folder, keys)
    manifest = bundle.manifest if bundle else read_manifest(folder)
    verdicts += [calibrated(manifest, rules), fair(manifest, rules), *groups_alike(manifest, rules)]
    if bundle:
        verdicts += compared(bundle, version, previous, rules, data)
    failed = [verdict for verdict in verdicts if not verdict.passed]
    if failed:
        head = (
            f"{version.name} version {version.number} is not made {alias}: {len(failed)} of {len(verdicts)} gates fail"
        )
        raise PromotionError(bullets(head, map(str, verdicts)))
    tags = {
        "promoted_to": alias,
        "promoted_on": f"{dt.datetime.now(dt.UTC):%Y-%m-%d %H:%M} UTC",
        "promoted_after": previous.number if previous else "none",
        "gates": "; ".join(map(str, verdicts)),
    }
    point_alias(version, alias, tags)
    return Promotion(version, alias, previous, tuple(verdicts))


def compared(
    bundle: Bundle, version: Version, previous: Version | None, gates: Gates, data: Path | None
) -> list[Verdict]:
    """Return, per measure, whether a model is not worse than the present one by more than the margin."""
    if not gates.not_worse:
        return [Verdict("not worse", True, "not asked")]
    if previous is None:
        return [Verdict("not worse", True, "there is no present model to compare with")]
    try:
        present = open_signed(model_folder(previous.reference), gates.trusted_keys)
        pair = outside(present, bundle, data) if data else inside(present, bundle, previous, version)
    except EriqError as why:
        return [Verdict("not worse", False, f"cannot be compared with version {previous.number}: {why}")]
    return not_worse(pair, gates)
