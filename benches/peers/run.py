#!/usr/bin/env python3
"""Merestone against MapServer, tipg and pygeoapi: the same points in the same PostgreSQL, the same questions over HTTP.

    run.py prepare [--rows 1000000]     a database server of its own, with the points as a plain table and as a register
    run.py items | paging | tiles       what is measured, for each server that is installed (or named with --only)
    run.py writes                       what the log costs a write (Merestone with it and without)
    run.py report                       the table of all that was measured so far, with ratios
    run.py stop                         ends the database server

benches/README.md says what each number means. Only Python's own library, wrk and psql are needed here; each peer is
measured where it is installed. Everything stays on this machine and below one folder (--work).
"""

import argparse
import gzip
import http.client
import json
import math
import os
import pathlib
import random
import secrets
import shutil
import signal
import string
import subprocess
import sys
import time
import urllib.parse

HERE = pathlib.Path(__file__).resolve().parent
TICKS = os.sysconf("SC_CLK_TCK")

# The points lie in clusters of the same size, so that ten times the points are ten times the land and a window of the
# map holds as many as before.
SEED = 20261123
IN_A_CLUSTER = 2_500
SPREAD_DEG = 0.05
LAND = (62.0, 22.0, 138.0, 58.0)

BOXES = 80
FRESH = 60_000
LIMIT = 100


# The points, the same every time.

def clusters(rows):
    dice = random.Random(SEED)
    n = max(1, rows // IN_A_CLUSTER)
    return [(dice.uniform(LAND[0], LAND[2]), dice.uniform(LAND[1], LAND[3])) for _ in range(n)]


def dms(degrees, positive, negative):
    units = round(abs(degrees) * 3600 * 10_000)
    seconds, rest = divmod(units, 10_000)
    letter = positive if degrees >= 0 else negative
    return f"{seconds // 3600}°{seconds // 60 % 60:02d}′{seconds % 60:02d}.{rest:04d}″{letter}"


def points(rows):
    """Number, longitude, latitude, sigma."""
    dice = random.Random(SEED + 1)
    centres = clusters(rows)
    for k in range(rows):
        # Neighbours in the register are not neighbours on the ground: every cluster is scattered over the whole table.
        lon, lat = centres[k % len(centres)]
        yield (k + 1, round(lon + dice.gauss(0, SPREAD_DEG), 9), round(lat + dice.gauss(0, SPREAD_DEG), 9),
               round(dice.uniform(0.005, 0.05), 3))


def boxes(rows, n=BOXES):
    """Windows of a map, each somewhere in a cluster."""
    dice = random.Random(SEED + 2)
    centres = clusters(rows)
    for _ in range(n):
        lon, lat = dice.choice(centres)
        lon, lat = lon + dice.gauss(0, SPREAD_DEG / 2), lat + dice.gauss(0, SPREAD_DEG / 2)
        w, h = dice.uniform(0.04, 0.12), dice.uniform(0.03, 0.08)
        yield ",".join(f"{v:.6f}" for v in (lon - w / 2, lat - h / 2, lon + w / 2, lat + h / 2))


def copy_lines(rows):
    for k, lon, lat, sigma in points(rows):
        yield (f"{k}\tP{k:08d}\tS1\t{dms(lat, 'N', 'S')}\t{dms(lon, 'E', 'W')}\t{sigma}"
               f"\tSRID=4326;POINT({lon:.9f} {lat:.9f})\n")


# The database server.

def as_postgres(command):
    """PostgreSQL does not run as root."""
    return ["runuser", "-u", "postgres", "--", *command] if os.geteuid() == 0 else command


class Database:
    def __init__(self, work):
        self.folder = work / "postgres"
        self.note = work / "database.json"

    def start(self):
        if not self.note.exists():
            self.create()
        self.known = json.loads(self.note.read_text())
        if not self.pid():
            self.ctl("start")

    def programs(self):
        found = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin/initdb"))
        on_path = shutil.which("initdb")
        if not found and not on_path:
            sys.exit("PostgreSQL is not installed")
        return found[-1].parent if found else pathlib.Path(on_path).parent

    def create(self):
        self.folder.mkdir(parents=True)
        if os.geteuid() == 0:
            shutil.chown(self.folder, "postgres", "postgres")
        secret = secrets.token_hex(16)
        words = self.folder.parent / "password"
        words.write_text(secret)
        words.chmod(0o644 if os.geteuid() == 0 else 0o600)
        subprocess.run(as_postgres([str(self.programs() / "initdb"), "-D", str(self.folder / "data"), "-U", "postgres",
                                    "-A", "scram-sha-256", "--pwfile", str(words), "-E", "UTF8", "--locale", "C.UTF-8"]),
                       check=True, stdout=subprocess.DEVNULL)
        words.unlink()
        with open(self.folder / "data/postgresql.conf", "a") as conf:
            # Room for the working set, as any operator gives it; all else as it comes, durability included.
            conf.write("\nlisten_addresses = '127.0.0.1'\nport = 54329\nshared_buffers = 1GB\nmax_wal_size = 4GB\n"
                       f"unix_socket_directories = '{self.folder}'\n")
        self.note.write_text(json.dumps({"host": "127.0.0.1", "port": 54329, "password": secret}))
        self.note.chmod(0o600)

    def ctl(self, what):
        subprocess.run(as_postgres([str(self.programs() / "pg_ctl"), "-D", str(self.folder / "data"), "-w",
                                    "-l", str(self.folder / "log"), what]), check=True, stdout=subprocess.DEVNULL)

    def pid(self):
        try:
            pid = int((self.folder / "data/postmaster.pid").read_text().split()[0])
            os.kill(pid, 0)
            return pid
        except (OSError, ValueError, IndexError):
            return None

    def url(self, name):
        return f"postgresql://postgres:{self.known['password']}@{self.known['host']}:{self.known['port']}/{name}"

    def psql(self, name, sql, stdin=None):
        done = subprocess.run(["psql", "-qAtX", "-v", "ON_ERROR_STOP=1", self.url(name), "-c", sql] if stdin is None
                              else ["psql", "-qAtX", "-v", "ON_ERROR_STOP=1", self.url(name)],
                              input=stdin, text=True, capture_output=True)
        if done.returncode:
            sys.exit(f"psql: {done.stderr.strip()}")
        return done.stdout.strip()

    def feed(self, name, before, lines, after):
        """Runs a script that ends in COPY from stdin, gives it the lines, and then the rest."""
        process = subprocess.Popen(["psql", "-qAtX", "-v", "ON_ERROR_STOP=1", self.url(name)], text=True,
                                   stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
        process.stdin.write(before)
        process.stdin.writelines(lines)
        process.stdin.write("\\.\n" + after)
        process.stdin.close()
        if process.wait():
            sys.exit("psql failed")


def prepare(args, database):
    rows = args.rows
    for name in ("peers", "register"):
        database.psql("postgres", f"drop database if exists {name} with (force)")
        database.psql("postgres", f"create database {name}")
        for extension in ("postgis", "btree_gist", "pg_trgm", "unaccent"):
            database.psql(name, f"create extension if not exists {extension}")
    # What the README asks of whoever runs a server of their own.
    if database.psql("postgres", "select count(*) from pg_roles where rolname = 'merestone_app'") == "0":
        database.psql("postgres", "create role merestone_app nologin")
    for function in ("geometry_overlaps(geometry, geometry)", "word_similarity_op(text, text)",
                     "word_similarity_commutator_op(text, text)"):
        database.psql("register", f"alter function {function} leakproof")
    table = (HERE / "table.sql").read_text()
    database.feed("peers", table, copy_lines(rows), (HERE / "table_after.sql").read_text())
    print(f"plain table: {database.psql('peers', 'select count(*) from points')} points")
    if migrate(args, database):
        into = table.replace("points", "points_in").replace("create table", "create unlogged table")
        database.feed("register", into, copy_lines(rows), (HERE / "register_after.sql").read_text())
        print(f"register: {database.psql('register', 'select count(*) from boundary_point')} boundary points")
    database.psql("postgres", "checkpoint")
    (args.work / "rows").write_text(str(rows))


def migrate(args, database):
    if not args.merestone or not pathlib.Path(args.merestone).exists():
        print("no program merestone: the register is left empty (--merestone PATH)")
        return False
    environment = dict(os.environ, DATABASE_URL=database.url("register"), MERESTONE_DATA_DIR=str(args.work / "merestone"))
    subprocess.run([args.merestone, "migrate"], env=environment, check=True, stdout=subprocess.DEVNULL)
    return True


# The servers. Each knows how to start, and how to ask for a window, a page and a tile.

def free_port():
    import socket
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    name = version = ""
    headers = {}

    def __init__(self, args, database):
        self.args, self.database = args, database
        self.folder = args.work / self.name
        self.folder.mkdir(parents=True, exist_ok=True)
        self.port = free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self.process = None

    def installed(self):
        return True

    def fill(self, template, **more):
        known = self.database.known
        connection = f"host={known['host']} port={known['port']} dbname=peers user=postgres password={known['password']}"
        text = string.Template((HERE / template).read_text()).safe_substitute(
            folder=self.folder, port=self.port, address=self.address, connection=connection, host=known["host"],
            database_port=known["port"], password=known["password"], **more)
        path = self.folder / template
        path.touch(mode=0o600)
        path.write_text(text)
        return path

    def run(self, command, **environment):
        self.log = open(self.folder / "log", "w")
        self.process = subprocess.Popen([str(word) for word in command], env=dict(os.environ, **environment),
                                        cwd=self.folder, stdout=self.log, stderr=self.log, start_new_session=True)

    def __enter__(self):
        begun = time.monotonic()
        self.start()
        while True:
            try:
                status, _, _ = fetch(self, self.ready())
                if status == 200:
                    break
                why = f"status {status}"
            except OSError as fault:
                why = str(fault)
            if self.process.poll() is not None or time.monotonic() - begun > 60:
                sys.exit(f"{self.name} did not start ({why}); see {self.folder / 'log'}")
            time.sleep(0.02)
        self.started = time.monotonic() - begun
        return self

    def __exit__(self, *_):
        os.killpg(self.process.pid, signal.SIGTERM)
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        self.log.close()

    def ready(self):
        return self.window("0,0,1,1")


class Merestone(Server):
    name = "Merestone"
    here = "/collections/boundary_points"

    def installed(self):
        return bool(self.args.merestone) and pathlib.Path(self.args.merestone).exists()

    def operator(self, *words):
        """A command of the operator on the register; what it prints."""
        environment = dict(os.environ, DATABASE_URL=self.database.url("register"), MERESTONE_DATA_DIR=str(self.folder),
                           MERESTONE_WITHOUT_BACKUP="true")
        told = subprocess.run([str(self.args.merestone), *words], env=environment, cwd=self.folder, text=True, capture_output=True)
        return told.stdout.strip() if told.returncode == 0 else sys.exit(told.stderr)

    who = ["--role", "survey_lead", "--role", "auditor"]
    scope = "read"

    def start(self):
        # An account of its own for each run, which has no password and a token of a day.
        name = f"peer-{int(time.time())}-{self.port}"
        self.operator("user", "add", name, "--full-name", "Peers", *self.who)
        token = self.operator("token", "issue", name, "--name", "peers", "--scope", self.scope, "--days", "1")
        self.headers = {"Authorization": f"Bearer {token}"}
        self.run([self.args.merestone, "serve", "--bind", f"127.0.0.1:{self.port}"],
                 DATABASE_URL=self.database.url("register"), MERESTONE_DATA_DIR=str(self.folder), MERESTONE_LOG="warn")

    def ready(self):
        return "/readyz"

    def window(self, bbox):
        return f"{self.here}/items?bbox={bbox}&limit={LIMIT}"

    def page(self, n):
        """The page of a client that walks: it keeps the link to the next, so walk there in great strides."""
        path, left = f"{self.here}/items?limit={LIMIT}", (n - 1) * LIMIT
        while left:
            stride = min(left, 10_000)
            _, _, body = fetch(self, set_query(path, limit=stride))
            path = next(link["href"] for link in json.loads(body)["links"] if link["rel"] == "next")
            path = path.removeprefix(self.address)
            left -= stride
        return set_query(path, limit=LIMIT)

    def tile(self, z, x, y):
        return f"{self.here}/tiles/WebMercatorQuad/{z}/{y}/{x}"


class MerestoneLean(Merestone):
    """With as few properties as the peers' table has columns."""
    name = "Merestone, six properties"
    few = "&properties=number,section,printed_lat,printed_lon,sigma_m"

    def window(self, bbox):
        return super().window(bbox) + self.few


class MerestoneSection(Merestone):
    """Asked by somebody who holds a role in one section only, so that each row is judged by its place."""
    name = "Merestone, in one section"
    who = ["--role", "surveyor", "--at", "bench/S1"]


class MerestoneOpen(Merestone):
    """The same, while the database judges no row: what row level security costs is the difference."""
    name = "Merestone, rows not judged"

    def rows(self, judged):
        tables = ["record", "boundary", "section", "boundary_point", "feature_link"]
        word = "enable" if judged else "disable"
        self.database.psql("register", "; ".join(f"alter table {table} {word} row level security" for table in tables))

    def start(self):
        self.rows(False)
        super().start()

    def __exit__(self, *what):
        super().__exit__(*what)
        self.rows(True)


class MerestoneWrites(Merestone):
    """Points are written, as everywhere with an event and the digests of the rows in the log."""
    name = "Merestone, writing"
    who = ["--role", "survey_lead"]
    scope = "write"


class MerestoneUnlogged(MerestoneWrites):
    """The same, while the database throws events away and makes no digests: what the log costs is the difference."""
    name = "Merestone, writing without a log"

    def keep_log(self, kept):
        if kept:
            change = "drop trigger bench_thrown_away on audit_event; drop function bench_thrown_away()"
        else:
            change = ("create function bench_thrown_away() returns trigger language plpgsql as "
                      "$$ begin return null; end $$; create trigger bench_thrown_away before insert on audit_event "
                      "for each row execute function bench_thrown_away()")
        word = "enable" if kept else "disable"
        self.database.psql("register", f"""
            {change};
            do $$ declare t record; begin
                for t in select tgrelid::regclass as of, tgname as called from pg_trigger where tgname like '%\_digests%' loop
                    execute format('alter table %s {word} trigger %I', t.of, t.called);
                end loop;
            end $$""")

    def start(self):
        super().start()
        self.keep_log(False)

    def __exit__(self, *what):
        self.keep_log(True)
        super().__exit__(*what)


class MapServer(Server):
    name = "MapServer"
    program = "/usr/lib/cgi-bin/mapserv"

    def installed(self):
        return pathlib.Path(self.program).exists() and shutil.which("lighttpd", path="/usr/sbin:" + os.environ["PATH"])

    def start(self):
        (self.folder / "htdocs").mkdir(exist_ok=True)
        self.fill("mapserver.map")
        self.fill("mapserver.conf")
        self.run(["/usr/sbin/lighttpd", "-D", "-f", self.fill("lighttpd.conf")])

    def window(self, bbox):
        return f"/cgi-bin/mapserv/peers/ogcapi/collections/points/items?f=json&bbox={bbox}&limit={LIMIT}"

    def page(self, n):
        return f"/cgi-bin/mapserv/peers/ogcapi/collections/points/items?f=json&limit={LIMIT}&offset={(n - 1) * LIMIT}"

    tile = None


class Tipg(Server):
    name = "tipg"

    def installed(self):
        return (self.args.venvs / "tipg/bin/uvicorn").exists()

    def start(self):
        self.run([self.args.venvs / "tipg/bin/uvicorn", "tipg.main:app", "--host", "127.0.0.1", "--port", self.port,
                  "--log-level", "warning"], DATABASE_URL=self.database.url("peers"))

    def window(self, bbox):
        return f"/collections/public.points/items?f=geojson&bbox={bbox}&limit={LIMIT}"

    def page(self, n):
        return f"/collections/public.points/items?f=geojson&limit={LIMIT}&offset={(n - 1) * LIMIT}"

    def tile(self, z, x, y):
        return f"/collections/public.points/tiles/WebMercatorQuad/{z}/{x}/{y}"


class Pygeoapi(Server):
    name = "pygeoapi"

    def installed(self):
        return (self.args.venvs / "pygeoapi/bin/gunicorn").exists()

    def start(self):
        config, api = self.fill("pygeoapi.yml"), self.folder / "openapi.yml"
        programs = self.args.venvs / "pygeoapi/bin"
        environment = {"PYGEOAPI_CONFIG": str(config), "PYGEOAPI_OPENAPI": str(api)}
        with open(api, "w") as out:
            subprocess.run([programs / "pygeoapi", "openapi", "generate", config], check=True, stdout=out,
                           env=dict(os.environ, **environment))
        self.run([programs / "gunicorn", "-w", "2", "-b", f"127.0.0.1:{self.port}", "pygeoapi.flask_app:APP"], **environment)

    def window(self, bbox):
        return f"/collections/points/items?f=json&bbox={bbox}&limit={LIMIT}"

    def page(self, n):
        return f"/collections/points/items?f=json&limit={LIMIT}&offset={(n - 1) * LIMIT}"

    tile = None


SERVERS = [Merestone, MerestoneOpen, MerestoneSection, MerestoneLean, MapServer, Tipg, Pygeoapi]


def set_query(path, **values):
    split = urllib.parse.urlsplit(path)
    query = [(k, v) for k, v in urllib.parse.parse_qsl(split.query, keep_blank_values=True) if k not in values]
    query += [(k, str(v)) for k, v in values.items()]
    return f"{split.path}?{urllib.parse.urlencode(query)}"


def fetch(server, path, headers=None):
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=120)
    try:
        connection.request("GET", path, headers={**server.headers, **(headers or {})})
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()
    finally:
        connection.close()


# What a family of processes has worked so far.

def stat(pid):
    """Parent, own ticks, ticks of children that have ended."""
    text = pathlib.Path(f"/proc/{pid}/stat").read_text()
    cells = text[text.rindex(")") + 2:].split()
    return int(cells[1]), int(cells[11]) + int(cells[12]), int(cells[13]) + int(cells[14])


def family_ms(root):
    """CPU milliseconds of a process, its living descendants, and those that have ended."""
    all_of = {}
    for entry in pathlib.Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                all_of[int(entry.name)] = stat(entry.name)
            except (OSError, ValueError):
                pass
    family, grew = {root}, True
    while grew:
        more = {pid for pid, (parent, _, _) in all_of.items() if parent in family} - family
        family |= more
        grew = bool(more)
    return sum(own + ended for own, ended in (all_of[pid][1:] for pid in family if pid in all_of)) * 1000 / TICKS


def resident_mb(root):
    total = 0
    for entry in pathlib.Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parent = stat(entry.name)[0]
                if int(entry.name) == root or parent == root:
                    status = (entry / "smaps_rollup").read_text()
                    total += int(status.split("Pss:")[1].split()[0])
            except (OSError, ValueError, IndexError):
                pass
    return total / 1024


def load(server, paths, connections, seconds, headers=None):
    """wrk with these paths; requests a second, latencies, CPU a request on both sides."""
    listed = server.folder / "paths"
    listed.write_text("".join(path + "\n" for path in paths))
    return wrk(server, "boxes.lua", [listed], connections, seconds, headers)


def wrk(server, script, words, connections, seconds, headers=None):
    database = server.database.pid()
    before = family_ms(server.process.pid), family_ms(database)
    done = subprocess.run(
        ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "60s", "-s", HERE / script, server.address,
         "--", *words, *(f"{name}: {value}" for name, value in {**server.headers, **(headers or {})}.items())],
        check=True, capture_output=True, text=True)
    after = family_ms(server.process.pid), family_ms(database)
    said = json.loads(done.stdout.strip().splitlines()[-1])
    n = max(1, said["requests"])
    return {
        "requests": said["requests"], "bad": said["bad"],
        "req_s": said["requests"] / said["seconds"], "p50_ms": said["p50_ms"], "p99_ms": said["p99_ms"],
        "server_ms": (after[0] - before[0]) / n, "postgres_ms": (after[1] - before[1]) / n,
        "cpu_ms": (after[0] - before[0] + after[1] - before[1]) / n,
    }


# What is measured.

def items(server, args, rows):
    paths = [server.window(box) for box in boxes(rows)]
    # Windows that nobody has asked for before: so many that none comes twice.
    fresh = [server.window(box) for box in boxes(rows, FRESH)][BOXES:]
    sizes, returned, matched, tags = [], [], [], 0
    for path in paths:
        status, headers, body = fetch(server, path)
        if status != 200:
            sys.exit(f"{server.name}: {path} gave {status}: {body[:300]}")
        answer = json.loads(body)
        sizes.append(len(body))
        returned.append(len(answer["features"]))
        matched.append(answer.get("numberMatched") or 0)
        tags += "etag" in headers
    return {
        "start_s": server.started, "body_kb": sum(sizes) / len(sizes) / 1000, "returned": sum(returned) / len(returned),
        "matched": sum(matched) / len(matched), "etag": tags == len(paths),
        "c1": load(server, paths, 1, args.seconds), "c8": load(server, paths, 8, args.seconds),
        # Last, when whatever a server prepares after its start is prepared.
        "fresh": load(server, fresh, 8, args.seconds),
        "resident_mb": resident_mb(server.process.pid),
    }


def paging(server, args, rows):
    pages = {}
    for n in (1, 100, rows // LIMIT):
        path = server.page(n)
        status, _, body = fetch(server, path)
        found = json.loads(body).get("features", []) if status == 200 else []
        numbers = [f["properties"].get("number") for f in found]
        pages[str(n)] = {"status": status, "first": numbers[0] if numbers else None, "returned": len(found),
                         **load(server, [path], 1, args.seconds)}
    return pages


def tiles(server, args, rows):
    lon, lat = clusters(rows)[0]
    sizes = {}
    for z in range(15):
        n = 1 << z
        x = int((lon + 180) / 360 * n)
        y = int((1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2 * n)
        path = server.tile(z, x, y)
        begun = time.monotonic()
        status, headers, body = fetch(server, path)
        took = (time.monotonic() - begun) * 1000
        plain = gzip.decompress(body) if headers.get("content-encoding") == "gzip" else body
        entry = {"status": status, "bytes": len(plain), "first_ms": took, "etag": headers.get("etag")}
        if entry["etag"]:
            again = {"If-None-Match": entry["etag"]}
            entry["again_status"] = fetch(server, path, again)[0]
            if entry["again_status"] == 304:
                entry["not_modified"] = load(server, [path], 1, 2, again)
        sizes[str(z)] = entry
    mix = [server.tile(z, int((lon + 180) / 360 * (1 << z)),
                       int((1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2 * (1 << z)))
           for z in range(10, 15)]
    return {"zooms": sizes, "again": load(server, mix, 1, args.seconds)}


def writes(server, args, rows):
    def points(seconds):
        return wrk(server, "writes.lua", [f"{server.here}/items", f"W{time.time_ns()}-"], 8, seconds)

    points(2)
    return points(args.seconds)


WHAT = {"items": items, "paging": paging, "tiles": tiles, "writes": writes}
WRITING = [MerestoneWrites, MerestoneUnlogged]


def measure(args, database):
    rows = int((args.work / "rows").read_text())
    # The two that write take turns, so that neither has the quiet machine or the small table for itself.
    for kind in WRITING * 3 if args.what == "writes" else SERVERS:
        server = kind(args, database)
        wanted = not args.only or any(word.lower() in server.name.lower() for word in args.only)
        if not wanted:
            continue
        if not server.installed():
            print(f"{server.name}: not installed")
            continue
        if args.what == "tiles" and not server.tile or args.what != "items" and kind in (MerestoneLean, MerestoneOpen, MerestoneSection):
            continue
        with server:
            found = WHAT[args.what](server, args, rows)
        kept = args.work / "results.json"
        results = json.loads(kept.read_text()) if kept.exists() else {}
        of = results.setdefault(str(rows), {}).setdefault(args.what, {})
        of[server.name] = [*of.get(server.name, []), found] if args.what == "writes" else found
        kept.write_text(json.dumps(results, indent=1))
        print(f"{server.name}: measured ({args.what}, {rows} points, load {os.getloadavg()[0]:.1f})")
    report(args)


# The table.

def ratio(a, b):
    return f"{a / b:.1f}x" if a and b else ""


def report(args):
    kept = args.work / "results.json"
    results = json.loads(kept.read_text()) if kept.exists() else sys.exit("nothing was measured yet")
    for rows, found in sorted(results.items(), key=lambda pair: int(pair[0])):
        print(f"\n{int(rows):,} points")
        if "items" in found:
            ours = found["items"].get("Merestone", {})
            print("\n| server | CPU ms server + PostgreSQL | req/s c=1 / c=8 | p50 / p99 ms c=1 | p50 / p99 ms c=8 | body KB | "
                  "features | matched | ETag | Merestone is, req/s c=8 | in CPU |")
            print("| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |")
            for name, of in found["items"].items():
                one, eight = of["c1"], of["c8"]
                print(f"| {name} | {eight['server_ms']:.2f} + {eight['postgres_ms']:.2f} = {eight['cpu_ms']:.2f} "
                      f"| {one['req_s']:.0f} / {eight['req_s']:.0f} | {one['p50_ms']:.1f} / {one['p99_ms']:.1f} "
                      f"| {eight['p50_ms']:.1f} / {eight['p99_ms']:.1f} | {of['body_kb']:.1f} | {of['returned']:.1f} "
                      f"| {of['matched']:.0f} | {'yes' if of['etag'] else 'none'} "
                      f"| {ratio(ours.get('c8', {}).get('req_s'), eight['req_s'])} "
                      f"| {ratio(eight['cpu_ms'], ours.get('c8', {}).get('cpu_ms'))} |")
                if fresh := of.get("fresh"):
                    print(f"| {name}, windows never asked for before | {fresh['server_ms']:.2f} + {fresh['postgres_ms']:.2f} = "
                          f"{fresh['cpu_ms']:.2f} | – / {fresh['req_s']:.0f} | | {fresh['p50_ms']:.1f} / "
                          f"{fresh['p99_ms']:.1f} | | | | | | |")
                if one["bad"] or eight["bad"]:
                    print(f"({name}: {one['bad'] + eight['bad']} answers were errors)")
        if "paging" in found:
            print("\n| server | page | first | CPU ms | p50 / p99 ms | of page 1 |")
            print("| --- | --- | --- | --- | --- | --- |")
            for name, pages in found["paging"].items():
                for n, of in pages.items():
                    print(f"| {name} | {int(n):,} | {of['first']} | {of['cpu_ms']:.2f} | {of['p50_ms']:.1f} / {of['p99_ms']:.1f} "
                          f"| {ratio(of['cpu_ms'], pages['1']['cpu_ms'])} |")
        if "tiles" in found:
            print("\n| server | zoom | bytes | first ms | ETag | 304 p50 ms | 304 CPU ms server + PostgreSQL |")
            print("| --- | --- | --- | --- | --- | --- | --- |")
            for name, of in found["tiles"].items():
                for z, tile in of["zooms"].items():
                    same = tile.get("not_modified")
                    print(f"| {name} | {z} | {tile['bytes']:,} | {tile['first_ms']:.1f} | {'yes' if tile['etag'] else 'none'} "
                          + (f"| {same['p50_ms']:.3f} | {same['server_ms']:.3f} + {same['postgres_ms']:.3f} |" if same else "| | |"))
                again = of["again"]
                print(f"| {name} | 10-14 again | | {again['p50_ms']:.2f} | | {again['req_s']:.0f} req/s "
                      f"| {again['server_ms']:.2f} + {again['postgres_ms']:.2f} |")
        if "writes" in found:
            print("\n| server, turn | CPU ms server + PostgreSQL | req/s c=8 | p50 / p99 ms |")
            print("| --- | --- | --- | --- |")
            for name, turns in found["writes"].items():
                for n, of in enumerate(turns, 1):
                    print(f"| {name}, {n} | {of['server_ms']:.2f} + {of['postgres_ms']:.2f} = {of['cpu_ms']:.2f} "
                          f"| {of['req_s']:.0f} | {of['p50_ms']:.1f} / {of['p99_ms']:.1f} |"
                          + (f" ({of['bad']} answers were errors)" if of["bad"] else ""))
    grown = sorted((int(rows), found["items"]) for rows, found in results.items() if "items" in found)
    if len(grown) > 1:
        print("\n| server | " + " | ".join(f"CPU ms at {rows:,}" for rows, _ in grown) + " | growth |")
        print("| --- " * (len(grown) + 2) + "|")
        for name in grown[-1][1]:
            if all(name in found for _, found in grown):
                costs = [found[name]["c8"]["cpu_ms"] for _, found in grown]
                print(f"| {name} | " + " | ".join(f"{cost:.2f}" for cost in costs) + f" | {ratio(costs[-1], costs[0])} |")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["prepare", *WHAT, "report", "stop"])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--seconds", type=int, default=10, help="how long each load lasts")
    parser.add_argument("--only", nargs="*", help="servers by a part of their name")
    parser.add_argument("--work", type=pathlib.Path, default=pathlib.Path("/var/tmp/merestone-peers"))
    parser.add_argument("--venvs", type=pathlib.Path, help="folder with the environments tipg and pygeoapi")
    parser.add_argument("--merestone", default=str(HERE.parents[1] / "target/release/merestone"))
    args = parser.parse_args()
    args.venvs = args.venvs or args.work / "venvs"
    args.work.mkdir(parents=True, exist_ok=True)
    args.work.chmod(0o711)
    database = Database(args.work)
    if args.what == "report":
        return report(args)
    if args.what == "stop":
        return database.ctl("stop") if database.pid() else None
    database.start()
    return prepare(args, database) if args.what == "prepare" else measure(args, database)


if __name__ == "__main__":
    main()
