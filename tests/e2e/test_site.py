# SPDX-License-Identifier: GPL-3.0-or-later
"""The site that is shipped for production: TLS, HTTP/2, and what its log holds."""

import json
import shutil
import socket
import ssl
import subprocess

import pytest

from fcgi_stub import Stub
from ports import free_port
from test_gate import RECORDS, copy_includes, stop, wait_for_port


def make_certificate(folder):
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
         "-nodes", "-days", "2", "-subj", "/CN=localhost", "-keyout", folder / "privkey.pem",
         "-out", folder / "fullchain.pem"],
        check=True, capture_output=True,
    )  # fmt: skip


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # that TLS 1.1 is old is the point
def test_the_example_site_works(source_dir, tmp_path):
    """The shipped site, with only its marked values changed."""
    port = free_port()
    make_certificate(tmp_path)
    site = (source_dir / "nginx/coregate.conf.example").read_text()
    for old, new in {
        "listen 443 ssl": f"listen 127.0.0.1:{port} ssl",
        "\tlisten [::]:443 ssl http2;\n": "",
        "/etc/ssl/dns-api.example.com": str(tmp_path),
        "unix:/run/coregate/fastcgi.sock": f"unix:{tmp_path}/fastcgi.sock",
        "unix:/run/coregate/bulk.sock": f"unix:{tmp_path}/bulk.sock",
        "/var/log/nginx/coregate.log": f"{tmp_path}/access.log",
    }.items():
        assert old in site
        site = site.replace(old, new)
    copy_includes(source_dir, tmp_path)
    (tmp_path / "nginx.conf").write_text(
        ("user root;\n" if shutil.os.geteuid() == 0 else "")
        + f"daemon off; pid {tmp_path}/pid; events {{}} http {{\n"
        + "".join(f"{kind}_temp_path {tmp_path}/{kind};\n"
                  for kind in ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"])
        + site + "}\n"
    )  # fmt: skip
    stub = Stub(tmp_path / "fastcgi.sock")
    process = subprocess.Popen(
        ["nginx", "-e", "stderr", "-p", tmp_path, "-c", tmp_path / "nginx.conf"],
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_for_port(port, process)
        curl = subprocess.run(
            ["curl", "-sk", "-o", "/dev/null", "-w", "%{http_code} %{http_version}",
             "-H", "Authorization: Bearer v4.public.secret",
             f"https://127.0.0.1:{port}{RECORDS}?token=v4.public.secret"],
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        assert curl.stdout == "200 2"
        for version, works in [(ssl.TLSVersion.TLSv1_1, False), (ssl.TLSVersion.TLSv1_2, True),
                               (ssl.TLSVersion.TLSv1_3, True)]:  # fmt: skip
            assert speaks(port, version) is works, version
        log = (tmp_path / "access.log").read_text()
        assert json.loads(log.splitlines()[0])["path"] == RECORDS
        assert "secret" not in log
    finally:
        stop(process)
        stub.close()


def speaks(port, version):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = context.maximum_version = version
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=5) as plain:
            with context.wrap_socket(plain) as wrapped:
                return wrapped.version() is not None
    except (ssl.SSLError, ConnectionError):
        return False
