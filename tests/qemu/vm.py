# SPDX-License-Identifier: BSD-2-Clause
"""One machine under QEMU: its console, commands in it, its USB sockets, its power.

Easy to get wrong: qemu is a child of ours and is only ever ended by its own
process id.  A power cut is SIGKILL: what the machine had not yet handed to its
disk is gone, and nothing is shut down.
"""
import base64
import ctypes
import fcntl
import json
import os
import select
import signal
import socket
import subprocess
import tempfile
import threading
import time

TIOCOUTQ = 0x5411
# Emulation in software on a busy machine; nothing here is tuned to be tight.
BOOT_S = 300


PR_SET_PDEATHSIG = 1
libc = ctypes.CDLL(None)


def end_with_parent():
    """For a child that is about to be: no machine outlives the tests."""
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


class Failed(Exception):
    """What a case saw differs from what has to be."""


class Cable(threading.Thread):
    """Carries bytes between a simulated monitor's pseudo-terminal and the USB
    adapter of a machine, both ways.

    A real line keeps nothing: what arrives while nobody reads is lost.  The
    socket to qemu would keep it and hand it over as new later on, so no more
    than some seconds may wait in it.
    """
    MOST_WAITING = 16384

    def __init__(self, tty, path):
        super().__init__(daemon=True)
        self.tty, self.path = tty, path
        self.plugged = True
        self.ending = threading.Event()
        self.start()

    def run(self):
        port = os.open(self.tty, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        s = socket.socket(socket.AF_UNIX)
        try:
            s.connect(self.path)
            s.setblocking(False)
            while not self.ending.is_set():
                ready, _, _ = select.select([port, s], [], [], 0.2)
                if port in ready:
                    self._to_machine(os.read(port, 4096), s)
                if s in ready:
                    data = s.recv(4096)
                    if not data:
                        return
                    if self.plugged:
                        os.write(port, data)
        except OSError:
            pass                # the machine or the monitor has gone
        finally:
            s.close()
            os.close(port)

    def _to_machine(self, data, s):
        waiting = int.from_bytes(
            fcntl.ioctl(s, TIOCOUTQ, bytes(4)), "little")
        if self.plugged and waiting < self.MOST_WAITING:
            s.sendall(data)

    def end(self):
        self.ending.set()
        self.join(5)


class Machine:
    """start() .. cut() or shut_down(); run() in between."""

    def __init__(self, images, disk, name, memory=512, cpus=2, extra=()):
        self.dir = tempfile.mkdtemp(prefix=f"vitals-vm-{name}-")
        self.images, self.disk, self.extra = images, disk, list(extra)
        self.memory, self.cpus = memory, cpus
        self.process = self.agent = self.monitor = None
        self.buffer = b""
        self.asked = 0
        self.cables = {}
        self.chardevs = set()
        self.lines = []
        self.received = []      # notices that the receiver let out
        self.promised = []      # numbers of marks that were called durable
        self.booted_s = None

    def path(self, name):
        return os.path.join(self.dir, name)

    def start(self):
        """Power on.  Returns at once; wait_for_agent() waits."""
        for name in os.listdir(self.dir):
            if name.endswith(".sock"):
                os.unlink(self.path(name))
        self.buffer, self.monitor = b"", None
        self.chardevs.clear()
        words = [
            "qemu-system-x86_64", "-nodefaults", "-no-user-config",
            "-display", "none", "-machine", "q35",
            "-accel", "tcg,thread=multi,tb-size=256", "-cpu", "max",
            "-smp", str(self.cpus), "-m", str(self.memory),
            "-kernel", self.images.path("vmlinuz"),
            "-initrd", self.images.path("initrd.img"),
            "-append", "root=/dev/vda rw console=ttyS0,115200 quiet "
            "loglevel=4 systemd.show_status=0 mitigations=off nokaslr audit=0",
            *self.disk.words(),
            "-chardev", f"file,id=console,path={self.path('console.log')},append=on",
            "-serial", "chardev:console",
            "-chardev", self._socket("agent"), "-serial", "chardev:agent",
            "-device", "virtio-serial-pci",
            "-chardev", self._socket("receiver"),
            "-device", "virtserialport,chardev=receiver,name=receiver",
            "-chardev", self._socket("promises"),
            "-device", "virtserialport,chardev=promises,name=promises",
            "-device", "qemu-xhci,id=xhci", "-device", "virtio-rng-pci",
            "-qmp", f"unix:{self.path('qmp.sock')},server=on,wait=off",
            *self.extra]
        self.began = time.monotonic()
        with open(self.path("qemu.err"), "a") as err:
            self.process = subprocess.Popen(words, stderr=err,
                                            stdin=subprocess.DEVNULL,
                                            start_new_session=True,
                                            preexec_fn=end_with_parent)
        self.agent = self._connect("agent")
        self.lines = [self._connect("receiver"), self._connect("promises")]
        for line, into in zip(self.lines, (self.received, self.promised)):
            threading.Thread(target=self._listen, args=(line, into),
                             daemon=True).start()

    def _socket(self, name):
        return f"socket,id={name},path={self.path(name + '.sock')}" \
               ",server=on,wait=off"

    def _connect(self, name):
        end = time.monotonic() + 20
        while time.monotonic() < end:
            s = socket.socket(socket.AF_UNIX)
            try:
                s.connect(self.path(name + ".sock"))
                return s
            except OSError:
                s.close()
            if self.process.poll() is not None:
                break
            time.sleep(0.05)
        with open(self.path("qemu.err")) as err:
            raise Failed(f"qemu has no {name}: {err.read()[-2000:]}")

    @staticmethod
    def _listen(s, into):
        """What comes out of the machine on a line of its own."""
        rest = b""
        while True:
            try:
                data = s.recv(65536)
            except OSError:
                return
            if not data:
                return
            *lines, rest = (rest + data).split(b"\n")
            for line in lines:
                try:
                    into.append(json.loads(line))
                except ValueError:
                    pass        # cut off by a power cut

    def console(self, n=3000):
        """The end of what the kernel and systemd said."""
        with open(self.path("console.log"), errors="replace") as f:
            return f.read()[-n:]

    # Commands in the machine.

    def _read_line(self, until):
        while b"\n" not in self.buffer:
            self.agent.settimeout(max(0.1, until - time.monotonic()))
            try:
                data = self.agent.recv(65536)
            except socket.timeout:
                raise Failed("the machine does not answer; its console:\n"
                             + self.console()) from None
            if not data:
                raise Failed("qemu ended")
            self.buffer += data
        line, self.buffer = self.buffer.split(b"\n", 1)
        return line.decode(errors="replace").strip()

    def wait_for_agent(self):
        """Waits until commands can be run; seconds since power on."""
        until = time.monotonic() + BOOT_S
        while self._read_line(until) != "@@up":
            pass
        self.booted_s = time.monotonic() - self.began
        return self.booted_s

    def send(self, command, limit_s=60):
        """Begins a command and does not wait; its number."""
        self.asked += 1
        words = base64.b64encode(command.encode()).decode()
        self.agent.sendall(f"{self.asked} {limit_s} {words}\n".encode())
        return self.asked

    def try_run(self, command, limit_s=60):
        """Runs a shell command as root: exit status and output."""
        n = self.send(command, limit_s)
        until = time.monotonic() + limit_s + 60
        while True:
            words = self._read_line(until).split(" ")
            if words[0] == f"@@{n}":
                break
        out = base64.b64decode(words[2] if len(words) > 2 else "")
        return int(words[1]), out.decode(errors="replace").strip()

    def run(self, command, limit_s=60):
        """The same; anything but status 0 fails the case."""
        status, out = self.try_run(command, limit_s)
        if status != 0:
            raise Failed(f"{command}: status {status}\n{out[-3000:]}")
        return out

    # The machine itself.

    def qmp(self, command, **arguments):
        if self.monitor is None:
            self.monitor = self._connect("qmp").makefile("rw")
            self.monitor.readline()
            self.qmp("qmp_capabilities")
        self.monitor.write(json.dumps({"execute": command,
                                       "arguments": arguments}) + "\n")
        self.monitor.flush()
        while True:
            answer = json.loads(self.monitor.readline())
            if "error" in answer:
                raise Failed(f"{command}: {answer['error']}")
            if "return" in answer:
                return answer["return"]

    def plug(self, serial, tty, socket_n=None):
        """Plugs an FTDI adapter of that serial number in, with the monitor
        that speaks on tty at its other end; in the USB socket of that number,
        or in the one that was free for longest."""
        path = self.path(serial + ".sock")
        if serial not in self.chardevs:
            self.qmp("chardev-add", id="line-" + serial, backend={
                "type": "socket", "data": {
                    "addr": {"type": "unix", "data": {"path": path}},
                    "server": True, "wait": False}})
            self.chardevs.add(serial)
        if serial in self.cables:
            self.cables[serial].plugged = True
        else:
            self.cables[serial] = Cable(tty, path)
        # An adapter that was just pulled lets go of its line a little later.
        end = time.monotonic() + 5
        while True:
            try:
                self.qmp("device_add", driver="usb-serial",
                         id="usb-" + serial, chardev="line-" + serial,
                         serial=serial, **{"always-plugged": True},
                         **({"port": socket_n} if socket_n else {}))
                return
            except Failed:
                if time.monotonic() > end:
                    raise
            time.sleep(0.02)

    def unplug(self, serial):
        self.cables[serial].plugged = False
        self.qmp("device_del", id="usb-" + serial)

    def _gone(self):
        for c in self.cables.values():
            c.end()
        self.cables.clear()
        for s in (self.agent, self.monitor, *self.lines):
            if s is not None:
                s.close()
        self.agent = self.monitor = None

    def cut(self):
        """Power off, without a word to anybody."""
        if self.process is None:
            return
        if self.process.poll() is None:
            os.kill(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.process = None
        self.disk.cut()
        self._gone()

    def shut_down(self, limit_s=120):
        """As by `poweroff`; how long it took, in seconds."""
        began = time.monotonic()
        self.send("systemctl poweroff")
        try:
            self.process.wait(limit_s)
        except subprocess.TimeoutExpired:
            raise Failed("it does not shut down:\n" + self.console()) from None
        took = time.monotonic() - began
        self.cut()
        return took

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        if kind is not None and self.process is not None:
            print("    console: " + self.console(600).replace("\n", "\n    "))
        self.cut()
        subprocess.run(["rm", "-rf", self.dir], check=False)


class Overlay:
    """A disk that begins as that image.  What the machine writes is on it at
    once, so that a cut loses only what the machine itself held back."""

    def __init__(self, images, base, name):
        self.path = images.path(name + ".qcow2")
        subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", "-F", "raw",
                        "-b", base, self.path], check=True)

    def words(self):
        """Powers it on; qemu's words for it."""
        return ["-drive", f"file={self.path},format=qcow2,if=none,id=root,"
                "cache=writethrough", "-device", "virtio-blk-pci,drive=root"]

    def cut(self):
        pass


class Forgetful:
    """A copy of that image behind a write cache that a cut empties; a lying
    one only says that it has flushed it."""

    def __init__(self, images, base, name, lies=False):
        self.path, self.lies = images.path(name + ".img"), lies
        self.plugin = images.path("volatile.so")
        self.socket = images.path(name + ".nbd")
        self.process = None
        subprocess.run(["cp", "--sparse=always", base, self.path], check=True)

    def words(self):
        if os.path.exists(self.socket):
            os.unlink(self.socket)
        self.process = subprocess.Popen(
            ["nbdkit", "-f", "-U", self.socket, self.plugin,
             "file=" + self.path, f"lie={str(self.lies).lower()}"],
            stdin=subprocess.DEVNULL, preexec_fn=end_with_parent)
        end = time.monotonic() + 20
        while not os.path.exists(self.socket):
            if self.process.poll() is not None or time.monotonic() > end:
                raise Failed("nbdkit does not start")
            time.sleep(0.05)
        return ["-blockdev", "driver=nbd,server.type=unix,node-name=root,"
                f"server.path={self.socket}", "-device",
                "virtio-blk-pci,drive=root,write-cache=on"]

    def cut(self):
        if self.process is not None:
            os.kill(self.process.pid, signal.SIGKILL)
            self.process.wait()
            self.process = None
