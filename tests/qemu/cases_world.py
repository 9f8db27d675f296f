# SPDX-License-Identifier: BSD-2-Clause
"""Clocks that are stepped, and a machine that is stopped.

Easy to get wrong: a machine that qemu stops does not notice, for its clocks
stop as well.  What that shows is that nothing breaks by it; it is no suspend.
"""
import time

from lab import case
from ward import expect


def clock_lead(ward):
    """Infusion clock less the machine's own boot clock, in ms."""
    state = ward.state()
    return state["beds"][0]["infusion_ms"] - state["t_ms"]


@case("the wall clock goes to 2019, past 2038, and back, in a session")
def clock_steps(lab):
    ward = lab.ward()
    machine = ward.machine
    session, pid, lead = ward.bed()["session"], ward.pid(), clock_lead(ward)
    at = ward.count("SELECT max(seq) FROM event")
    steps = ("2019-01-01 00:00:00", "2038-01-19 03:14:06", "2026-11-22 12:00:00")
    for n, when in enumerate(steps, 1):
        machine.run(f"date -s '{when}'")
        ward.wait(f"the step to {when} is in the log", lambda n=n: ward.count(
            "SELECT count(*) FROM events WHERE event = 'clock-step' AND "
            f"seq > {at}") >= n, 30)
        expect(ward.alarm("clock-stepped"), "the staff is told")
        # Past the last second that 32 bits can count.
        time.sleep(4)
        expect(ward.goes_on(session), f"the session goes on in {when[:4]}")
        expect(ward.pid() == pid, f"no restart in {when[:4]}")
        drift = clock_lead(ward) - lead
        expect(abs(drift) <= 1, f"the infusion clock moved by {drift} ms")
        expect(ward.heard(), f"both monitors are heard in {when[:4]}")
        ward.stated("mark", f"said in {when[:4]}")
    years = [r["y"] for r in ward.sql(
        "SELECT substr(entered_at, 1, 4) AS y FROM statements WHERE text LIKE "
        f"'said in 20%' AND seq > {at} ORDER BY seq")]
    expect(years == ["2019", "2038", "2026"], f"the marks are of {years}")
    out = ward.ctl("review", "last")
    expect("said in 2038" in out, "the review has it")
    ward.wait("the alarm ends", lambda: ward.no_alarm("clock-stepped"), 120)
    return "3 steps in the log; infusion clock moved by 0 ms; no restart"


@case("qemu stops the machine for 20 s and lets it go on")
def stopped(lab):
    ward = lab.ward()
    machine = ward.machine
    session, pid, lead = ward.bed()["session"], ward.pid(), clock_lead(ward)
    at = ward.count("SELECT max(seq) FROM alarm")
    machine.qmp("stop")
    time.sleep(20)
    machine.qmp("cont")
    _, took = ward.wait("it answers and hears", ward.heard, 60)
    expect(ward.goes_on(session) and ward.pid() == pid,
           "the same process in the same session")
    expect(clock_lead(ward) == lead, "the clock of the machine stood still")
    raised = ward.count("SELECT count(*) FROM alarms WHERE phase = 'start' "
                        f"AND seq > {at}")
    expect(raised <= 2, f"{raised} alarms")
    return (f"{raised} alarms; heard {took:.1f} s after (the machine's clocks "
            "stand still, so it sees no gap)")
