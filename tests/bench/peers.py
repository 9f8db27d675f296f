# SPDX-License-Identifier: BSD-2-Clause
"""The peers: how each is set up so that a crossing of 50 reaches the receiver
as fast as its settings sensibly allow.  Each is run from build-peers,
as this user, in BENCH_DIR, on free ports of 127.0.0.1.

Easy to get wrong: NUT may shut a machine down and speak to every terminal.
Here its shutdown command is /bin/true, and nothing but its notify command is
told of anything.
"""
import grp
import os
import socket
import subprocess

from bench import BUILD, DIR, clean_environment, start, wait_for

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = BUILD + "-peers"      # "make clean" removes it, too


def fetch():
    """Unpacks the peers; raises where that fails."""
    subprocess.run([os.path.join(HERE, "get-peers"), ROOT], check=True,
                   stdout=2)


def program(*names):
    for name in names:
        path = os.path.join(ROOT, name)
        if os.access(path, os.X_OK):
            return path
    raise FileNotFoundError(names[0])


def environment(**more):
    libraries = [os.path.join(ROOT, d) for d in (
        "usr/lib/x86_64-linux-gnu", "usr/lib/aarch64-linux-gnu", "usr/lib",
        "lib/x86_64-linux-gnu", "lib/aarch64-linux-gnu")]
    return clean_environment(LD_LIBRARY_PATH=":".join(libraries), **more)


def folder(name):
    path = os.path.join(DIR, name)
    os.makedirs(path, exist_ok=True)
    return path


def write(path, text, mode=0o600):
    with open(path, "w") as f:
        f.write(text)
    os.chmod(path, mode)
    return path


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def listens(port):
    with socket.socket() as s:
        return s.connect_ex(("127.0.0.1", port)) == 0


def start_collectd(pulse):
    """PUTVAL on its socket -> threshold -> write_http."""
    at = folder("collectd")
    write(at + "/conf", """
BaseDir "{at}"
PIDFile "{at}/pid"
PluginDir "{root}/usr/lib/collectd"
TypesDB "{root}/usr/share/collectd/types.db"
Hostname "bench"
FQDNLookup false
Interval 1
LoadPlugin unixsock
LoadPlugin threshold
LoadPlugin write_http
<Plugin unixsock>
  SocketFile "{at}/sock"
  SocketGroup "{group}"
  SocketPerms "0600"
</Plugin>
<Plugin write_http>
  <Node "receiver">
    URL "{url}"
    Format "JSON"
    Metrics false
    Notifications true
  </Node>
</Plugin>
<Plugin threshold>
  <Type "gauge">
    FailureMin 50
    Persist false
  </Type>
</Plugin>
""".format(at=at, root=ROOT, url=pulse.url("collectd"),
           group=grp.getgrgid(os.getgid()).gr_name))
    start([program("usr/sbin/collectd"), "-f", "-C", at + "/conf"],
          "collectd.out", env=environment())
    wait_for("collectd", lambda: os.path.exists(at + "/sock"))
    pulse.do("putval", "collectd", at + "/sock")


def ask_upsd(port):
    with socket.create_connection(("127.0.0.1", port)) as s:
        s.sendall(b"LIST RW bench\n")
        answer = b""
        while not (answer.endswith(b"END LIST RW bench\n") or
                   answer.startswith(b"ERR")):
            more = s.recv(4096)
            if not more:
                break
            answer += more
        return answer


def start_nut(pulse):
    """SET VAR to upsd's dummy driver -> upsmon (POLLFREQ 1) -> NOTIFYCMD."""
    at, port = folder("nut"), free_port()
    user = "root" if os.geteuid() == 0 else os.environ.get("USER", "nobody")
    env = environment(NUT_CONFPATH=at, NUT_STATEPATH=at, NUT_ALTPIDPATH=at,
                      NUT_QUIET_INIT_UPSNOTIFY="true")
    write(at + "/ups.conf", "[bench]\n  driver = dummy-ups\n"
          "  port = bench.dev\n  desc = bench\n")
    write(at + "/bench.dev", "ups.status: OL\n")
    write(at + "/upsd.conf", "LISTEN 127.0.0.1 %d\nSTATEPATH %s\n" % (port, at))
    write(at + "/upsd.users", "[bench]\n  password = bench\n  actions = SET\n"
          "  upsmon primary\n")
    flags = "".join("NOTIFYFLAG %s %s\n" % (
        what, "EXEC" if what in ("ONLINE", "ONBATT") else "IGNORE")
        for what in "ONLINE ONBATT LOWBATT FSD COMMOK COMMBAD SHUTDOWN "
        "REPLBATT NOCOMM NOPARENT".split())
    write(at + "/upsmon.conf", "MONITOR bench@127.0.0.1:%d 1 bench bench "
          "primary\nMINSUPPLIES 1\nSHUTDOWNCMD /bin/true\nPOLLFREQ 1\n"
          "POLLFREQALERT 1\nRUN_AS_USER %s\nPOWERDOWNFLAG %s/down\n"
          "NOTIFYCMD \"%s %d nut\"\n%s" % (
              port, user, at, os.path.join(BUILD, "bench/post"), pulse.port,
              flags))
    for words in ([program("lib/nut/dummy-ups", "usr/lib/nut/dummy-ups"),
                   "-F", "-a", "bench", "-u", user],
                  [program("lib/nut/upsd", "sbin/upsd", "usr/sbin/upsd"),
                   "-F", "-u", user],
                  [program("lib/nut/upsmon", "sbin/upsmon",
                           "usr/sbin/upsmon"), "-F"]):
        name = os.path.basename(words[0])
        start(words, "nut.out", env=env)
        if name == "dummy-ups":
            wait_for("NUT's driver", lambda: os.path.exists(
                at + "/dummy-ups-bench"))
        elif name == "upsd":
            wait_for("upsd", lambda: listens(port))
    # Its status can be set once the driver has read its file.
    wait_for("NUT's variable", lambda: b"ups.status" in ask_upsd(port))
    pulse.do("nut", "nut", port)


def start_prometheus(pulse):
    """A gauge, scraped and judged every second -> Alertmanager without any
    waiting -> webhook.  Each crossing is another bed's."""
    at, port, manager = folder("prometheus"), free_port(), free_port()
    write(at + "/rules.yml", "groups:\n- name: bench\n  rules:\n"
          "  - alert: HrLow\n    expr: hr < 50\n")
    write(at + "/prometheus.yml", """
global: {scrape_interval: 1s, evaluation_interval: 1s}
rule_files: [rules.yml]
alerting:
  alertmanagers:
  - static_configs: [{targets: ["127.0.0.1:%d"]}]
scrape_configs:
- job_name: bench
  static_configs: [{targets: ["127.0.0.1:%d"]}]
""" % (manager, pulse.port))
    write(at + "/alertmanager.yml", """
route: {receiver: pulse, group_by: [bed], group_wait: 0s, group_interval: 1s,
        repeat_interval: 1h}
receivers:
- name: pulse
  webhook_configs: [{url: "%s", send_resolved: false}]
""" % pulse.url("prometheus"))
    pulse.do("gauge", "prometheus")
    # It reads a template below /usr/share, wherever it was unpacked.
    start(["unshare", "--mount"] + ["--map-root-user"] * (os.geteuid() != 0) +
          ["sh", "-c", "mount --bind %s/usr/share /usr/share && exec \"$@\"" %
           ROOT, "sh", program("usr/bin/prometheus-alertmanager"),
           "--config.file=" + at + "/alertmanager.yml", "--storage.path=" +
           at + "/am", "--web.listen-address=127.0.0.1:%d" % manager,
           "--cluster.listen-address="], "alertmanager.out",
          env=environment())
    start([program("usr/bin/prometheus"), "--config.file=" + at +
           "/prometheus.yml", "--storage.tsdb.path=" + at + "/tsdb",
           "--web.listen-address=127.0.0.1:%d" % port], "prometheus.out",
          env=environment())
    wait_for("alertmanager", lambda: listens(manager), 30)
    wait_for("prometheus", lambda: listens(port), 30)


def start_gpsd(pulse, name="gpsd"):
    """Two sentences on a pty -> TPV at a client; the process."""
    port, link = free_port(), os.path.join(DIR, name + ".tty")
    # As root gpsd becomes another user, who has to come this far.
    os.chmod(DIR, 0o711)
    pulse.do("nmea", name, link)
    os.chmod(link, 0o666)
    process = start([program("usr/sbin/gpsd"), "-N", "-n", "-S", str(port),
                     os.path.realpath(link)], "gpsd.out", env=environment())
    wait_for("gpsd", lambda: listens(port))
    pulse.do("nmea", name, link, port)
    return process
