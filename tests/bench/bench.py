# SPDX-License-Identifier: BSD-2-Clause
"""What the parts of the benchmark share: rows, medians, and a ward of the real
programs in a folder of their own.

Easy to get wrong: a figure and its floor belong to one run.  median_row() takes
pairs, forms the ratio of each, and reports the pair with the middle ratio; it
never divides figures of different runs.
"""
import glob
import json
import os
import socket
import subprocess
import sys
import time

BUILD = os.path.abspath(os.environ.get("VITALS_BUILD", "build"))
DIR = os.environ.get("BENCH_DIR", "/tmp")
QUICK = os.environ.get("BENCH_QUICK") == "1"
RUNS = int(os.environ.get("BENCH_RUNS", "3"))


def say(text):
    """A line for people who look why a part failed."""
    print(text, file=sys.stderr, flush=True)


def row(what, figure="", **more):
    """Reports one row; see tests/bench/run for the fields."""
    print(json.dumps({"what": what, "figure": figure, **more}), flush=True)


def captures(driver):
    """Its captures without those of damaged frames; one that reads by rules is
    measured by those of its first."""
    found = sorted(f for f in glob.glob("tests/captures/%s/*.cap" % driver)
                   if "damaged" not in f)
    ruled = [f for f in found if os.path.exists(f[:-4] + ".yaml")]
    return ruled[:1] or found


def percentile(values, p):
    """The value that p per cent of them do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * p // 100) - 1)]


def median(values):
    return percentile(values, 50)


def microseconds(value):
    return "%.0f us" % value if value < 10000 else "%.1f ms" % (value / 1000)


def median_row(what, pairs, show, goal=None, goal_text=None, missed=None,
               beside="", **more):
    """One row of (figure, reference) pairs, one pair a run; 'show' prints a
    figure, 'goal' is the largest ratio that meets it, 'missed' says what it
    would take if it does not, 'beside' stands behind the figure."""
    ordered = sorted(pairs, key=lambda p: p[0] / p[1])
    figure, reference = ordered[(len(ordered) - 1) // 2]
    ratio = figure / reference
    if goal is not None:
        more["goal"] = goal_text or "<= %gx" % goal
        more["met"] = ratio <= goal
        if missed and not more["met"]:
            more["note"] = missed
    row(what, show(figure) + beside, reference=show(reference), ratio=ratio, **more)
    return ratio


def wait_for(what, ready, timeout_s=15):
    """Looks until ready() gives something true, and gives it back."""
    until = time.monotonic() + timeout_s
    while True:
        found = ready()
        if found:
            return found
        if time.monotonic() > until:
            raise TimeoutError("waited in vain for " + what)
        time.sleep(0.01)


def start(words, log, journal=False, **more):
    """Starts a program, its output in a file of BENCH_DIR; journal: it takes
    that file for the journal's stream, as under systemd."""
    with open(os.path.join(DIR, log), "a") as f:
        if journal:
            st = os.fstat(f.fileno())
            more["env"] = dict(more["env"], JOURNAL_STREAM="%d:%d" % (
                st.st_dev, st.st_ino))
        return subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=f,
                                stderr=f, **more)


def cpu_s(pid):
    """CPU seconds that a process has used, all threads."""
    with open("/proc/%d/stat" % pid) as f:
        fields = f.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def clean_environment(**more):
    env = dict(os.environ, **more)
    for name in ("JOURNAL_STREAM", "NOTIFY_SOCKET", "WATCHDOG_USEC"):
        if name not in more:
            env.pop(name, None)
    return env


class Ward:
    """vitalsd, and vitals-notify beside it, in BENCH_DIR/NAME."""

    def __init__(self, name, config, channels, env=None, prefix=(),
                 journal=False):
        """channels: (name, url) of each; prefix: words before each program,
        env: more variables for both; journal: as for start()."""
        self.dir = os.path.join(DIR, name)
        os.makedirs(os.path.join(self.dir, "credentials"), exist_ok=True)
        self.env = clean_environment(**(env or {}))
        self.prefix = list(prefix)
        self.journal = journal
        self.name = name
        self.number = 0
        self.control = None
        self.write("vitalsd.yaml", config + "notify:\n  channels:\n" + "".join(
            "    - {name: %s, at-least: low}\n" % c for c, _ in channels))
        self.write("credentials/key", "a-key-for-the-benchmark\n")
        self.write("notify.yaml", "channels:\n" + "".join(
            "  - {name: %s, kind: webhook, secret: key, url: \"%s\"}\n" % c
            for c in channels))
        self.vitalsd = self.notify = None

    def path(self, name):
        return os.path.join(self.dir, name)

    def write(self, name, text):
        with open(self.path(name), "w") as f:
            f.write(text)

    def start(self):
        self.vitalsd = start(
            self.prefix + [os.path.join(BUILD, "vitalsd"), "--config",
                           self.path("vitalsd.yaml"), "--state",
                           self.path("state"), "--run", self.path("run")],
            self.name + ".vitalsd.out", self.journal, env=self.env)
        wait_for("control.sock of " + self.name, self.connect)
        self.notify = start(
            self.prefix + [os.path.join(BUILD, "vitals-notify"), "--config",
                           self.path("notify.yaml"), "--run", self.path("run"),
                           "--credentials", self.path("credentials")],
            self.name + ".notify.out", self.journal, env=self.env)
        wait_for("the notifier of " + self.name, lambda: self.ask(
            "status")["notifier"]["connected"])
        return self

    def connect(self):
        if self.vitalsd.poll() is not None:
            raise RuntimeError("vitalsd ended with %d; see %s.vitalsd.out" % (
                self.vitalsd.returncode, self.name))
        s = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            s.connect(self.path("run/control.sock"))
        except OSError:
            s.close()
            return False
        self.control = s.makefile("rwb")
        return True

    def ask(self, method, **params):
        """One request; its result."""
        self.number += 1
        message = {"jsonrpc": "2.0", "id": self.number, "method": method}
        if params:
            message["params"] = params
        self.control.write(json.dumps(message).encode() + b"\n")
        self.control.flush()
        while True:
            line = self.control.readline()
            if not line:
                raise RuntimeError("vitalsd closed the socket")
            answer = json.loads(line)
            if answer.get("id") != self.number:
                continue
            if "error" in answer:
                raise RuntimeError("%s: %s" % (method, answer["error"]))
            return answer["result"]

    def stop(self):
        for process in (self.notify, self.vitalsd):
            if process and process.poll() is None:
                process.terminate()
                try:
                    process.wait(5)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()


class Pulse:
    """tests/bench/pulse.c, told what to do; see there for the commands."""

    def __init__(self):
        with open(os.path.join(DIR, "pulse.err"), "a") as errors:
            self.process = subprocess.Popen(
                [os.path.join(BUILD, "bench/pulse")], stdin=subprocess.PIPE,
                stdout=subprocess.PIPE, stderr=errors, text=True)
        self.port = int(self.answer()[0])

    def answer(self):
        words = self.process.stdout.readline().split()
        if not words or words[0] != "ok":
            raise RuntimeError("pulse: " + " ".join(words[1:]))
        return words[1:]

    def do(self, *words):
        self.process.stdin.write(" ".join(map(str, words)) + "\n")
        self.process.stdin.flush()
        return self.answer()

    def url(self, name):
        return "http://127.0.0.1:%d/%s" % (self.port, name)

    def run(self, rounds, gap_ms, *names):
        self.do("run", rounds, gap_ms, *names)

    def result(self, name, kept=True):
        """Microseconds of every crossing since the last time; more than one
        in fifty lost is no result, nor are connections that do not last."""
        words = self.do("result", name)
        lost, connections = int(words[0]), int(words[1])
        values = [float(w) for w in words[2:]]
        if not values or lost * 50 > len(values):
            raise RuntimeError("%s: %d answers, %d lost" % (
                name, len(values), lost))
        if kept and connections > 4:
            raise RuntimeError("%s: %d connections: they are not kept" % (
                name, connections))
        return values

    def stop(self):
        self.process.stdin.close()
        self.process.wait(5)


# One bed whose heart rate is judged at once, both ways, so that each frame is
# a crossing or a recovery; what would raise other alarms is far away.
LIMITS = """limits:
  arm-after: 0s
  clear-after: 0s
  no-data: 5min
  no-data-high: 10min
  no-value: 10min
  no-value-cuff: 10min
  no-rr: 30min
  frozen: 1h
  idle-vitals: 1h
  hr-low: {limit: 50, clear: 53, delay: 0s, priority: medium}
"""
GAP_MS = 20             # how a real alarm comes: the machine is idle before


def one_bed(link, bed="CHAIR1"):
    return ("  - id: %s\n    monitors:\n      - {name: ecg, driver: "
            "berry-pm6750, transport: pty, port: %s}\n" % (bed, link))


def start_floor(pulse, name="floor"):
    """The floor program behind a pty of its own."""
    link = os.path.join(DIR, name + ".tty")
    pulse.do("berry", name, link)
    log = name + ".out"
    process = start([os.path.join(BUILD, "bench/floor"), pulse.url(name),
                     "berry-pm6750", link], log)
    wait_for("the floor", lambda: "ready" in open(
        os.path.join(DIR, log)).read())
    return process


def start_one(pulse, name, channels=(), beds="", **more):
    """A ward of one bed in a session, whose crossings POST to /NAME; with
    more channels (before that one) and more beds where they are given."""
    link = os.path.join(DIR, name + ".tty")
    pulse.do("berry", name, link)
    ward = Ward(name, "beds:\n" + one_bed(link) + beds + LIMITS,
                list(channels) + [("station", pulse.url(name))], **more)
    ward.start()
    ward.ask("session.start", bed="CHAIR1")
    # Armed by its first value; the first crossing opens the connection.
    pulse.run(3, GAP_MS, name)
    pulse.do("result", name)
    return ward
