# SPDX-License-Identifier: BSD-2-Clause
"""From power on to monitoring, as installed, and what the units keep vitalsd
from.

Easy to get wrong: the machine boots without any adapter, since a unit that
allows devices by name works until the first one is plugged in later.
"""
import re
import time

from lab import case
from vm import Failed
from ward import expect

# The kernel calls the clock synchronised, as a time service makes it do:
# adjtimex(ADJ_STATUS | ADJ_MAXERROR | ADJ_ESTERROR) with 'status' of 0 or
# STA_UNSYNC (64).  x86-64's number of the call, the kernel's struct timex.
ADJTIMEX = ("perl -e '$t = pack(\"L x4 q q q q l x4 x160\", 0x1c, 0, 0, 0, 0, %d); "
            "exit(syscall(159, $t) < 0)'")


@case("power on, no adapter; vitalsd ready; both are plugged in; values; session")
def boot(lab):
    lab.drop()
    ward, ready_s = lab.boot(lab.things)
    lab.shared = ward
    machine = ward.machine
    expect("ttyUSB" not in machine.run("cat /proc/devices"),
           "the driver of the adapters is not loaded before one is there")
    expect(ward.alarm("no-data") is None, "no alarm without a session")
    began = time.monotonic()
    ward.plug_monitors()
    ward.wait("both monitors are heard", ward.heard, 90)
    heard_s = time.monotonic() - began
    shown = ward.value("spo2", "ox")["shown"]
    expect(abs(int(shown) - 97) <= 2, f"the saturation is shown as {shown}")
    session = ward.begin_session()
    expect(ward.goes_on(session), "a session with its infusion")
    ward.wait("vitals-notify is connected",
              lambda: ward.state()["notifier"]["connected"], 30)
    failed = machine.run("systemctl --failed --no-legend")
    expect(failed == "", f"units failed: {failed}")
    return (f"agent {machine.booted_s:.0f} s, ready {ready_s:.0f} s after power "
            f"on; values {heard_s:.1f} s after plugging in")


def exposure(machine, unit, offline):
    out = machine.run("systemd-analyze security --no-pager "
                      + ("--offline=true " if offline else "")
                      + unit + " | tail -n 1")
    found = re.search(r"(\d+\.\d+)", out)
    if not found:
        raise Failed(f"no exposure in: {out}")
    return float(found.group(1))


@case("the running units: exposure, capabilities, seccomp, no network")
def hardening(lab):
    ward = lab.ward()
    machine = ward.machine
    figures = []
    for unit, most in (("vitalsd.service", 0.6), ("vitals-notify.service", 1.2)):
        offline = exposure(machine, unit, True)
        online = exposure(machine, unit, False)
        expect(online == offline,
               f"{unit}: exposure {online} online, {offline} offline")
        expect(online <= most, f"{unit}: exposure {online} > {most}")
        pid = ward.pid(unit)
        status = machine.run(f"cat /proc/{pid}/status")
        for line in ("CapEff:\t0000000000000000", "CapPrm:\t0000000000000000",
                     "CapBnd:\t0000000000000000", "NoNewPrivs:\t1",
                     "Seccomp:\t2"):
            expect(line in status, f"{unit}: {line} in\n{status}")
        expect("Uid:\t0" not in status, f"{unit} runs as root")
        figures.append(f"{unit.split('.')[0]} {online}")
    links = machine.run(f"nsenter -t {ward.pid()} -n ip -br link").splitlines()
    expect(len(links) == 1 and links[0].startswith("lo "),
           f"vitalsd's interfaces: {links}")
    user = machine.run(f"ps -o user= -p {ward.pid('vitals-notify')}")
    expect(user != machine.run(f"ps -o user= -p {ward.pid()}"),
           "both run as one user")
    return "exposure " + ", ".join(figures) + "; CapEff 0, Seccomp 2, only lo"


@case("a synchronised clock is seen as such through the seccomp filter")
def clock_flag(lab):
    ward = lab.ward()
    machine = ward.machine

    def synced():
        return ward.state()["clock"]["synced"]

    expect(not synced(), "nobody has set this machine's clock yet")
    machine.run(ADJTIMEX % 0)
    _, took = ward.wait("the clock is called synchronised", synced, 20)
    machine.run(ADJTIMEX % 64)
    ward.wait("and no longer", lambda: not synced(), 20)
    return f"seen after {took:.1f} s"


@case("an alarm reaches the station through vitals-notify's own unit")
def notice(lab):
    ward = lab.ward()
    machine = ward.machine
    secret = machine.run("cat /etc/vitalsd/secrets/station-key")
    for what in ("environ", "cmdline"):
        for unit in ("vitalsd", "vitals-notify"):
            expect(secret not in machine.run(
                f"tr '\\0' '\\n' </proc/{ward.pid(unit)}/{what}"),
                f"the key is in {unit}'s {what}")
    expect(secret not in machine.run("journalctl --no-pager -o cat"),
           "the key is in the journal")
    before = len(machine.received)
    began = time.monotonic()
    ward.sim.tell("CHAIR1 spo2 78")

    def arrived():
        return [n for n in machine.received[before:]
                if "spo2-low" in str(n)]
    ward.wait("the notice arrives", arrived, 120)
    took = time.monotonic() - began
    ward.wait("its delivery is in the log",
              lambda: ward.state()["notifier"]["undelivered"] == 0, 30)
    ward.sim.tell("CHAIR1 spo2 back")
    ward.wait("the alarm has ended, latched",
              lambda: ward.alarm("spo2-low")["state"] == "latched", 90)
    ward.stated("alarm", "ack", "--bed", "CHAIR1", "--by", "test nurse")
    ward.wait("and is gone", lambda: ward.no_alarm("spo2-low"), 30)
    return f"signed, and accepted {took:.1f} s after the saturation fell"
