# SPDX-License-Identifier: Apache-2.0
"""The lab's own machine: root directory, networks, users.

enter() runs a program in new mount, pid, network, host name and IPC
namespaces.  There

  /             is an overlay: the unpacked packages over the host's tree, all
                writing going to a tmpfs;
  /dev /run /tmp /var/log /var/spool/postfix   are the lab's own;
  the repository is bound in as it is, so results can be written to build/.

The network the program starts in is the mail host.  `ip netns add` makes two
more, "world" and "inside".  The program is process 1: when it ends, however
it ends, the kernel kills every process of the lab, and mounts and networks
go with the last of them.  Nothing is left to clean up on the host.
"""
import fcntl
import os
import pathlib
import pwd
import shutil
import signal
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
REPO = HERE.parent.parent

HOST4, HOST6 = "192.0.2.25", "2001:db8:25::25"
INSIDE_GW = "10.20.0.1"
DNS = "192.0.2.1"

# Whole networks are "local" to the world, so that a client can be anybody.
WORLD4 = ["198.51.100.0/24", "203.0.113.0/24", "198.18.0.0/15"]
WORLD6 = ["2001:db8:bad::/48"]
INSIDE = ["10.20.0.%d" % n for n in range(50, 70)]

USERS = {"alice": 2001, "bob": 2002, "carol": 2003, "dave": 2004,
         "erin": 2005, "webapp": 2033, "vmail": 2050}
SYSTEM = {"postfix": 2100, "postdrop": 2101, "dovecot": 2102,
          "dovenull": 2103}


def run(*argv, **kw):
    """Run a command; its failure is an exception that tells its output."""
    kw.setdefault("timeout", 60)
    done = subprocess.run([str(a) for a in argv], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, **kw)
    if done.returncode:
        raise RuntimeError("%s: status %d: %s" % (
            " ".join(map(str, argv)), done.returncode,
            done.stdout.decode(errors="replace")[-2000:]))
    return done.stdout.decode(errors="replace")


def lab_dir():
    return pathlib.Path(os.environ.get("LAB_DIR", REPO / "build" / "lab"))


def enter(argv, limit):
    """Run argv (a Python program) as process 1 of a new lab.

    Returns its exit status; after LIMIT seconds everything is killed.
    """
    if os.geteuid() != 0:
        sys.exit("lab: must be root: it makes namespaces and mounts")
    lab = lab_dir()
    run(REPO / "contrib/setup/lab.sh", lab, timeout=600)
    (lab / "newroot").mkdir(parents=True, exist_ok=True)
    lock = open(lab / "lock", "w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        sys.exit("lab: another lab is running in %s; wait for it, or set "
                 "LAB_DIR" % lab)
    env = dict(os.environ, LAB_DIR=str(lab), LC_ALL="C.UTF-8", TZ="UTC",
               PYTHONDONTWRITEBYTECODE="1", WEIR=str(lab / "weir"))
    # A copy: a build in the meantime must not change what is judged.
    (lab / "weir").unlink(missing_ok=True)
    weir = pathlib.Path(os.environ.get("WEIR", REPO / "build/weir"))
    if weir.exists():
        shutil.copy2(weir, lab / "weir")
    proc = subprocess.Popen(
        ["unshare", "--mount", "--pid", "--net", "--uts", "--ipc", "--fork",
         "--kill-child=KILL", sys.executable, *map(str, argv)], env=env)

    def stop(*_):
        proc.kill()
    signal.signal(signal.SIGTERM, stop)
    try:
        return proc.wait(timeout=limit)
    except subprocess.TimeoutExpired:
        print("lab: stopped after %d seconds" % limit, file=sys.stderr)
        return 124
    except KeyboardInterrupt:
        return 130
    finally:
        proc.kill()
        proc.wait()


def build():
    """Inside: root directory, networks, users.  Then go there."""
    os.umask(0o022)
    _root(lab_dir())
    _users()
    _networks()


def _mount(*argv):
    run("mount", *argv)


def _root(lab):
    new = lab / "newroot"
    _mount("--make-rprivate", "/")
    _mount("-t", "tmpfs", "-o", "mode=755", "lab", new)
    for d in ("work", "root"):
        (new / d).mkdir()
    root = new / "root"
    # A copy, since a layer may not lie inside another layer.
    shutil.copytree(lab / "root", new / "upper", symlinks=True)
    _mount("-t", "overlay", "lab", "-o", "lowerdir=/,upperdir=%s,"
           "workdir=%s" % (new / "upper", new / "work"), root)
    _mount("-t", "proc", "proc", root / "proc")
    _mount("-t", "sysfs", "sysfs", root / "sys")
    # journald asks which control group its clients are in.
    _mount("-t", "cgroup2", "cgroup2", root / "sys/fs/cgroup")
    for d, mode in (("dev", "755"), ("run", "755"), ("tmp", "1777"),
                    ("var/log", "755"), ("var/tmp", "1777"),
                    ("home", "755")):
        _mount("-t", "tmpfs", "-o", "mode=" + mode, "lab", root / d)
    for d in ("null", "zero", "full", "random", "urandom", "tty"):
        (root / "dev" / d).touch()
        _mount("--bind", "/dev/" + d, root / "dev" / d)
    for d in ("pts", "shm"):
        (root / "dev" / d).mkdir()
    _mount("-t", "devpts", "devpts", root / "dev/pts")
    _mount("-t", "tmpfs", "lab", root / "dev/shm")
    # The queue is on a disk: inode numbers are reused as on a real host.
    shutil.rmtree(lab / "spool", ignore_errors=True)
    (lab / "spool").mkdir()
    _mount("--bind", lab / "spool", root / "var/spool")
    for d in {REPO, lab}:
        if not (root / str(d)[1:]).exists():
            (root / str(d)[1:]).mkdir(parents=True)
        _mount("--bind", d, root / str(d)[1:])
    os.chroot(root)
    os.chdir("/")
    run("hostname", "mx1")


def _users():
    for d in ("/run/lock", "/var/spool/postfix", "/var/vmail"):
        pathlib.Path(d).mkdir(parents=True, exist_ok=True)
    passwd, group = open("/etc/passwd", "a"), open("/etc/group", "a")
    with passwd, group:
        for name, uid in {**USERS, **SYSTEM}.items():
            home = "/home/" + name
            passwd.write("%s:x:%d:%d::%s:/bin/sh\n" % (name, uid, uid, home))
            group.write("%s:x:%d:\n" % (name, uid))
    for name in USERS:
        user = pwd.getpwnam(name)
        os.makedirs(user.pw_dir, mode=0o755, exist_ok=True)
        os.chown(user.pw_dir, user.pw_uid, user.pw_gid)
    os.chown("/var/vmail", USERS["vmail"], USERS["vmail"])
    for prog in ("postdrop", "postqueue"):
        os.chown("/usr/sbin/" + prog, 0, SYSTEM["postdrop"])
        os.chmod("/usr/sbin/" + prog, 0o2755)
    pathlib.Path("/etc/hosts").write_text(
        "127.0.0.1 localhost\n::1 localhost\n"
        "%s mx1.example.org mx1\n%s mx1.example.org mx1\n" % (HOST4, HOST6))
    resolv = pathlib.Path("/etc/resolv.conf")
    resolv.unlink(missing_ok=True)
    resolv.write_text("nameserver %s\noptions timeout:2 attempts:3\n" % DNS)
    pathlib.Path("/etc/nsswitch.conf").write_text(
        "passwd: files\ngroup: files\nshadow: files\nhosts: files dns\n"
        "services: files\nprotocols: files\n")
    pathlib.Path("/etc/localtime").unlink(missing_ok=True)
    pathlib.Path("/etc/timezone").write_text("Etc/UTC\n")
    if not shutil.which("postfix"):
        raise RuntimeError("postfix is not in the lab's root directory")


def _networks():
    for ns, mail, far in (("world", "mail0", "far0"),
                          ("inside", "lan0", "pc0")):
        run("ip", "netns", "add", ns)
        run("ip", "link", "add", mail, "type", "veth",
            "peer", "name", far, "netns", ns)
        run("ip", "link", "set", mail, "up")
        for dev in ("lo", far):
            run("ip", "-n", ns, "link", "set", dev, "up")
    run("ip", "link", "set", "lo", "up")
    # No duplicate address detection: addresses serve at once.
    run("ip", "addr", "add", HOST4 + "/24", "dev", "mail0")
    run("ip", "addr", "add", HOST6 + "/64", "dev", "mail0", "nodad")
    run("ip", "addr", "add", INSIDE_GW + "/24", "dev", "lan0")
    run("ip", "-n", "world", "addr", "add", DNS + "/24", "dev", "far0")
    run("ip", "-n", "world", "addr", "add", "2001:db8:25::1/64",
        "dev", "far0", "nodad")
    for a in INSIDE:
        run("ip", "-n", "inside", "addr", "add", a + "/24", "dev", "pc0")
    run("ip", "-n", "inside", "route", "add", "default", "via", INSIDE_GW)
    for net in WORLD4:
        run("ip", "route", "add", net, "via", DNS)
        run("ip", "-n", "world", "route", "add", "local", net, "dev", "lo")
    for net in WORLD6:
        run("ip", "-6", "route", "add", net, "via", "2001:db8:25::1")
        run("ip", "-n", "world", "-6", "route", "add", "local", net,
            "dev", "lo")
    # A host that is down: connecting to it fails at once.
    run("ip", "route", "add", "unreachable", "192.0.2.78")
    # rsyslog must not miss lines that journald forwards in a burst.
    pathlib.Path("/proc/sys/net/unix/max_dgram_qlen").write_text("4096")
