# SPDX-License-Identifier: BSD-2-Clause
"""Power cuts at random moments of a session, with reboot and check.

Easy to get wrong: what counts as promised is what had left the machine: the
number of a mark that was called durable, on a line of its own, before the
plug was pulled.  A record that nobody was told of may be missing.
"""
import contextlib
import json
import random
import time

from lab import MARKER, case
from vm import Forgetful, Overlay
from ward import expect


def begin(lab, ward):
    """First power on: a session that is over and sealed, and an open one."""
    lab.power_on(ward)
    ward.plug_monitors()
    ward.wait("both monitors are heard", ward.heard, 120)
    ward.begin_session()
    ward.stated("infusion", "stop")
    ward.stated("session", "end")
    return ward.begin_session()


def work_until_cut(ward, draw):
    """Marks one after another, alarms that come and go, and then no power;
    how long that went."""
    machine = ward.machine
    first = max(machine.promised, default=0) + 1
    machine.run(MARKER % (first, 0))
    ward.wait("marks are promised",
              lambda: max(machine.promised, default=0) >= first, 60)
    end = time.monotonic() + draw.uniform(1, 8)
    began, low = time.monotonic(), False
    while time.monotonic() < end:
        low = not low
        ward.sim.tell("CHAIR1 spo2 " + ("78" if low else "97"))
        time.sleep(min(draw.uniform(0.5, 3), max(0, end - time.monotonic())))
    machine.cut()
    ward.sim.tell("CHAIR1 spo2 97")
    return time.monotonic() - began


def notices_arrive(ward):
    """Every notice in the log is delivered in the end, and what the log calls
    delivered had in truth arrived."""
    ward.wait("what waited is delivered", lambda: ward.count(
        "SELECT count(*) FROM notices WHERE delivered_at IS NULL") == 0, 120)
    arrived = {n["key"] for n in ward.machine.received}
    keys = {r["key"] for r in ward.sql("SELECT key FROM notices")}
    expect(keys <= arrived,
           f"called delivered, and never arrived: {keys - arrived}")
    return len(keys)


def cuts(lab, disk, name):
    seed = random.randrange(1 << 30)
    draw = random.Random(seed)
    print(f"    seed {seed}", flush=True)
    lost, slowest, notices = 0, 0, 0
    with contextlib.ExitStack() as stack:
        ward = lab.ward_on(stack, disk, name)
        session = begin(lab, ward)
        for n in range(1, lab.cycles + 1):
            worked = work_until_cut(ward, draw)
            ward.machine.start()
            ward.plug_monitors()
            ward.machine.wait_for_agent()
            ward.wait("the session goes on", lambda: ward.goes_on(session),
                      180)
            up_s = time.monotonic() - ward.machine.began
            ward.wait("both monitors are heard", ward.heard, 120)
            slowest = max(slowest, time.monotonic() - ward.machine.began)
            gone = ward.missing_marks()
            lost += len(gone)
            ward.check_log()
            ward.ctl("log", "verify")
            bridges = ward.count("SELECT count(*) FROM events WHERE event = "
                                 "'bridge'")
            expect(bridges == n, f"{bridges} bridges after {n} cuts")
            notices = notices_arrive(ward)
            print(f"    cut {n} after {worked:.1f} s: "
                  f"{len(ward.machine.promised)} marks promised so far, "
                  f"{len(gone)} missing, {notices} notices; session goes on "
                  f"{up_s:.0f} s after power on", flush=True)
        expect(lost == 0, f"{lost} acknowledged marks are missing")
        ward.stated("infusion", "stop")
        ward.stated("session", "end")
        ward.ctl("log", "verify")
        return (f"{lab.cycles} cuts: {len(ward.machine.promised)} acknowledged"
                f" marks, 0 missing; {notices} notices arrived; power on to "
                f"values at most {slowest:.0f} s")


@case("power cuts; the disk keeps what it was given")
def power_cut(lab):
    return cuts(lab, Overlay(lab.images, lab.installed(), "power"), "power")


@case("power cuts; the disk forgets what was not flushed")
def power_forgetful(lab):
    return cuts(lab, Forgetful(lab.images, lab.installed(), "forgetful"),
                "forgetful")


@case("a power cut with a disk that lies about flushing must lose marks")
def power_lying(lab):
    disk = Forgetful(lab.images, lab.installed(), "lying", lies=True)
    with contextlib.ExitStack() as stack:
        ward = lab.ward_on(stack, disk, "lying")
        begin(lab, ward)
        work_until_cut(ward, random.Random())
        lab.power_on(ward)
        status, out = ward.machine.try_run(
            "sqlite3 -readonly -json /var/lib/vitalsd/log.db \"SELECT text "
            "FROM statements WHERE text LIKE 'mark %'\"")
        found = len(json.loads(out or "[]")) if status == 0 else 0
        promised = len(ward.machine.promised)
        expect(found < promised, "nothing is lost: this shows nothing")
        return (f"{promised - found} of {promised} acknowledged marks lost, as "
                "they must be")
