"""Conformance while the head moves: a geth that grows and reorganises, our master following it, and generated requests.

By hand: `python -m tests.integration.moving_run --examples 20000` (Kafka in a container, unless --broker sqlite).
"""

import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from itertools import cycle, islice
from pathlib import Path

import click

from conformance.generate.join import generator_for
from conformance.run import Limits, run_questions
from conformance.subject import Endpoint
from conformance.verdict import Judgement, Verdict
from fixtures.brokers import KAFKA, running_log
from fixtures.chain_files import find_chain
from fixtures.geth import Program, find_geth, on_chain
from fixtures.moving_chain import MovingChain
from tests.integration.following_nodes import Followed, followed

CHAIN = find_chain("everyfork")
ROUND_QUESTIONS = 250
"""Then facts are gathered anew, so that questions name blocks that are young, or have left the chain since."""
DEPTHS = (1, 3, 2, 5, 1, 4)
LAG_BLOCKS_MAX = 20
SIDE_BLOCKS = ("--import", str(CHAIN.chain), "--side", str(CHAIN.side))
"""Geth has them, and from a node that is followed no master gets what left the chain before."""


@dataclass
class Moves:
    """What geth was told while questions were asked; written by the thread that moves it."""

    steps: int = 0
    reorgs: Counter[int] = field(default_factory=Counter)
    failure: Exception | None = None


@contextmanager
def moving(nodes: Followed, pause_seconds: float, seed: int) -> Iterator[Moves]:
    """Move a geth's head in a thread of its own until left.

    It goes on once the replica has been there too: a head that a master misses between two looks is a block that geth
    alone knows, and nobody is wrong about it.
    """
    moves, stopping = Moves(), threading.Event()

    def run() -> None:
        try:
            for step in MovingChain(nodes.geth).rounds(seed, cycle(DEPTHS)):
                moves.steps += 1
                moves.reorgs[step.reorg_depth] += 1
                nodes.wait_for(step)
                if stopping.wait(pause_seconds):
                    return
        except Exception as error:  # noqa: BLE001 - told to who asked for the moves
            moves.failure = error

    thread = threading.Thread(target=run, name="mover")
    thread.start()
    try:
        yield moves
    finally:
        stopping.set()
        thread.join()
    if moves.failure is not None:
        raise moves.failure


def ask_while_moving(nodes: Followed, examples: int, seed: int, jobs: int = 4) -> list[Judgement]:
    """Ask geth and the replica generated questions, and return what is said of each."""
    made: list[Judgement] = []
    with Endpoint(nodes.geth.url, "geth") as reference, Endpoint(nodes.replica.url, "replica") as candidate:
        while len(made) < examples:
            count = min(ROUND_QUESTIONS, examples - len(made))
            generator = generator_for(reference, CHAIN, seed + len(made))
            questions = list(islice(generator.questions(count), count))
            limits = Limits(jobs=jobs, lag_blocks_max=LAG_BLOCKS_MAX)
            made += run_questions("moving", questions, reference, candidate, limits=limits).judgements
    return made


@contextmanager
def moving_nodes(program: Program, folder: Path, broker: str, topic: str, pause_seconds: float, seed: int) -> (
    Iterator[tuple[Followed, Moves]]
):  # fmt: skip
    """Run a geth that moves, a master that follows it, a log, and a replica."""
    with ExitStack() as stack:
        geth = stack.enter_context(on_chain(CHAIN, program))
        nodes = stack.enter_context(followed(geth, CHAIN, folder, broker, topic, *SIDE_BLOCKS))
        yield nodes, stack.enter_context(moving(nodes, pause_seconds, seed))


@click.command()
@click.option("--examples", default=20_000, show_default=True)
@click.option("--seed", default=1, show_default=True)
@click.option("--pause", default=0.5, show_default=True, help="Seconds between two steps of geth's head.")
@click.option("--broker", default=KAFKA, show_default=True)
@click.option("--jobs", default=4, show_default=True)
def main(examples: int, seed: int, pause: float, broker: str, jobs: int) -> None:
    """Ask generated questions while the head moves, and print what was said."""
    with tempfile.TemporaryDirectory() as name, running_log(broker, Path(name)) as log:
        started = time.monotonic()
        with moving_nodes(find_geth(), Path(name), log.broker, "moving", pause, seed) as (nodes, moves):
            judgements = ask_while_moving(nodes, examples, seed, jobs)
        seconds = time.monotonic() - started
    verdicts = Counter(judgement.verdict for judgement in judgements)
    said = ", ".join(f"{verdict.value} {count}" for verdict, count in sorted(verdicts.items(), key=str))
    reorgs = {depth: count for depth, count in sorted(moves.reorgs.items()) if depth}
    click.echo(f"{len(judgements)} questions in {seconds:.0f} s, {moves.steps} steps, reorgs by depth {reorgs}: {said}")
    for judgement in judgements:
        if judgement.verdict not in (Verdict.MATCH, Verdict.LAG):
            click.echo(f"{judgement.verdict.value} {judgement.question.body[:2000]} {judgement.problem}")
            for difference in judgement.differences[:3]:
                click.echo(f"    {difference}"[:600])


if __name__ == "__main__":
    main()
