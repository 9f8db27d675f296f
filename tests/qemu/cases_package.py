# SPDX-License-Identifier: BSD-2-Clause
"""The package's life on a fresh Debian 12: installed, configured, upgraded in a
session, removed, installed again, purged.

Easy to get wrong: the newer package holds the same programs under a higher
version, so what is shown is that an upgrade keeps the session, the log and the
configuration, not that two versions understand each other's log.
"""
import contextlib
import os
import subprocess
import tarfile
import tempfile
import time

from image import GUEST
from lab import case
from vm import Overlay
from ward import expect

UNITS = "vitalsd vitals-notify"
APT = "DEBIAN_FRONTEND=noninteractive apt-get -y -q --no-install-recommends "


def newer(deb, folder):
    """The same package under a higher version: its path, its version."""
    root, path = os.path.join(folder, "root"), os.path.join(folder, "newer.deb")
    subprocess.run(["dpkg-deb", "-R", deb, root], check=True)
    control = os.path.join(root, "DEBIAN/control")
    with open(control) as f:
        lines = f.read().splitlines()
    version = next(li for li in lines if li.startswith("Version: ")) + "+1"
    with open(control, "w") as f:
        f.write("\n".join(version if li.startswith("Version: ") else li
                          for li in lines) + "\n")
    subprocess.run(["dpkg-deb", "--root-owner-group", "-b", root, path],
                   check=True, stdout=subprocess.DEVNULL)
    return path, version.split()[1]


def carrier(lab, folder):
    """A disk that brings both packages, the receiver and a configuration; its
    words for qemu, and the newer version."""
    deb, version = newer(lab.deb, folder)
    path = os.path.join(folder, "carrier.tar")
    with tarfile.open(path, "w") as t:
        t.add(lab.deb, "first.deb")
        t.add(deb, "newer.deb")
        t.add(lab.receiver(), "vitals-receiver")
        for name in ("vitalsd.yaml", "vitals-notify.yaml"):
            t.add(os.path.join(GUEST, name), name)
    return ["-drive", f"file={path},format=raw,if=none,id=carrier,readonly=on",
            "-device", "virtio-blk-pci,drive=carrier"], version


def install(machine, deb):
    began = time.monotonic()
    machine.run(APT + f"install /root/{deb}", 300)
    return time.monotonic() - began


def all_active(ward):
    return ward.is_active("vitalsd") and ward.is_active("vitals-notify")


def configure(ward):
    """What the clinic's IT does once."""
    ward.machine.run(
        "cd /root && cp vitalsd.yaml vitals-notify.yaml /etc/vitalsd/ && "
        "echo a-secret-for-tests >/etc/vitalsd/secrets/station-key && "
        "chmod 600 /etc/vitalsd/secrets/station-key && "
        "vitalsctl config check && cp vitals-receiver "
        "/usr/local/lib/vitals-test/ && systemctl start receiver && "
        f"systemctl restart {UNITS}", 120)


@case("fresh Debian: install, session, upgrade in it, remove, install, purge")
def package(lab):
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        extra, version = carrier(lab, folder)
        disk = Overlay(lab.images, lab.images.fresh(), "package")
        ward = lab.ward_on(stack, disk, "package", extra)
        machine = ward.machine
        machine.start()
        machine.wait_for_agent()
        machine.run("systemctl is-system-running --wait; "
                    "tar -xf /dev/vdb -C /root", 180)
        expect(machine.try_run("id vitalsd")[0] != 0, "a fresh system")

        installed_s = install(machine, "first.deb")
        ward.wait("it runs as shipped", lambda: all_active(ward), 60)
        modes = machine.run("stat -c '%a %U' /var/lib/vitalsd "
                            "/etc/vitalsd/secrets | tr '\\n' ' '")
        expect(modes.split() == ["750", "vitalsd", "700", "root"],
               f"modes and owners are {modes}")
        configure(ward)
        ward.plug_monitors()
        ward.wait("both monitors are heard", ward.heard, 120)
        session = ward.begin_session()
        ward.stated("mark", "before the upgrade")
        digest = machine.run("sha256sum /etc/vitalsd/*.yaml")

        pid, began = ward.pid(), time.monotonic()
        install(machine, "newer.deb")
        ward.wait("the session goes on", lambda: ward.goes_on(session), 60)
        ward.wait("both monitors are heard", ward.heard, 60)
        upgraded_s = time.monotonic() - began
        expect(machine.run("dpkg-query -W -f '${Version}' vitalsd") == version,
               "the newer version is installed")
        expect(ward.pid() != pid, "vitalsd was started anew")
        expect(ward.gaps() == 1, "the gap is in the log")
        gap_ms = ward.count("SELECT count FROM events WHERE event = 'gap'")
        expect(machine.run("sha256sum /etc/vitalsd/*.yaml") == digest,
               "the configuration is as it was")
        ward.wait("vitals-notify is connected",
                  lambda: ward.state()["notifier"]["connected"], 60)

        machine.run(APT + "remove vitalsd", 300)
        expect(machine.try_run("pidof vitalsd vitals-notify vitals-clock")[0]
               != 0, "nothing of it runs")
        expect(machine.run("sha256sum /etc/vitalsd/*.yaml") == digest,
               "removing keeps the configuration")
        machine.run("test -s /var/lib/vitalsd/log.db")
        install(machine, "newer.deb")
        ward.wait("the log and the session are found again",
                  lambda: ward.goes_on(session), 60)
        ward.wait("both monitors are heard", ward.heard, 60)
        ward.stated("infusion", "stop")
        ward.stated("session", "end")
        ward.ctl("log", "verify")
        expect("before the upgrade" in ward.ctl("review", "last"),
               "the review has it all")

        machine.run(APT + "purge vitalsd", 300)
        left = machine.run(
            "ls -d /etc/vitalsd /var/lib/vitalsd /run/vitalsd "
            "/etc/systemd/system/*.wants/vitals* 2>/dev/null || true")
        expect(left == "", f"purging leaves {left}")
        failed = machine.run("systemctl --failed --no-legend")
        expect(failed == "", f"units failed: {failed}")
        return (f"installed in {installed_s:.0f} s; upgraded, in the session "
                f"and heard in {upgraded_s:.0f} s, gap of "
                f"{gap_ms / 1000:.1f} s recorded; purged without a trace")
