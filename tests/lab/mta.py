# SPDX-License-Identifier: Apache-2.0
"""Postfix instances and Dovecot's authentication service."""
import os
import pathlib
import re
import shutil
import subprocess

from logs import wait_for
from smtp import port_is_open
from world import HOST4, SYSTEM, USERS, run

PASSWORD = "correct horse"

MAIN = {
    "compatibility_level": "3.6",
    "mail_owner": "postfix",
    "setgid_group": "postdrop",
    "command_directory": "/usr/sbin",
    "daemon_directory": "/usr/lib/postfix/sbin",
    "meta_directory": "/etc/postfix",
    "shlib_directory": "/usr/lib/postfix",
    "myhostname": "mx1.example.org",
    "mydomain": "example.org",
    "myorigin": "example.org",
    "mydestination": "example.org, mx1.example.org, localhost",
    "mynetworks": "127.0.0.0/8 [::1]/128 10.20.0.0/24",
    "inet_protocols": "all",
    "local_recipient_maps": "texthash:/etc/postfix/local $alias_maps",
    "alias_maps": "texthash:/etc/postfix/aliases",
    "alias_database": "",
    "home_mailbox": "Maildir/",
    "recipient_delimiter": "+",
    "virtual_mailbox_domains": "choir.example",
    "virtual_mailbox_maps": "texthash:/etc/postfix/vmailbox",
    "virtual_mailbox_base": "/var/vmail",
    "virtual_uid_maps": "static:%d" % USERS["vmail"],
    "virtual_gid_maps": "static:%d" % USERS["vmail"],
    "relay_domains": "backup.example.net",
    "smtpd_tls_cert_file": "/etc/postfix/cert.pem",
    "smtpd_tls_key_file": "/etc/postfix/key.pem",
    "smtpd_tls_security_level": "may",
    "smtpd_sasl_type": "dovecot",
    "smtpd_sasl_path": "/run/dovecot/smtpd-auth",
    "smtpd_tls_loglevel": "1",
    "smtpd_relay_restrictions": "permit_mynetworks "
    "permit_sasl_authenticated reject_unauth_destination",
    "in_flow_delay": "0",
    "smtpd_error_sleep_time": "0",
    "smtpd_client_connection_count_limit": "0",
    "smtpd_hard_error_limit": "1000",
    "smtpd_soft_error_limit": "1000",
    "minimal_backoff_time": "2s",
    "maximal_backoff_time": "3s",
    "queue_run_delay": "2s",
    "enable_long_queue_ids": "no",
    "biff": "no",
    "mailbox_size_limit": "0",
    "maillog_file": "",
}

# service type private unpriv chroot wakeup maxproc command
MASTER = """
smtp inet n - n - - smtpd
submission inet n - n - - smtpd
  -o syslog_name=postfix/submission
  -o smtpd_tls_security_level=encrypt
  -o smtpd_sasl_auth_enable=yes
  -o smtpd_client_restrictions=permit_sasl_authenticated,reject
smtps inet n - n - - smtpd
  -o syslog_name=postfix/smtps
  -o smtpd_tls_wrappermode=yes
  -o smtpd_sasl_auth_enable=yes
  -o smtpd_client_restrictions=permit_sasl_authenticated,reject
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 2 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
proxywrite unix - - n - 1 proxymap
smtp unix - - n - - smtp
relay unix - - n - - smtp
  -o syslog_name=postfix/$service_name
showq unix n - n - - showq
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
local unix - n n - - local
virtual unix - n n - - virtual
lmtp unix - - n - - lmtp
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""

DOVECOT_CONF = """protocols =
log_path =
syslog_facility = mail
ssl = no
auth_mechanisms = plain login
auth_failure_delay = 0
auth_cache_size = 0
auth_username_chars =
auth_username_format = %%u
disable_plaintext_auth = no
passdb {
  driver = passwd-file
  args = scheme=PLAIN username_format=%%u /etc/dovecot/lab-users
}
userdb {
  driver = static
  args = uid=%d gid=%d home=/var/vmail/%%u
}
service anvil {
  unix_listener anvil-auth-penalty {
    mode = 0
  }
}
service auth {
  unix_listener smtpd-auth {
    mode = 0666
  }
}
""" % (USERS["vmail"], USERS["vmail"])


def certificate():
    if not os.path.exists("/etc/postfix/cert.pem"):
        run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes",
            "-keyout", "/etc/postfix/key.pem", "-days", "3650",
            "-out", "/etc/postfix/cert.pem", "-subj", "/CN=mx1.example.org")


class Postfix:
    """One instance: NAME is "" or a suffix as in postfix-out."""

    def __init__(self, name="", main=None, master="", maps=None,
                 replace=None):
        suffix = "-" + name if name else ""
        self.running = False
        self.conf = pathlib.Path("/etc/postfix" + suffix)
        self.spool = pathlib.Path("/var/spool/postfix" + suffix)
        self.data = pathlib.Path("/var/lib/postfix" + suffix)
        self.main = dict(MAIN)
        self.main.update({
            "queue_directory": str(self.spool),
            "data_directory": str(self.data)})
        if name:
            self.main["syslog_name"] = "postfix" + suffix
        self.main.update(main or {})
        self.master = MASTER
        for old, new in (replace or {}).items():
            if old not in self.master:
                raise ValueError("master.cf has no " + old)
            self.master = self.master.replace(old, new)
        self.master += master
        self.maps = {"local": "alice x\nbob x\ncarol x\ndave x\nerin x\n"
                     "webapp x\npostmaster x\nroot x\n",
                     "aliases": "postmaster alice\nroot alice\n",
                     "vmailbox": "soprano@choir.example soprano/\n"
                     "alto@choir.example alto/\n"}
        self.maps.update(maps or {})

    def write(self):
        if self.conf != pathlib.Path("/etc/postfix"):
            shutil.rmtree(self.conf, ignore_errors=True)
        shutil.rmtree(self.spool, ignore_errors=True)
        shutil.rmtree(self.data, ignore_errors=True)
        for d in (self.conf, self.spool, self.data):
            d.mkdir(parents=True, exist_ok=True)
        os.chown(self.data, SYSTEM["postfix"], SYSTEM["postfix"])
        (self.conf / "main.cf").write_text("".join(
            "%s = %s\n" % kv for kv in self.main.items()))
        (self.conf / "master.cf").write_text(self.master)
        for name, text in self.maps.items():
            (self.conf / name).write_text(text)
        if not (self.conf / "dynamicmaps.cf").exists():
            shutil.copy("/usr/share/postfix/dynamicmaps.cf", self.conf)
        certificate()

    def start(self, ports=(25,), address=HOST4):
        self.write()
        run("postfix", "-c", self.conf, "start")
        self.running = True
        for port in ports:
            wait_for("Postfix's port %d" % port,
                     lambda: port_is_open(address, port))

    def queue(self, *names):
        """How many files the queues hold."""
        names = names or ("maildrop", "incoming", "active")
        return sum(len(files) for n in names
                   for _, _, files in os.walk(self.spool / n))

    def idle(self, limit=60, deferred_too=False):
        names = ["maildrop", "incoming", "active"]
        if deferred_too:
            names.append("deferred")
        wait_for("an empty queue", lambda: not self.queue(*names),
                 limit, 0.05)

    def flush(self):
        run("postqueue", "-c", self.conf, "-f")

    def stop(self):
        if self.running:
            self.running = False
            run("postfix", "-c", self.conf, "stop", timeout=120)


class Dovecot:
    """Only the authentication service, for Postfix's smtpd."""

    def __init__(self, users):
        self.users = users
        self.proc = None

    def start(self):
        os.makedirs("/etc/dovecot", exist_ok=True)
        os.makedirs("/run/dovecot", exist_ok=True)
        pathlib.Path("/etc/dovecot/lab.conf").write_text(DOVECOT_CONF)
        lines = ["%s:{PLAIN}%s::::::" % (re.sub(":", "", u), PASSWORD)
                 for u in self.users]
        pathlib.Path("/etc/dovecot/lab-users").write_text(
            "\n".join(lines) + "\n")
        self.proc = subprocess.Popen(
            ["dovecot", "-F", "-c", "/etc/dovecot/lab.conf"],
            stdout=subprocess.DEVNULL)
        wait_for("Dovecot's socket", lambda:
                 os.path.exists("/run/dovecot/smtpd-auth"))

    def stop(self):
        if self.proc:
            self.proc.terminate()
            self.proc.wait(timeout=20)
