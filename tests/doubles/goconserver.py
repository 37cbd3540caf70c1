"""goconserver.py PORT [broken]: has some of goconserver's GET routes and no others, as goconserver
answers them; which of them a client may ask is what is looked at. broken: a consoled that has its own
routes, and cannot answer there."""
import http.server
import json
import sys

NODES = (("web2", "error"), ("web1", "connected"), ("db", "avaiable"))
ROUTES = {
    "/nodes": {"nodes": [{"host": "h", "name": n, "state": s} for n, s in NODES]},
    "/command/user/web1": {"users": ["127.0.0.1:58656", "127.0.0.1:58657"]},
    "/command/user/web2": {"users": []},
    "/command/user/db": {"users": ["10.0.0.1:1"]},
    "/command/replay/web1": "the last words",
}


class Goconserver(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        broken = self.path.startswith("/v1/") and sys.argv[2:] == ["broken"]
        known = ROUTES.get(self.path, "it went wrong" if broken else "404 page not found")
        body = (known if isinstance(known, str) else json.dumps(known)) + "\n"
        self.send_response(200 if self.path in ROUTES else 500 if broken else 404)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *_):
        pass


http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Goconserver).serve_forever()
