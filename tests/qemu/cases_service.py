# SPDX-License-Identifier: BSD-2-Clause
"""Hangs, kills and crashes of the services under systemd.

Easy to get wrong: a process that was stopped with SIGSTOP takes no SIGABRT
either, so what ends it at last is the SIGKILL that follows; the time allowed
below includes that.
"""
import time

from lab import case
from ward import expect

# WatchdogSec=10, some seconds of dying, RestartSec=1.
HANG_S = 15


def restarts(ward, unit="vitalsd"):
    return int(ward.show(unit, "NRestarts"))


def resumed(ward, session, gaps):
    """vitalsd is back in the session, and has written the gap."""
    ward.wait("the session goes on", lambda: ward.goes_on(session), 30)
    ward.wait("the gap is in the log", lambda: ward.gaps() == gaps + 1, 30)
    ward.wait("the restart is told to the staff",
              lambda: ward.alarm("restarted"), 30)
    ward.wait("both monitors are heard", ward.heard, 60)


@case("vitalsd hangs: killed by the watchdog, restarted, in its session")
def watchdog(lab):
    ward = lab.ward()
    session, gaps, before = ward.bed()["session"], ward.gaps(), restarts(ward)
    began = time.monotonic()
    ward.machine.run(f"kill -STOP {ward.pid()}")
    ward.wait("systemd restarts it", lambda: restarts(ward) > before
              and ward.is_active(), 60)
    took = time.monotonic() - began
    reason = ward.machine.run(
        "journalctl --no-pager -o cat -u vitalsd -n 60")
    expect("atchdog" in reason, "the watchdog ended it:\n" + reason)
    resumed(ward, session, gaps)
    expect(took <= HANG_S, f"it took {took:.1f} s, more than {HANG_S}")
    return f"running again {took:.1f} s after the hang began"


@case("vitals-notify hangs: the same; meanwhile vitalsd says that none gets through")
def watchdog_notify(lab):
    ward = lab.ward()
    machine = ward.machine
    before, pid = restarts(ward, "vitals-notify"), ward.pid()
    received = len(machine.received)
    began = time.monotonic()
    machine.run(f"kill -STOP {ward.pid('vitals-notify')}")
    ward.wait("systemd restarts it",
              lambda: restarts(ward, "vitals-notify") > before
              and ward.is_active("vitals-notify"), 60)
    took = time.monotonic() - began
    expect(took <= HANG_S, f"it took {took:.1f} s, more than {HANG_S}")
    ward.wait("it is connected again",
              lambda: ward.state()["notifier"]["connected"], 30)
    ward.sim.tell("CHAIR1 spo2 78")
    ward.wait("an alarm still arrives", lambda: "spo2-low" in str(
        machine.received[received:]), 120)
    ward.sim.tell("CHAIR1 spo2 back")
    ward.wait("the alarm has ended, latched",
              lambda: ward.alarm("spo2-low")["state"] == "latched", 90)
    ward.stated("alarm", "ack", "--bed", "CHAIR1", "--by", "test nurse")
    expect(ward.pid() == pid, "vitalsd was not touched by it")
    return f"running again {took:.1f} s after the hang began"


@case("kill -9 of vitalsd in a session")
def kill(lab):
    ward = lab.ward()
    session, gaps, before = ward.bed()["session"], ward.gaps(), restarts(ward)
    ward.stated("mark", "said before the kill")
    began = time.monotonic()
    ward.machine.run(f"kill -KILL {ward.pid()}")
    ward.wait("it is active again", lambda: restarts(ward) > before
              and ward.is_active(), 60)
    took = time.monotonic() - began
    resumed(ward, session, gaps)
    expect(ward.count("SELECT count(*) FROM statements WHERE text = "
                      "'said before the kill'") == 1, "the mark is there")
    ward.check_log()
    expect(took <= 10, f"it took {took:.1f} s")
    return f"active again after {took:.1f} s"


@case("ten kills in a row, then a crash loop: never given up")
def crash_loop(lab):
    ward = lab.ward()
    machine = ward.machine
    session = ward.bed()["session"]
    first = restarts(ward)
    # As fast as it comes up: killed as soon as there is a process.
    machine.run(
        "n=0; while [ $n -lt 10 ]; do p=$(systemctl show -p MainPID --value "
        "vitalsd); if [ $p != 0 ]; then kill -KILL $p && n=$((n+1)); fi; "
        "sleep 0.3; done", 120)
    ward.wait("it is active after ten kills", ward.is_active, 60)
    # It cannot start at all for a while.
    machine.run("mv /etc/vitalsd/vitalsd.yaml /etc/vitalsd/away && "
                f"kill -KILL {ward.pid()}")
    at = restarts(ward)
    # A start that fails the same way again is held up by up to 30 s.
    ward.wait("it is tried again and again", lambda: restarts(ward) >= at + 3,
              180)
    state = ward.show("vitalsd", "ActiveState")
    expect(state in ("activating", "deactivating", "inactive"),
           f"it is {state}")
    result = ward.show("vitalsd", "Result")
    expect(result != "start-limit-hit", "the start limit was hit")
    machine.run("mv /etc/vitalsd/away /etc/vitalsd/vitalsd.yaml")
    _, took = ward.wait("it comes back by itself",
                        lambda: ward.goes_on(session), 60)
    ward.wait("both monitors are heard", ward.heard, 60)
    ward.check_log()
    return (f"{restarts(ward) - first} restarts; in its session "
            f"{took:.1f} s after the cause was gone")
