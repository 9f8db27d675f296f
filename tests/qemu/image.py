# SPDX-License-Identifier: BSD-2-Clause
"""Builds the disks that the machines start from.

Two layers: "fresh" is Debian 12 with the libraries that the package needs and
the tests' own way in; "installed" is that with the package.  Each is kept in
build-qemu/ under a key of what went into it.

Easy to get wrong: linux-image-cloud-amd64 has no USB serial drivers, hence the
ordinary kernel; and mmdebstrap's dpkg options stay in the image unless they are
taken out again.
"""
import hashlib
import os
import shutil
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
GUEST = os.path.join(HERE, "guest")
OWN = "usr/local/lib/vitals-test"

# A system to boot, what the package depends on (machines have no network to
# fetch it from), and what the tests look with.
DEBIAN = """systemd systemd-sysv udev dbus kmod iproute2 procps zstd
    linux-image-amd64 initramfs-tools adduser
    libserialport0 libsqlite3-0 libsystemd0 libjansson4 libyaml-0-2 libnettle8
    libcurl4 libncursesw6 libtinfo6 ca-certificates
    sqlite3 socat""".split()

# What starts by itself and only costs time here.
MASKED = """apt-daily.timer apt-daily-upgrade.timer e2scrub_all.timer
    e2scrub_reap.service fstrim.timer dpkg-db-backup.timer
    systemd-firstboot.service serial-getty@ttyS1.service
    systemd-timesyncd.service""".split()

# Drivers that no machine here has; half of the image's size.
UNUSED = """sound drivers/gpu drivers/media drivers/net/wireless
    drivers/infiniband drivers/scsi drivers/iio drivers/staging net/bluetooth
    fs/xfs fs/btrfs fs/ocfs2 fs/nfs fs/nfsd fs/ceph fs/smb""".split()


def say(text):
    print(text, flush=True)


def run(*words, **how):
    """Runs a program; its output is shown only where it fails."""
    r = subprocess.run(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                       stderr=subprocess.STDOUT, text=True, **how)
    if r.returncode != 0:
        sys.exit(f"{' '.join(words)[:300]}\nfailed with {r.returncode}:\n"
                 + r.stdout[-6000:])
    return r.stdout


def key_of(*parts):
    """A short digest of texts and of the contents of files (@PATH)."""
    h = hashlib.sha256()
    for p in parts:
        if p.startswith("@"):
            with open(p[1:], "rb") as f:
                h.update(f.read())
        else:
            h.update(p.encode())
        h.update(b"\0")
    return h.hexdigest()[:16]


def sources():
    """This machine's own way to Debian, if it says one for bookworm."""
    for f in ("/etc/apt/sources.list.d/debian.sources", "/etc/apt/sources.list"):
        try:
            with open(f) as s:
                text = s.read()
        except OSError:
            continue
        if "bookworm" in text:
            return text
    return "deb http://deb.debian.org/debian bookworm main\n"


def write(root, path, text, mode=0o644):
    path = os.path.join(root, path)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as f:
        f.write(text)
    os.chmod(path, mode)


class Images:
    def __init__(self, folder):
        self.folder = folder
        os.makedirs(folder, exist_ok=True)

    def path(self, name):
        return os.path.join(self.folder, name)

    def _is(self, name, key):
        try:
            with open(self.path(name + ".key")) as f:
                return f.read() == key
        except OSError:
            return False

    def _done(self, name, key):
        with open(self.path(name + ".key"), "w") as f:
            f.write(key)

    def _forget(self, name):
        for n in (name + ".key", name + ".img"):
            if os.path.exists(self.path(n)):
                os.unlink(self.path(n))
        if os.path.isdir(self.path(name)):
            shutil.rmtree(self.path(name))

    def _make_disk(self, name):
        """An ext4 file system without a partition table, mostly holes."""
        disk = self.path(name + ".img")
        with open(disk, "wb") as f:
            f.truncate(2 << 30)
        run("mke2fs", "-q", "-t", "ext4", "-O", "^metadata_csum_seed",
            "-d", self.path(name), disk)

    def fresh(self):
        """Debian 12 without vitalsd; its disk's path."""
        files = sorted(os.listdir(GUEST))
        key = key_of("@" + __file__, *("@" + os.path.join(GUEST, f)
                                       for f in files))
        if self._is("fresh", key):
            return self.path("fresh.img")
        began = time.monotonic()
        say("building a Debian 12 image with mmdebstrap")
        self._forget("installed")
        self._forget("fresh")
        root = self.path("fresh")
        conf = self.path("initramfs.conf")
        modules = self.path("initramfs.modules")
        write("/", conf, "MODULES=list\nCOMPRESS=zstd\nRESUME=none\n")
        write("/", modules, "virtio_pci\nvirtio_blk\next4\ncrc32c_generic\n")
        with open(self.path("sources"), "w") as f:
            f.write(sources())
        initramfs = '"$1/etc/initramfs-tools'
        with open(self.path("sources")) as stdin:
            r = subprocess.run(
                ["mmdebstrap", "--quiet", "--mode=root", "--variant=minbase",
                 "--format=directory", "--include=" + ",".join(DEBIAN),
                 '--aptopt=APT::Install-Recommends "false"',
                 "--dpkgopt=path-exclude=/usr/share/locale/*",
                 "--dpkgopt=path-exclude=/usr/share/doc/*",
                 f"--essential-hook=mkdir -p {initramfs}/conf.d\"",
                 f"--essential-hook=cp {conf} {initramfs}/conf.d/vitals\"",
                 f"--essential-hook=cp {modules} {initramfs}/modules\"",
                 f"--customize-hook=cp {modules} {initramfs}/modules\"",
                 '--customize-hook=chroot "$1" update-initramfs -u -k all',
                 '--customize-hook=chroot "$1" passwd -d root',
                 '--customize-hook=rm -f "$1"/etc/dpkg/dpkg.cfg.d/*mmdebstrap*',
                 "bookworm", root, "-"],
                stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                text=True)
        if r.returncode != 0:
            sys.exit("mmdebstrap failed:\n" + r.stdout[-6000:])
        self._finish(root)
        self._make_disk("fresh")
        self._done("fresh", key)
        say(f"  image built in {time.monotonic() - began:.0f} s")
        return self.path("fresh.img")

    def _finish(self, root):
        """Names, the tests' own way in, and the kernel, which qemu loads."""
        write(root, "etc/hostname", "vitalbox\n")
        write(root, "etc/hosts", "127.0.0.1 localhost vitalbox\n")
        write(root, "etc/fstab",
              "/dev/vda / ext4 defaults,noatime,errors=remount-ro 0 1\n")
        # As a system image does it: each machine gets its own at first boot.
        write(root, "etc/machine-id", "uninitialized\n", 0o444)
        for name in ("agent", "marker"):
            shutil.copy(os.path.join(GUEST, name),
                        self._own(root, name))
        units = os.path.join(root, "etc/systemd/system")
        for name in ("agent.service", "receiver.service"):
            shutil.copy(os.path.join(GUEST, name), units)
        run("chroot", root, "systemctl", "enable", "agent.service")
        run("chroot", root, "systemctl", "mask", *MASKED)
        boot = os.path.join(root, "boot")
        for name in os.listdir(boot):
            for what in ("vmlinuz", "initrd.img"):
                if name.startswith(what + "-"):
                    shutil.move(os.path.join(boot, name), self.path(what))
        lib = os.path.join(root, "lib/modules")
        for version in os.listdir(lib):
            for part in UNUSED:
                shutil.rmtree(os.path.join(lib, version, "kernel", part),
                              ignore_errors=True)
            run("chroot", root, "depmod", version)

    def _own(self, root, name):
        os.makedirs(os.path.join(root, OWN), exist_ok=True)
        return os.path.join(root, OWN, name)

    def installed(self, deb, receiver):
        """The fresh image with that package and a configuration for one bed;
        its disk's path."""
        fresh = self.fresh()
        with open(self.path("fresh.key")) as f:
            below = f.read()
        key = key_of(below, "@" + deb, "@" + receiver)
        if self._is("installed", key):
            return self.path("installed.img")
        began = time.monotonic()
        say(f"installing {os.path.basename(deb)} into the image")
        self._forget("installed")
        root = self.path("installed")
        run("cp", "-a", fresh[:-len(".img")], root)
        self.add_tools(root, receiver)
        shutil.copy(deb, os.path.join(root, "tmp/vitalsd.deb"))
        # Nothing is to be started in here.
        write(root, "usr/sbin/policy-rc.d", "#!/bin/sh\nexit 101\n", 0o755)
        run("chroot", root, "dpkg", "-i", "/tmp/vitalsd.deb",
            env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8",
                 "DEBIAN_FRONTEND": "noninteractive"})
        os.unlink(os.path.join(root, "usr/sbin/policy-rc.d"))
        os.unlink(os.path.join(root, "tmp/vitalsd.deb"))
        for name in ("vitalsd.yaml", "vitals-notify.yaml"):
            shutil.copy(os.path.join(GUEST, name),
                        os.path.join(root, "etc/vitalsd", name))
        write(root, "etc/vitalsd/secrets/station-key", "a-secret-for-tests\n",
              0o600)
        run("chroot", root, "systemctl", "enable", "receiver.service")
        self._make_disk("installed")
        self._done("installed", key)
        say(f"  installed in {time.monotonic() - began:.0f} s")
        return self.path("installed.img")

    def add_tools(self, root, receiver):
        shutil.copy(receiver, self._own(root, "vitals-receiver"))
