#!/usr/bin/env python3
"""Cuts the power under a register that is being written, and looks whether everything acknowledged is there.

The database and the service's folder lie on a file system of their own, in a file. While clients write, all processes
are stopped, the file is copied as it is (what the kernel had not yet written to it is lost, as when the power goes), the
processes are killed, and PostgreSQL comes up again on the copy.

The control run does the same to a server that does not wait for its disk (fsync off). It has to lose something: else
this would prove nothing.

    sudo tests/power_cut.py [--cycles 5] [--program target/debug/merestone]

Wants root (loop devices), PostgreSQL with PostGIS, and some 3 GB of room in the folder of temporary files.
"""

import argparse
import json
import os
import pathlib
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request

WRITERS = 4
SIZE_MB = 1200
EXTENSIONS = ["postgis", "btree_gist", "pg_trgm", "unaccent"]
LEAKPROOF = ["geometry_overlaps(geometry, geometry)", "word_similarity_op(text, text)",
             "word_similarity_commutator_op(text, text)"]


def run(*words, **more):
    return subprocess.run([str(word) for word in words], check=True, text=True, capture_output=True, **more).stdout.strip()


def as_postgres(*words):
    return run("runuser", "-u", "postgres", "--", *words)


def bin_folder():
    return sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin"))[-1]


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Machine:
    """A database and a service on a file system in a file."""

    def __init__(self, folder, program, waits):
        self.folder, self.program, self.waits = folder, program, waits
        self.image, self.place = folder / "disk", folder / "mounted"
        self.place.mkdir(exist_ok=True)
        self.port = free_port()
        self.service = None
        self.address = ""
        self.token = ""

    def make(self):
        run("truncate", "-s", f"{SIZE_MB}M", self.image)
        run("mkfs.ext4", "-q", self.image)
        self.mount(self.image)
        for name in ("database", "register"):
            (self.place / name).mkdir()
        shutil.chown(self.place / "database", "postgres", "postgres")
        as_postgres(bin_folder() / "initdb", "-D", self.data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale", "C.UTF-8")
        with open(self.data / "postgresql.conf", "a") as conf:
            conf.write(f"\nlisten_addresses = '127.0.0.1'\nport = {self.port}\nunix_socket_directories = ''\n"
                       "max_wal_size = 256MB\nmin_wal_size = 64MB\n")
            if not self.waits:
                conf.write("fsync = off\n")
        self.start_database()
        self.psql("postgres", "create database register", "create role merestone_app nologin")
        self.psql("register", *(f"create extension {name}" for name in EXTENSIONS),
                  *(f"alter function {name} leakproof" for name in LEAKPROOF))
        self.operator("migrate")
        self.operator("user", "add", "writer", "--full-name", "Writer", "--role", "survey_lead")
        self.token = self.operator("token", "issue", "writer", "--name", "cut", "--scope", "write", "--days", "1")
        # What was set up long before the cut is on the disk.
        os.sync()

    @property
    def data(self):
        return self.place / "database/data"

    @property
    def url(self):
        return f"postgresql://postgres@127.0.0.1:{self.port}/register"

    @property
    def environment(self):
        settings = {"DATABASE_URL": self.url, "MERESTONE_DATA_DIR": str(self.place / "register"), "MERESTONE_LOG": "error"}
        if not self.waits:
            settings["MERESTONE_SCRATCH"] = "true"
        return {**os.environ, **settings}

    def mount(self, image):
        run("mount", "-o", "loop", image, self.place)

    def start_database(self):
        as_postgres(bin_folder() / "pg_ctl", "-D", self.data, "-w", "-t", "60", "-l", self.place / "database/log", "start")

    def psql(self, database, *statements):
        address = f"postgresql://postgres@127.0.0.1:{self.port}/{database}"
        words = [word for statement in statements for word in ("-c", statement)]
        return run("psql", "-qAtX", "-v", "ON_ERROR_STOP=1", address, *words)

    def operator(self, *words):
        return run(self.program, *words, env=self.environment, cwd=self.folder).splitlines()[-1:][0] if words[0] == "token" \
            else run(self.program, *words, env=self.environment, cwd=self.folder)

    def start_service(self):
        port = free_port()
        self.address = f"http://127.0.0.1:{port}"
        self.service = subprocess.Popen([self.program, "serve", "--bind", f"127.0.0.1:{port}"], env=self.environment,
                                        cwd=self.folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for _ in range(300):
            try:
                urllib.request.urlopen(f"{self.address}/readyz", timeout=1)
                return
            except OSError:
                time.sleep(0.1)
        sys.exit("the service did not start")

    def pids(self):
        """Every process of the database and the service."""
        found = [self.service.pid]
        for entry in pathlib.Path("/proc").iterdir():
            if entry.name.isdigit():
                try:
                    if (entry / "cwd").resolve() == self.data:
                        found.append(int(entry.name))
                except OSError:
                    pass
        return found

    def cut(self):
        """As when the power goes: only what the disk has is left."""
        pids = self.pids()
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        left = self.folder / "left"
        run("cp", "--sparse=always", self.image, left)
        for pid in pids:
            os.kill(pid, signal.SIGKILL)
        self.service.wait()
        for _ in range(100):
            if len(self.pids()) == 1:
                break
            time.sleep(0.1)
        run("umount", self.place)
        left.replace(self.image)
        self.mount(self.image)
        # Of a process that is no more; a half-written one keeps the server from starting.
        (self.data / "postmaster.pid").unlink(missing_ok=True)

    def there(self):
        keys = self.psql("register", "select key from instrument where key like 'cut-%'")
        return set(keys.split())

    def end(self):
        subprocess.run(["umount", "-l", str(self.place)], capture_output=True)


def write(machine, turn, writer, acknowledged, stop):
    """One record after another, each noted when it is acknowledged."""
    number = 0
    while not stop.is_set():
        key = f"cut-{turn}-{writer}-{number}"
        number += 1
        body = {"type": "Feature", "geometry": None,
                "properties": {"key": key, "kind": "protocol", "name_en": key, "name_zh": "协议"}}
        asked = urllib.request.Request(f"{machine.address}/collections/instruments/items", json.dumps(body).encode(),
                                       {"content-type": "application/geo+json", "authorization": f"Bearer {machine.token}"})
        try:
            with urllib.request.urlopen(asked, timeout=5) as answer:
                if answer.status == 201:
                    acknowledged.append(key)
        except (OSError, urllib.error.URLError):
            return


def cycles(machine, count, dice):
    """How much was acknowledged, and how much of it was lost; None where the database did not come up again."""
    acknowledged, lost = [], 0
    for turn in range(count):
        machine.start_service()
        stop = threading.Event()
        writers = [threading.Thread(target=write, args=(machine, turn, n, acknowledged, stop)) for n in range(WRITERS)]
        for writer in writers:
            writer.start()
        time.sleep(dice.uniform(1.0, 4.0))
        machine.cut()
        stop.set()
        for writer in writers:
            writer.join()
        try:
            machine.start_database()
            there = machine.there()
        except subprocess.CalledProcessError as fault:
            log = machine.place / "database/log"
            print("  " + "\n  ".join((fault.stderr or "").splitlines()[-3:] + (log.read_text().splitlines()[-5:] if log.exists() else [])))
            return len(acknowledged), None
        missing = [key for key in acknowledged if key not in there]
        lost += len(missing)
        acknowledged = [key for key in acknowledged if key in there]
        print(f"  cut {turn + 1}: {len(there)} there, {len(missing)} lost", flush=True)
    return len(acknowledged) + lost, lost


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cycles", type=int, default=5)
    parser.add_argument("--program", default="target/debug/merestone")
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    if os.geteuid() != 0:
        sys.exit("run it as root: it mounts a file system")
    program = pathlib.Path(args.program).resolve()
    told = {}
    for waits, name in [(True, "waiting for the disk"), (False, "control, not waiting")]:
        print(name, flush=True)
        with tempfile.TemporaryDirectory(prefix="merestone-cut-") as folder:
            folder = pathlib.Path(folder)
            folder.chmod(0o755)
            machine = Machine(folder, program, waits)
            try:
                machine.make()
                told[waits] = cycles(machine, args.cycles, random.Random(args.seed))
                if waits and told[waits][1] == 0:
                    print("  " + machine.operator("audit", "verify").splitlines()[0])
            finally:
                for pid in machine.pids() if machine.service else []:
                    try:
                        os.kill(pid, signal.SIGKILL)
                    except ProcessLookupError:
                        pass
                time.sleep(0.5)
                machine.end()
    (written, lost), (control, missed) = told[True], told[False]
    print(f"waiting: {written} acknowledged, {'the database did not come up' if lost is None else f'{lost} lost'}")
    print(f"control: {control} acknowledged, {'the database did not come up' if missed is None else f'{missed} lost'}")
    if lost != 0:
        sys.exit("acknowledged writes were lost")
    if missed == 0:
        sys.exit("the control run lost nothing, so the other proves nothing")


if __name__ == "__main__":
    main()
