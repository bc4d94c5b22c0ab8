"""A gateway behind TLS, a studio's website and a hostile one, each on an origin of its own, for the rows in `rows.py`."""

import http.client
import http.server
import json
import os
import socket
import ssl
import subprocess
import tempfile
import threading
import urllib.parse
import urllib.request

PASSWORD = "unlikely lantern orbit 47"
EMAIL = "rui@member.example"


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


class Pages:
    """A web server whose pages are set by the rows: path -> (headers, body)."""

    def __init__(self):
        pages = self.pages = {}

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                headers, body = pages.get(urllib.parse.urlsplit(self.path).path, ({}, None))
                self.send_response(404 if body is None else 200)
                if "Content-Type" not in headers:
                    self.send_header("Content-Type", "text/html; charset=utf-8")
                for name, value in headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write((body or "").encode())

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def put(self, path, body, **headers):
        self.pages[path] = ({name.replace("_", "-"): value for name, value in headers.items()}, body)


def serve_tls(certificate, key, backend):
    """Takes TLS off connections and passes their bytes on, as a proxy in front of the gateway does."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    listener = socket.create_server(("127.0.0.1", 0))

    def pump(source, sink):
        try:
            while data := source.recv(65536):
                sink.sendall(data)
        except OSError:
            pass
        for end in (source, sink):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def serve(plain):
        try:
            outer = context.wrap_socket(plain, server_side=True)
            inner = socket.create_connection(("127.0.0.1", backend))
        except OSError:
            return
        threading.Thread(target=pump, args=(outer, inner), daemon=True).start()
        pump(inner, outer)

    def accept():
        while True:
            plain, _ = listener.accept()
            threading.Thread(target=serve, args=(plain,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    return listener.getsockname()[1]


class Gateway:
    def __init__(self, binary):
        self.binary = os.path.abspath(binary)
        self.home = tempfile.TemporaryDirectory(prefix="flow-widget-")
        self.env = {"FLOW_DATABASE_URL": f"sqlite://{self.home.name}/flow.db", "TMPDIR": self.home.name}
        self.site, self.evil = Pages(), Pages()
        self.members_port = free_port()
        certificate, key = self._certificate()
        self.members = f"https://members.localhost:{serve_tls(certificate, key, self.members_port)}"
        # `*.localhost` is this machine, and each name is a site of its own.
        self.casa = f"http://casa.localhost:{self.site.port}"
        self.other = f"http://other.localhost:{self.site.port}"
        self.hostile = f"http://evil.localhost:{self.evil.port}"
        self._studio()
        self._serve()
        self._member()

    def _certificate(self):
        paths = [f"{self.home.name}/{name}.pem" for name in ("certificate", "key")]
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
            + ["-subj", "/CN=members.localhost", "-addext", "subjectAltName=DNS:members.localhost", "-out", paths[0], "-keyout", paths[1]],
            check=True,
            capture_output=True,
        )
        return paths

    def run(self, *args, input=""):
        done = subprocess.run([self.binary, *args], env=self.env, cwd=self.home.name, input=input, capture_output=True, text=True)
        assert done.returncode == 0, f"{args}: {done.stderr}"
        return done.stdout

    def _studio(self):
        about = ["--slug", "casa", "--name", "Casa Prana", "--time-zone", "Europe/Lisbon", "--currency", "EUR"]
        owner = ["--owner-email", "owner@casa.example", "--owner-password-stdin", "--json"]
        self.run("studio", "create", *about, *owner, input=PASSWORD)
        self.pk = self._key("publishable", "--origins", f"{self.casa},{self.other}")
        self.originless = self._key("publishable")
        self.sk = self._key("secret", "--scopes", "members:write,classes:write,members:read,schedule:read")

    def _key(self, kind, *more):
        made = self.run("keys", "create", "--studio", "casa", "--kind", kind, "--name", "A key", "--json", *more)
        return json.loads(made)["key"]

    def _serve(self):
        self.storefront_port, self.management_port = free_port(), free_port()
        self.storefront = f"http://127.0.0.1:{self.storefront_port}"
        flags = ["--storefront-addr", f"127.0.0.1:{self.storefront_port}", "--management-addr", f"127.0.0.1:{self.management_port}"]
        flags += ["--members-addr", f"127.0.0.1:{self.members_port}", "--studio-addr", "127.0.0.1:0", "--ops-addr", "127.0.0.1:0"]
        flags += ["--public-members-url", self.members, "--trusted-proxies", "127.0.0.1/32", "--rate-limits", "off"]
        self.server = subprocess.Popen(
            [self.binary, "serve", *flags],
            env=self.env,
            cwd=self.home.name,
            stdout=subprocess.PIPE,
            stderr=open(f"{self.home.name}/log", "w"),
            text=True,
        )
        for _ in range(5):
            line = self.server.stdout.readline()
            assert "listening" in line, f"{line} {open(f'{self.home.name}/log').read()}"

    def post(self, port, path, body, **headers):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        connection.request("POST", path, body, headers)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()

    def _member(self):
        bearer = {"Authorization": f"Bearer {self.sk}", "Content-Type": "application/json"}
        status, answer = self.post(self.management_port, "/v1/members/invites", json.dumps({"email": EMAIL, "first_name": "Rui"}), **bearer)
        assert status == 201, answer
        self.membership = json.loads(answer)["id"]
        mails = json.loads(self.run("outbox", "list", "--studio", "casa", "--json"))
        shown = json.loads(self.run("outbox", "show", mails[0]["id"], "--studio", "casa", "--json"))
        form = urllib.parse.urlencode({"token": shown["link"], "password": PASSWORD, "repeat": PASSWORD})
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Sec-Fetch-Site": "same-origin"}
        status, answer = self.post(self.members_port, "/invitation", form, **headers)
        assert status == 303, answer

    def make_class(self, name, date, capacity):
        """A class on one day at noon."""
        bearer = {"Authorization": f"Bearer {self.sk}", "Content-Type": "application/json"}
        dates = [{"date": date, "start_time": "12:00"}]
        body = {"name": name, "duration_minutes": 60, "capacity": capacity, "recurrence": {"dates": dates}}
        status, answer = self.post(self.management_port, "/v1/classes", json.dumps(body), **bearer)
        assert status == 201, answer
        return json.loads(answer)["id"]

    def stop(self):
        self.server.terminate()
        self.server.wait(30)
        self.home.cleanup()
