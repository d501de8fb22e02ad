"""What `ethercattle load` does, from its flags to its exit code."""

import sys

from loadtests.faults.aftermath import write_fault_times
from loadtests.open_pool import open_pool
from loadtests.options import Options, check_options
from loadtests.preparing import prepare_requests, read_wishes
from loadtests.report.write import check_reports, write_reports
from loadtests.run import run_load
from loadtests.show import live_view, print_summary
from loadtests.verdict import end_of, gate_lines, judge_run, read_gates
from loadtests.workload import plan_workload
from reference_node.errors import CouldNotJudge
from simulation.terminal import console_beside, terminable


def run_command(options: Options) -> int:
    """Load what is asked for, tell what was found, and return the exit code.

    Raises:
        LoadError: a flag is wrong; nothing is started then.
        CouldNotJudge: a part or a target is not there, or it was interrupted before the first figure.
    """
    check_options(options)
    plan_workload(options)  # a mistake in it is told before anything is started
    check_reports(options)
    wishes = read_wishes(options)
    gates = read_gates(options.fail_on)
    try:
        with terminable():
            with open_pool(options, say) as pool:
                requests = prepare_requests(options, wishes, pool.targets)
                with live_view(options) as show:
                    summary = run_load(options, pool, requests, show)
            judged = judge_run(gates, summary)
            write_reports(options, summary, judged)
            if options.fault_times_path is not None:
                write_fault_times(options.fault_times_path, summary)
            console = console_beside(options.json_path)
            print_summary(summary, console)
            for line in gate_lines(summary, judged):
                console.print(line)
    except KeyboardInterrupt:
        raise CouldNotJudge("interrupted before the first figure") from None
    return end_of(summary, judged)


def say(line: str) -> None:
    """Write a line on stderr; above the live view, which has taken that stream's place while it is there."""
    print(line, file=sys.stderr, flush=True)
