# SPDX-License-Identifier: BSD-2-Clause
"""What the cases share: the list of them, the images, and one machine that
runs a session, so that not every case has to boot its own.

Easy to get wrong: a case may leave the shared machine only as it found it,
with both monitors heard, the session in its infusion and no technical alarm.
After a failure it is thrown away and the next case boots another.
"""
import contextlib
import os
import time

from vm import Machine, Overlay
from ward import Simulator, Ward, expect

CASES = []
# Marks, one after another from that number on, so much longer each; those
# that were called durable come out as machine.promised.
MARKER = ("systemd-run -q --unit=marker /usr/local/lib/vitals-test/marker %d "
          "/dev/virtio-ports/promises %d")


def case(about):
    """Marks a function as a case.  It returns what it measured, as text, and
    raises Failed otherwise; its name is what CASE= names."""
    def mark(function):
        function.about = about
        function.label = function.__name__.replace("_", "-")
        CASES.append(function)
        return function
    return mark


class Lab:
    def __init__(self, images, deb, build, cycles):
        self.images, self.deb, self.build = images, deb, build
        self.cycles = cycles
        self.shared = None
        self.things = contextlib.ExitStack()

    def receiver(self):
        return os.path.join(self.build, "vitals-receiver")

    def installed(self):
        return self.images.installed(self.deb, self.receiver())

    def boot(self, stack, name="bedside"):
        """Powers a machine on, with no adapter plugged in; the ward, and the
        seconds until vitalsd was ready."""
        disk = Overlay(self.images, self.installed(), name)
        ward = self.ward_on(stack, disk, name)
        return ward, self.power_on(ward)

    def ward_on(self, stack, disk, name, extra=()):
        """A machine with that disk and monitors outside, not yet started."""
        machine = stack.enter_context(Machine(self.images, disk, name,
                                              extra=extra))
        return Ward(machine, stack.enter_context(Simulator(self.build)))

    def power_on(self, ward):
        """The seconds until vitalsd is ready."""
        ward.machine.start()
        ward.machine.wait_for_agent()
        ward.wait("vitalsd is ready", ward.is_active, 180)
        return time.monotonic() - ward.machine.began

    def ward(self):
        """The shared machine, in a session."""
        if self.shared is None:
            self.shared, _ = self.boot(self.things)
            self.shared.plug_monitors()
        self.settle()
        return self.shared

    def settle(self):
        """Waits until all is as a case may expect to find it."""
        ward = self.shared
        ward.wait("both monitors are heard", ward.heard, 90)
        if not ward.bed()["session"]:
            ward.begin_session()
        ward.wait("notices are delivered", lambda: ward.state()["notifier"]
                  == {"connected": True, "undelivered": 0, "channels": 1}, 90)
        for condition in ("no-data", "log-", "disk-", "undelivered"):
            ward.wait(f"{condition} is over",
                      lambda c=condition: ward.no_alarm(c), 60)
        expect(ward.bed()["phase"] == "infusion", "the infusion goes on")

    def drop(self):
        """Throws the shared machine away."""
        self.shared = None
        self.things.close()
