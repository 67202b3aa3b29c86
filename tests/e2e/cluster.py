"""A PostgreSQL server of a test's own: in a folder of its own, reached through a socket there, run by an unprivileged user, gone at the end."""
import glob
import os
import pwd
import shutil
import subprocess
import tempfile
import time


class Cluster:
    def __init__(self):
        found = sorted(glob.glob("/usr/lib/postgresql/*/bin/initdb"))
        if not found:
            raise SystemExit("PostgreSQL is not installed: ./dev setup does that")
        self.bin = os.path.dirname(found[-1])
        self.folder = tempfile.mkdtemp(prefix="assay-pg-")
        self.user = pwd.getpwnam("nobody") if os.getuid() == 0 else None
        if self.user:
            os.chown(self.folder, self.user.pw_uid, self.user.pw_gid)
        self.run("initdb", "-D", f"{self.folder}/data", "-U", "assay", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync")
        self.start()
        self.url = f"postgresql://assay@/postgres?host={self.folder}"

    def _as_user(self):
        return {"user": self.user.pw_uid, "group": self.user.pw_gid, "extra_groups": []} if self.user else {}

    def run(self, program, *arguments):
        done = subprocess.run([f"{self.bin}/{program}", *arguments], cwd=self.folder, capture_output=True, text=True, **self._as_user())
        if done.returncode != 0:
            raise SystemExit(f"{program}: {done.stdout}{done.stderr}")

    def start(self):
        self.log = open(f"{self.folder}/log", "ab")
        self.server = subprocess.Popen([f"{self.bin}/postgres", "-D", f"{self.folder}/data", "-k", self.folder, "-c", "listen_addresses=", "-c", "fsync=off"], cwd=self.folder, stdout=self.log, stderr=self.log, **self._as_user())
        for _ in range(300):
            if subprocess.run([f"{self.bin}/pg_isready", "-q", "-h", self.folder], check=False).returncode == 0:
                return
            time.sleep(0.05)
        raise SystemExit("PostgreSQL did not start")

    def stop(self, how="fast"):
        self.server.send_signal({"fast": 2, "crash": 3}[how])
        self.server.wait(30)
        self.log.close()

    def end(self):
        if self.server.poll() is None:
            self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)
