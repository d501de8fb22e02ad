import csv
import io

from loadtests.outcomes import Kind
from loadtests.report.seconds import as_csv
from tests.loadtests.report.seconds import second
from tests.loadtests.runs import make_run


def test_a_second_is_a_row_with_all_that_is_known_of_it() -> None:
    one = second(3, kinds={Kind.RESULT: 8, Kind.RPC: 2}, heads={1: 80}, consistency={"head_regressions": 1})
    (row,) = csv.DictReader(io.StringIO(as_csv(make_run(seconds=(one,)))))
    assert (row["second"], row["is_warmup"], row["p99_ms"]) == ("3", "0", "2.0")
    assert (row["calls_result"], row["calls_rpc"], row["calls_http"]) == ("8", "2", "0")
    assert (row["head_1"], row["head_regressions"]) == ("80", "1")


def test_what_was_not_measured_is_left_empty() -> None:
    rows = [second(0, p50_ms=None, p99_ms=None, max_ms=None), second(1, heads={0: 5}, consistency={"stale": 2})]
    first, last = csv.DictReader(io.StringIO(as_csv(make_run(seconds=tuple(rows)))))
    assert (first["p50_ms"], first["head_0"], first["stale"]) == ("", "", "0")
    assert (last["p50_ms"], last["head_0"], last["stale"]) == ("1.0", "5", "2")


def test_a_run_without_a_second_has_a_header_alone() -> None:
    assert as_csv(make_run()).count("\n") == 1
