"""Makes of the flags what a run sends to its targets."""

from collections.abc import Sequence

from loadtests.mix import load_mix
from loadtests.options import Options
from loadtests.parameters import PARAMS
from loadtests.requests import prepare
from loadtests.run import Requests
from loadtests.signing import read_keys
from loadtests.wishes import Wishes


def prepare_requests(options: Options, targets: Sequence[str]) -> Requests:
    """Find out about the targets' chain, and make calls about it.

    Raises:
        LoadError: there is no such mix, the keys can't be read, or the targets answer nothing of the mix.
        CouldNotJudge: a target does not answer.
    """
    mix = load_mix(options.mix, PARAMS)
    wishes = Wishes(
        skew=options.skew,
        batch=options.batch,
        seed=options.seed,
        stale_seconds=options.stale_seconds,
        keys=read_keys(options.keys_path) if options.keys_path is not None else (),
        processes=options.processes,
        calls_expected=(options.rate or 0.0) * (options.warmup + options.duration) * options.batch,
    )
    prepared = prepare(mix, targets, wishes)
    reasons = [f"{each.method} ({each.share:.2%} of the mix) is not sent: {each.reason}" for each in prepared.dropped]
    return Requests(
        name=f"{mix.name} (version {mix.version}, {mix.date})",
        spec=dict(prepared.spec),
        dropped={each.method: each.share for each in prepared.dropped},
        notes=(*reasons, *prepared.notes),
    )
