# SPDX-License-Identifier: BSD-2-Clause
"""A bed in a machine: simulated monitors outside, vitalsd inside, and what the
cases want to know of both.

Easy to get wrong: nothing sleeps for a guess.  wait() looks until what is
expected is there; what it measures includes looking, which takes some tenths
of a second under emulation.
"""
import json
import os
import shlex
import signal
import subprocess
import tempfile
import time

from vm import Failed, end_with_parent

OX, GE, OTHER = "MON0001", "MON0002", "OTHER09"
SCENARIO = """
seed: 7
beds:
  CHAIR1:
    baseline: {hr: 70, nibp_sys: 122, nibp_dia: 76, spo2: 97, rr: 14}
    monitors:
      ox: {driver: nonin-2}
      ge: {driver: ge-dri, cuff_first: 5s, cuff_every: 60s, cuff_takes: 5s}
  ELSEWHERE:
    baseline: {hr: 44, spo2: 89}
    monitors:
      other: {driver: nonin-2}
"""


class Simulator:
    """vitals-sim, with one pseudo-terminal for each monitor."""

    def __init__(self, build):
        self.dir = tempfile.mkdtemp(prefix="vitals-sim-")
        scenario = os.path.join(self.dir, "ward.yaml")
        with open(scenario, "w") as f:
            f.write(SCENARIO)
        with open(os.path.join(self.dir, "sim.out"), "w") as out:
            self.process = subprocess.Popen(
                [os.path.join(build, "vitals-sim"), scenario, "--dir",
                 os.path.join(self.dir, "tty"), "--control",
                 os.path.join(self.dir, "control")],
                stdout=out, stderr=out, stdin=subprocess.DEVNULL,
                preexec_fn=end_with_parent)
        end = time.monotonic() + 20
        while not all(os.path.exists(self.tty(m))
                      for m in ("ox", "ge", "other")):
            if time.monotonic() > end or self.process.poll() is not None:
                with open(os.path.join(self.dir, "sim.out")) as f:
                    raise Failed("vitals-sim does not start: " + f.read())
            time.sleep(0.05)

    def tty(self, monitor):
        return os.path.join(self.dir, "tty", monitor)

    def tell(self, command):
        with open(os.path.join(self.dir, "control"), "w") as f:
            f.write(command + "\n")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait()
        subprocess.run(["rm", "-rf", self.dir], check=False)


class Ward:
    def __init__(self, machine, sim):
        self.machine, self.sim = machine, sim

    def plug_monitors(self):
        self.machine.plug(OX, self.sim.tty("ox"))
        self.machine.plug(GE, self.sim.tty("ge"))

    def wait(self, what, look, limit_s):
        """Looks until look() gives something true: that, and the seconds."""
        began = time.monotonic()
        while True:
            found = look()
            took = time.monotonic() - began
            if found:
                if os.environ.get("V"):
                    print(f"    {took:6.1f} s  {what}", flush=True)
                return found, took
            if took > limit_s:
                raise Failed(f"{what}: not within {limit_s} s\n" + self.story())
            time.sleep(0.1)

    def story(self):
        """What vitalsd says of itself, for a failure's report."""
        _, out = self.machine.try_run(
            "vitalsctl status; vitalsctl devices; systemctl --no-pager status "
            "vitalsd vitals-notify | head -40; journalctl --no-pager -o cat "
            "-n 25 -u vitalsd -u vitals-notify")
        return out[-6000:]

    # What vitalsctl says.

    def ctl(self, *words):
        """A verb of vitalsctl; fails the case unless it succeeds.  Its
        output."""
        return self.machine.run("vitalsctl " + shlex.join(words) + " 2>&1")

    def stated(self, *words):
        """A statement, which must have been called durable."""
        out = self.ctl(*words)
        if "NOT on disk" in out:
            raise Failed(f"{words} was not durable: {out}")
        return out

    def state(self):
        """The state as JSON; None while vitalsd does not answer."""
        status, out = self.machine.try_run("vitalsctl status -o json")
        return json.loads(out) if status == 0 else None

    def bed(self):
        state = self.state()
        return state["beds"][0] if state else None

    def device(self, port):
        status, out = self.machine.try_run("vitalsctl devices -o json")
        for line in out.splitlines() if status == 0 else []:
            d = json.loads(line)
            if d.get("port") == port:
                return d
        return None

    def alarm(self, condition):
        """The open alarm whose condition begins so, or None."""
        state = self.state()
        if not state:
            return None
        alarms = state["box"]["alarms"] + state["beds"][0]["alarms"]
        for a in alarms:
            if a["condition"].startswith(condition):
                return a
        return None

    def no_alarm(self, condition):
        """True if vitalsd answers, and there is none."""
        return self.state() is not None and self.alarm(condition) is None

    def value(self, vital, port):
        """What a monitor of CHAIR1 says of a vital now; None: nothing good."""
        bed = self.bed()
        for r in bed["vitals"] if bed else []:
            if r["vital"] == vital and r["port"] == "CHAIR1/" + port and \
                    r["quality"] == "good" and \
                    (r["fresh_ms"] is None or r["age_ms"] <= r["fresh_ms"]):
                return r
        return None

    def heard(self):
        """Both monitors give values."""
        return self.value("spo2", "ox") and self.value("etco2", "ge")

    def sql(self, query):
        """Rows of the log."""
        out = self.machine.run(
            "sqlite3 -readonly -json -cmd '.timeout 5000' "
            f"/var/lib/vitalsd/log.db {shlex.quote(query)}")
        return json.loads(out) if out else []

    def count(self, query):
        return next(iter(self.sql(query)[0].values()))

    # Units.

    def show(self, unit, name):
        return self.machine.run(f"systemctl show -p {name} --value {unit}")

    def is_active(self, unit="vitalsd"):
        return self.show(unit, "ActiveState") == "active"

    def pid(self, unit="vitalsd"):
        return int(self.show(unit, "MainPID"))

    # A session.

    def begin_session(self):
        """Session and infusion begin; the session's name."""
        self.stated("session", "start", "--by", "test nurse")
        self.stated("infusion", "start", "--by", "test nurse")
        return self.bed()["session"]

    def goes_on(self, session):
        """The session is open and infuses, on a vitalsd that answers."""
        bed = self.bed()
        return bed and bed["session"] == session and bed["phase"] == "infusion"

    def gaps(self):
        """How many restarts within a session the log tells of."""
        return self.count("SELECT count(*) FROM events WHERE event = 'gap'")

    def missing_marks(self):
        """The marks that were promised and are not in the log."""
        found = {int(r["text"].split()[1]) for r in self.sql(
            "SELECT text FROM statements WHERE text LIKE 'mark %'")}
        return set(self.machine.promised) - found

    def check_log(self):
        """The log is whole: SQLite's own opinion."""
        found = self.sql("PRAGMA integrity_check")
        if [list(r.values()) for r in found] != [["ok"]]:
            raise Failed(f"the log is damaged: {found}")


def expect(condition, what):
    if not condition:
        raise Failed(what)
