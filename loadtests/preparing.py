"""Makes of the flags what a run sends to its targets."""

from collections.abc import Sequence
from dataclasses import replace

from loadtests.compare_targets import check_same_chain
from loadtests.mix import Dropped, Mix, drop, load_mix
from loadtests.options import Options
from loadtests.parameters import PARAMS, TRANSACTION_METHOD
from loadtests.requests import prepare
from loadtests.run import Requests
from loadtests.signing import read_keys
from loadtests.wishes import Wishes


def read_wishes(options: Options) -> tuple[Mix, Wishes]:
    """Return the mix, and what is asked for beside it.

    Raises:
        LoadError: there is no such mix, or the keys can't be read.
    """
    wishes = Wishes(
        skew=options.skew,
        batch=options.batch,
        clients=-(-options.clients // options.processes) * options.processes,
        seed=options.seed,
        stale_seconds=options.stale_seconds,
        keys=read_keys(options.keys_path) if options.keys_path is not None else (),
        processes=options.processes,
        calls_expected=(options.rate or 0.0) * (options.warmup + options.duration) * options.batch,
    )
    return load_mix(options.mix, PARAMS), wishes


def prepare_requests(options: Options, asked: tuple[Mix, Wishes], targets: Sequence[str]) -> Requests:
    """Find out about the targets' chain, and make calls about it.

    Raises:
        LoadError: the compared target is of another chain, or the targets answer nothing of the mix.
        CouldNotJudge: a target does not answer.
    """
    mix, wishes = asked
    compared: tuple[Dropped, ...] = ()
    if options.compare is not None:
        check_same_chain(targets[0], options.compare)
        mix, compared = comparable(mix)
        targets = (*targets, options.compare)
    prepared = prepare(mix, targets, wishes)
    dropped = (*compared, *prepared.dropped)
    reasons = [f"{each.method} ({each.share:.2%} of the mix) is not sent: {each.reason}" for each in dropped]
    return Requests(
        name=f"{mix.name} (version {mix.version}, {mix.date})",
        spec=dict(prepared.spec),
        dropped={each.method: each.share for each in dropped},
        notes=(*reasons, *prepared.notes),
    )


def comparable(mix: Mix) -> tuple[Mix, tuple[Dropped, ...]]:
    """Return what of a mix can be sent to two targets: no transactions, and no block that only one may have by now."""
    asked = mix.parameters
    latest_share = asked.latest_share + asked.seen_head_share
    parameters = replace(asked, latest_share=latest_share, seen_head_share=0.0, own_receipts_share=0.0)
    reason = "the second target would refuse what the first has taken"
    left, dropped = drop(mix, {TRANSACTION_METHOD: reason} if TRANSACTION_METHOD in mix.weights else {})
    return replace(left, parameters=parameters), dropped
