# SPDX-License-Identifier: BSD-2-Clause
"""USB adapters that are pulled, come back, and change their numbers.

Easy to get wrong: the monitor elsewhere is another patient.  Its heart beats
44 times a minute, which nobody in CHAIR1 does at any time of the tests.
"""
import random
import re
import time

from lab import case
from ward import GE, OTHER, OX, expect

BY_ID = "/dev/serial/by-id/usb-QEMU_QEMU_USB_SERIAL_%s-if00-port0"
WRONG = ("SELECT count(*) FROM reading_000001 WHERE value < 50 AND vital IN "
         "(SELECT n FROM vital WHERE name IN ('hr', 'pr'))")


def device_of(ward, serial):
    """What number the adapter has now, as "ttyUSB0"."""
    status, out = ward.machine.try_run(f"readlink {BY_ID % serial}")
    return out.rsplit("/", 1)[-1] if status == 0 else ""


def newest(ward):
    return ward.count("SELECT max(seq) FROM (SELECT max(seq) AS seq FROM event"
                      " UNION SELECT max(seq) FROM alarm)")


@case("a pulled adapter is closed at once: its number is free for its return")
def tty_number(lab):
    ward = lab.ward()
    machine = ward.machine
    before = device_of(ward, OX)
    at = newest(ward)
    machine.unplug(OX)
    ward.wait("vitalsd has seen it go", lambda: ward.count(
        f"SELECT count(*) FROM events WHERE seq > {at} AND event = 'port-lost'"
        " AND port = 'CHAIR1/ox'"), 15)
    machine.plug(OX, ward.sim.tty("ox"))
    _, took = ward.wait("it is heard again", ward.heard, 60)
    after = device_of(ward, OX)
    expect(after == before, f"it was {before} and is {after}")
    return f"{before} again; heard {took:.1f} s after plugging in"


@case("unplugged, another patient's adapter first, then its own again")
def replug(lab):
    ward = lab.ward()
    machine = ward.machine
    number, at = device_of(ward, OX), newest(ward)
    machine.unplug(OX)
    began = time.monotonic()
    ward.wait("vitalsd has seen it go", lambda: ward.count(
        f"SELECT count(*) FROM events WHERE seq > {at} AND event = 'port-lost'"
        " AND port = 'CHAIR1/ox'"), 15)
    machine.plug(OTHER, ward.sim.tty("other"))
    ward.wait("the other has taken its number",
              lambda: device_of(ward, OTHER) == number, 30)
    ward.wait("the missing data is an alarm",
              lambda: ward.alarm("no-data:CHAIR1/ox"), 30)
    seen_s = time.monotonic() - began
    # By the machine's own clock, and the log's own records.
    late_ms = ward.count(
        "SELECT (SELECT min(t_ms) FROM alarm WHERE condition = "
        f"'no-data:CHAIR1/ox' AND seq > {at}) - (SELECT min(t_ms) FROM event "
        f"WHERE port = 'CHAIR1/ox' AND seq > {at})")
    expect(late_ms <= 10500, f"{late_ms} ms after the line was lost")
    # It stays fresh for 12 s, a little longer than the line may be silent.
    ward.wait("no value is shown", lambda: ward.value("spo2", "ox") is None,
              10)
    machine.plug(OX, ward.sim.tty("ox"))
    _, back_s = ward.wait("it is heard again", ward.heard, 60)
    ward.wait("the alarm ends", lambda: ward.no_alarm("no-data"), 60)
    expect(device_of(ward, OX) != number, "it has another number now")
    machine.unplug(OTHER)
    expect(ward.count(WRONG) == 0, "another patient's values are in the log")
    return (f"alarm {late_ms / 1000:.1f} s after the loss (seen after "
            f"{seen_s:.1f} s); heard {back_s:.1f} s after plugging in, as "
            f"{device_of(ward, OX)}; no value of the other patient")


def configure(ward, text):
    """With this configuration, which takes a restart, both are heard."""
    ward.machine.run(f"cat > /etc/vitalsd/vitalsd.yaml <<'END'\n{text}\nEND\n"
                     "systemctl restart vitalsd")
    ward.wait("vitalsd is ready", ward.is_active, 180)
    ward.wait("both monitors are heard", ward.heard, 90)


def expect_in_socket(ward):
    """From now on ox is what is in the socket that its adapter is in now, and
    only that adapter; the socket's number, and what was configured before."""
    machine = ward.machine
    before = machine.run("cat /etc/vitalsd/vitalsd.yaml")
    link = machine.run(
        "for l in /dev/serial/by-path/*; do [ \"$(readlink -f $l)\" = "
        f"\"$(readlink -f {BY_ID % OX})\" ] && echo $l && break; done").strip()
    socket_n = re.search(r"-usb-0:(\d+):1\.0-port0$", link)
    expect(socket_n, f"no socket is known: {link!r}")
    after = before.replace(BY_ID % OX, f"{link}\n        expect: "
                           f"usb:0403:6001:{OX}")
    expect(after != before, "the configuration names the adapter")
    configure(ward, after)
    return socket_n[1], before


@case("another monitor in the socket of one: refused at once, and said so")
def wrong_device(lab):
    ward = lab.ward()
    machine = ward.machine
    socket_n, before = expect_in_socket(ward)
    at = newest(ward)
    machine.unplug(OX)
    ward.wait("vitalsd has seen it go", lambda: ward.count(
        f"SELECT count(*) FROM events WHERE seq > {at} AND event = 'port-lost'"
        " AND port = 'CHAIR1/ox'"), 15)
    machine.plug(OTHER, ward.sim.tty("other"), socket_n)
    device, said_s = ward.wait(
        "the wrong one is named",
        lambda: next((d for d in [ward.device("CHAIR1/ox")] if d and
                      d["finding"] == "other-device"), None), 30)
    expect(OTHER in device["why"] and OX in device["why"] + device["do"],
           f"both are named: {device['why']} {device['do']}")
    _, alarm_s = ward.wait("it is an alarm at once",
                           lambda: ward.alarm("no-data:CHAIR1/ox"), 5)
    machine.unplug(OTHER)
    machine.plug(OX, ward.sim.tty("ox"), socket_n)
    _, back_s = ward.wait("it is heard again", ward.heard, 60)
    ward.wait("the alarm ends", lambda: ward.no_alarm("no-data"), 60)
    expect(ward.count(WRONG) == 0, "another patient's values are in the log")
    configure(ward, before)
    return (f"named {said_s:.1f} s after plugging in, alarm {alarm_s:.1f} s "
            f"later; heard {back_s:.1f} s after its own came back")


@case("a hub that resets again and again: one alarm, a quiet journal")
def hub_storm(lab):
    ward = lab.ward()
    machine = ward.machine
    draw = random.Random(32)
    pid = ward.pid()
    files = machine.run(f"ls /proc/{pid}/fd | wc -l")
    at = newest(ward)
    lines = "journalctl --no-pager -o cat -u vitalsd | wc -l"
    before = int(machine.run(lines))
    began, times = time.monotonic(), 0
    while time.monotonic() - began < 30:
        for serial, tty in ((OX, "ox"), (GE, "ge")):
            machine.unplug(serial)
            time.sleep(draw.choice((0.05, 0.1, 0.4)))
            machine.plug(serial, ward.sim.tty(tty))
            times += 1
        time.sleep(draw.choice((0.05, 0.1, 0.8)))
    _, back_s = ward.wait("both monitors are heard", ward.heard, 60)
    ward.wait("every alarm ends", lambda: ward.no_alarm("no-data"), 60)
    raised = ward.count(
        "SELECT count(*) FROM alarms WHERE phase = 'start' AND condition LIKE "
        f"'no-data%' AND seq > {at}")
    # Each takes 10 s without a frame and an end: on a machine so slow that
    # none gets through between two resets, some fit into the storm.
    expect(raised <= 6, f"{raised} alarms for two monitors")
    said = int(machine.run(lines)) - before
    expect(said <= 2 * times, f"{said} lines in the journal")
    expect(ward.pid() == pid, "vitalsd goes on")
    expect(machine.run(f"ls /proc/{pid}/fd | wc -l") == files,
           "it has as many files open as before")
    return (f"{times} resets in 30 s: {raised} alarms, {said} lines; heard "
            f"{back_s:.1f} s after the last")
