"""Generated requests while geth's head moves and reorganises: our replica is never wrong, at most a little behind."""

from collections import Counter
from pathlib import Path

import pytest

from conformance.verdict import Verdict
from fixtures.geth import Program
from fixtures.kafka import Kafka
from tests.integration.moving_run import ask_while_moving, moving_nodes

EXAMPLES = 500
SETTLED_SHARE_MIN = 0.98
"""Some questions can't be judged while blocks come and go; nearly all can."""


@pytest.mark.real
def test_no_answer_is_wrong_while_the_head_moves_and_reorganises(
    geth_program: Program, kafka: Kafka, tmp_path: Path
) -> None:
    topic = kafka.unique_topic()
    with moving_nodes(geth_program, tmp_path, kafka.bootstrap, topic, pause_seconds=0.3, seed=3) as (nodes, moves):
        judgements = ask_while_moving(nodes, EXAMPLES, seed=3)
    wrong = [judgement for judgement in judgements if judgement.verdict is Verdict.MISMATCH]
    assert wrong == []
    verdicts = Counter(judgement.verdict for judgement in judgements)
    assert sum(verdicts.values()) == EXAMPLES
    assert verdicts[Verdict.MATCH] + verdicts[Verdict.LAG] >= SETTLED_SHARE_MIN * EXAMPLES
    assert moves.steps >= 5
    assert any(depth for depth in moves.reorgs), "no reorg came while questions were asked"
