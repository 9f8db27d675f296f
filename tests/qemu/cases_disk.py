# SPDX-License-Identifier: BSD-2-Clause
"""A disk that is full, in a session.

Easy to get wrong: vitalsd keeps a ballast that it gives back, and its log has
pages that it writes again, so that a disk with no room goes on for minutes;
long marks use that up, and what is given back is filled again.
"""
import time

from lab import MARKER, case
from vm import Failed
from ward import expect


@case("the disk is full: alarms and notices go on, and the log by itself after")
def disk_full(lab):
    ward = lab.ward()
    machine = ward.machine
    session, pid = ward.bed()["session"], ward.pid()
    fill = ("fallocate -l $(df --output=avail -B1 /var | tail -n 1) "
            "/var/filler.%d || true; df --output=avail -B1 /var | tail -n 1")
    began = time.monotonic()
    machine.run(fill % 0)
    ward.wait("the staff is told", lambda: ward.alarm("disk-low")
              or ward.alarm("log-failing"), 60)
    told_s = time.monotonic() - began
    machine.run(MARKER % (max(machine.promised, default=0) + 1, 400))
    n = 1
    while not ward.alarm("log-failing"):
        if time.monotonic() - began > 240:
            raise Failed("the log never fails:\n" + machine.run(
                "df /var; ls -ls /var/lib/vitalsd /var/filler*") + ward.story())
        machine.run(fill % n)
        n += 1
    machine.run("systemctl stop marker")
    expect(ward.alarm("log-failing")["priority"] == "high", "it is high")
    out = ward.ctl("mark", "said without a disk")
    expect("NOT on disk" in out, f"it was called durable: {out}")
    received = len(machine.received)
    ward.sim.tell("CHAIR1 spo2 78")
    ward.wait("an alarm arrives without a disk", lambda: "spo2-low" in str(
        machine.received[received:]), 120)
    ward.sim.tell("CHAIR1 spo2 back")
    expect(ward.value("etco2", "ge"), "values are shown")
    machine.run("rm /var/filler.*")
    _, back_s = ward.wait("the log goes on", lambda: ward.no_alarm(
        "log-failing") and ward.no_alarm("disk-low"), 120)
    ward.stated("mark", "said with a disk")
    expect(ward.goes_on(session) and ward.pid() == pid, "without a restart")
    ward.wait("the alarm has ended, latched",
              lambda: ward.alarm("spo2-low")["state"] == "latched", 90)
    ward.stated("alarm", "ack", "--bed", "CHAIR1", "--by", "test nurse")
    ward.check_log()
    gone = ward.missing_marks()
    expect(not gone, f"{len(gone)} acknowledged marks are missing")
    lost = ward.count("SELECT coalesce(sum(count), 0) FROM events WHERE "
                      "event = 'readings-lost'")
    return (f"told after {told_s:.1f} s; alarm delivered meanwhile; log back "
            f"{back_s:.1f} s after there was room; {lost} records lost")
