# Copyright (c) 2026, The baremetal.wandb authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a client of the two public names must find. PRIVATE to the collection.

The subject of every check is a Site; the ids are C(edge.wandb.*) for the W&B name and C(edge.s3.*) for the object store's.
"""

from __future__ import annotations

import errno
import json
import os
import re
import socket
import ssl
import time
import typing as t
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

from ansible_collections.baremetal.wandb.plugins.module_utils._check import Checks, Verdict, failed, passed, skipped, warned
from ansible_collections.baremetal.wandb.plugins.module_utils._endpoint_http import Answer, Endpoint, can_offer, why

# `wandb verify` sends a query with a variable of 10,000,000 characters; the whole request is 10,000,421 bytes long.
LARGE_BODY = 10_000_421

OLD_TLS = (ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1)

# Seconds that clocks may differ, and that a small request may take.
CLOCK = 300
SLOW = 1.0

STRANGER = "stranger.invalid"

LOOK_AT_SERVER = (
    "look at the log of the container on the wandb_server host (journalctl -u wandb-local); "
    "mysql_check and s3_check run there name a database or bucket that it cannot use"
)


class Site(t.NamedTuple):
    """The two public names, when an expiring certificate warns and fails, in days left, and whether the store is somebody else's."""

    wandb: Endpoint
    s3: Endpoint
    warn_days: int
    fail_days: int
    s3_external: bool = False


def resolves(endpoint: Endpoint) -> Verdict:
    try:
        return passed(endpoint.addresses(), "an address")
    except OSError as error:
        return failed(
            "an address of %s" % endpoint.host,
            why(error),
            "make %s resolve on this host, by DNS or /etc/hosts, to the address of the wandb_proxy host" % endpoint.host,
        )


def listens(endpoint: Endpoint, advice: str) -> Verdict:
    expected = "a connection to %s:%d" % (endpoint.host, endpoint.port)
    try:
        endpoint.connect()
    except OSError as error:
        return failed(expected, why(error), advice)
    return passed("connected", expected)


def unanswered(endpoint: Endpoint) -> list[str]:
    """The addresses of the name that take no connection, each with the reason. A host without IPv6 cannot tell of such addresses."""
    found = []
    for address in endpoint.addresses():
        try:
            socket.create_connection((address, endpoint.port), endpoint.timeout).close()
        except OSError as error:
            if ":" not in address or error.errno not in (errno.ENETUNREACH, errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT):
                found.append("%s: %s" % (address, why(error)))
    return found


def ahead(endpoint: Endpoint) -> float:
    """Seconds that the server's clock is ahead of this host's, by the Date of an answer."""
    said = endpoint.request("HEAD", "/").header("Date")
    return parsedate_to_datetime(said).timestamp() - time.time() if said else 0.0


def clocks_differ(seconds: float) -> str:
    return "the server's clock is %d seconds %s" % (abs(seconds), "ahead" if seconds > 0 else "behind") if abs(seconds) > CLOCK else ""


def no_ca_file(endpoint: Endpoint, expected: str) -> Verdict:
    return failed(
        expected, "there is no file %s" % endpoint.ca_file, "set wandb_ca_file to the CA's certificate on this host, or run the role certificate here"
    )


def where(endpoint: Endpoint) -> str:
    """The address and port behind the name, for advice."""
    try:
        return "%s:%d" % (endpoint.addresses()[0], endpoint.port)
    except OSError:
        return "%s:%d" % (endpoint.host, endpoint.port)


def is_s3(answer: Answer) -> bool:
    """Whether an S3 server wrote the answer: an XML error of its kind, an (empty) list of buckets, or as Amazon's a redirect to a page about S3."""
    head = answer.body[:2000]
    return b"<Error>" in head and b"<Code>" in head or b"<ListAllMyBucketsResult" in head or answer.header("Server") == "AmazonS3"


def says(answer: Answer) -> str:
    """An answer in one line: its status and an S3 error's code and message, a page's title, or the begin of its body."""
    text = " ".join(answer.body[:1000].decode("utf-8", "replace").split())
    known = re.search("<Code>(.*?)</Code>(?:.*?<Message>(.*?)</Message>)?", text) or re.search("<title>(.*?)</title>|<(ListAllMyBucketsResult)", text)
    if known:
        text = ": ".join(filter(None, known.groups()))
    return ("%d %s" % (answer.status, text)).strip()[:200]


check = Checks()


def _reaching(name: str, title: str, listener: str) -> None:
    """The checks that hold for either name: from its address up to its certificate and plain HTTP."""

    @check("edge.%s.resolve" % name, "%s resolves" % title)
    def resolve(site: Site) -> Verdict:
        return resolves(getattr(site, name))

    @check("edge.%s.port" % name, "%s accepts connections" % title, needs=["edge.%s.resolve" % name])
    def port(site: Site) -> Verdict:
        endpoint = getattr(site, name)
        return listens(
            endpoint,
            "nginx does not listen on %s: start nginx on the wandb_proxy host (systemctl status nginx), or open the port in its firewall" % where(endpoint),
        )

    @check("edge.%s.addresses" % name, "%s accepts connections at each of its addresses" % title, needs=["edge.%s.port" % name])
    def addresses(site: Site) -> Verdict:
        endpoint = getattr(site, name)
        expected = "a connection to each of %s" % ", ".join(endpoint.addresses())
        lost = unanswered(endpoint)
        if not lost:
            return passed("connected", expected)
        return warned(
            expected,
            lost,
            "clients that try these first wait or fail: take them out of DNS, or let nginx listen there (nginx_ipv6: true for those of IPv6)",
        )

    @check("edge.%s.certificate.chain" % name, "%s has a certificate of a trusted CA" % title, needs=["edge.%s.port" % name])
    def chain(site: Site) -> Verdict:
        endpoint = getattr(site, name)
        expected = "a chain to a CA of this host's system%s" % (" or of %s" % endpoint.ca_file if endpoint.ca_file else "")
        if endpoint.ca_file and not os.path.exists(endpoint.ca_file):
            return no_ca_file(endpoint, expected)
        try:
            found = endpoint.certificate(any_name=True)
        except ssl.SSLCertVerificationError as error:
            return failed(
                expected,
                why(error),
                "serve the leaf followed by its intermediates (/etc/ssl/baremetal-wandb/server.crt on the wandb_proxy host), "
                "or set wandb_ca_file to the CA that signed it",
            )
        except (ssl.SSLError, OSError) as error:
            return failed("a TLS handshake", why(error), "nginx does not speak TLS on %s: give its server block 'listen 443 ssl'" % where(endpoint))
        return passed("issued by %s" % _words(found.get("issuer", ())), expected)

    @check("edge.%s.certificate.name" % name, "%s is in its certificate" % title, needs=["edge.%s.certificate.chain" % name])
    def certificate_name(site: Site) -> Verdict:
        endpoint = getattr(site, name)
        names = [value for kind, value in endpoint.certificate(any_name=True).get("subjectAltName", ()) if kind in ("DNS", "IP Address")]
        try:
            endpoint.certificate()
        except ssl.SSLCertVerificationError:
            return failed(
                endpoint.host,
                names,
                "the certificate is for other names: issue one with the subject alternative name %s, or correct %s" % (endpoint.host, listener),
            )
        return passed(names, endpoint.host)

    @check("edge.%s.certificate.expiry" % name, "%s has a certificate that stays valid" % title, needs=["edge.%s.certificate.chain" % name])
    def expiry(site: Site) -> Verdict:
        found = getattr(site, name).certificate(any_name=True)
        endpoint = getattr(site, name)
        begins, ends = (ssl.cert_time_to_seconds(found[field]) for field in ("notBefore", "notAfter"))
        days = int((ends - time.time()) // 86400)
        advice = "renew the certificate: run the role certificate again, or replace the files in certificate_cert_file and certificate_key_file"
        if not begins <= time.time() < ends:
            said = "valid from %s" % found["notBefore"] if begins > time.time() else "expired %s" % found["notAfter"]
            clock = clocks_differ(ahead(endpoint))
            if clock:
                return failed("valid now", "%s, and %s" % (said, clock), "correct the clock of this host (timedatectl), or that of the wandb_proxy host")
            return failed("valid now", said, "correct the clock of this host or of the CA" if begins > time.time() else advice)
        if days < site.fail_days:
            return failed("%d days left" % site.fail_days, "%d days left" % days, advice)
        if days < site.warn_days:
            return warned("%d days left" % site.warn_days, "%d days left" % days, advice)
        return passed("%d days left" % days, "%d days left" % site.warn_days)

    @check("edge.%s.tls.old" % name, "%s refuses TLS 1.0 and 1.1" % title, needs=["edge.%s.certificate.chain" % name])
    def tls_old(site: Site) -> Verdict:
        endpoint = getattr(site, name)
        if not all(can_offer(version) for version in OLD_TLS):
            return skipped("OpenSSL on this host cannot offer TLS 1.0 and 1.1, so it cannot see them refused", "look from another host")
        taken = [version.name.replace("v1_", "v1.") for version in OLD_TLS if endpoint.takes(version)]
        if not taken:
            return passed("refused", "refused")
        verdict = warned if name == "s3" and site.s3_external else failed
        return verdict("refused", taken, "set ssl_protocols TLSv1.2 TLSv1.3 in the server block that is the default of port 443: that one decides for all")

    @check("edge.%s.tls.current" % name, "%s offers TLS 1.3" % title, needs=["edge.%s.certificate.chain" % name])
    def tls_current(site: Site) -> Verdict:
        if not ssl.HAS_TLSv1_3:
            return skipped("OpenSSL on this host knows no TLS 1.3")
        version = getattr(site, name).negotiated()[0]
        if version == "TLSv1.3" or name == "s3" and site.s3_external:
            return passed(version, "TLSv1.3")
        return warned("TLSv1.3", version, "set ssl_protocols TLSv1.2 TLSv1.3 in the server block that is the default of port 443: that one decides for all")

    @check("edge.%s.banner" % name, "%s does not tell the release of its server" % title, needs=["edge.%s.certificate.name" % name])
    def banner(site: Site) -> Verdict:
        server = getattr(site, name).request("HEAD", "/").header("Server")
        if not re.search(r"/\d|\d\.\d", server) or name == "s3" and site.s3_external:
            return passed(server, "no release")
        return warned("no release", server, "set server_tokens off in nginx's server block for this name")

    @check("edge.%s.redirect" % name, "%s serves nothing over plain HTTP" % title, needs=["edge.%s.port" % name])
    def redirect(site: Site) -> Verdict:
        endpoint = getattr(site, name)
        plain = Endpoint("http://%s" % endpoint.host, timeout=endpoint.timeout)
        expected = "a redirect from port 80 to %s" % endpoint.url
        try:
            answer = plain.request("GET", "/")
        except OSError as error:
            # Nothing in the clear either way; people who type the bare name get nowhere.
            if name == "s3":
                return passed(why(error), "nothing, or " + expected)
            return warned(expected, why(error), "let nginx listen on port 80 of the wandb_proxy host and answer with a redirect")
        target = urlsplit(answer.header("Location"))
        if answer.status in (301, 302, 307, 308) and target.scheme == "https" and target.hostname == endpoint.host:
            return passed("%d to %s" % (answer.status, answer.header("Location")), expected)
        if name == "s3" and site.s3_external:
            return warned(expected, says(answer), "nothing of W&B's goes there, and it is the store's owner who can close port 80 or answer with a redirect")
        return failed(expected, says(answer), "let nginx answer every request on port 80 for %s with 'return 308 https://$host$request_uri'" % endpoint.host)


def _words(name: t.Sequence[t.Sequence[tuple[str, str]]]) -> str:
    return ", ".join(value for part in name for key, value in part if key in ("organizationName", "commonName"))


_reaching("wandb", "the W&B name", "wandb_url")
_reaching("s3", "the object-store name", "wandb_s3_url")


@check("edge.wandb.clock", "the clocks here and behind the W&B name agree", needs=["edge.wandb.certificate.name"])
def clock(site: Site) -> Verdict:
    difference = clocks_differ(ahead(site.wandb))
    expected = "at most %d seconds between them" % CLOCK
    if difference:
        return failed(expected, difference, "correct the clock of this host (timedatectl), or that of the wandb_proxy host: signatures need it")
    return passed("they agree", expected)


@check("edge.wandb.http2", "the W&B name offers HTTP/2", needs=["edge.wandb.certificate.chain"])
def http2(site: Site) -> Verdict:
    protocol = site.wandb.negotiated()[1]
    if protocol == "h2":
        return passed(protocol, "h2")
    return warned("h2", protocol or "no protocol", "let nginx offer it (http2 on), or whatever else ends TLS for this name: browsers load pages slowly")


@check("edge.wandb.hsts", "the W&B name keeps browsers on https", needs=["edge.wandb.certificate.name"])
def hsts(site: Site) -> Verdict:
    found = site.wandb.request("HEAD", "/").all("Strict-Transport-Security")
    expected = "one header Strict-Transport-Security with a max-age"
    if len(found) == 1 and re.match(r"max-age=[1-9]", found[0]):
        return passed(found[0], expected)
    return warned(expected, found or "none", "set nginx_hsts, for example nginx_hsts: max-age=31536000; includeSubDomains")


@check("edge.wandb.upstream", "the W&B name reaches W&B", needs=["edge.wandb.certificate.name"])
def wandb_upstream(site: Site) -> Verdict:
    expected = "an answer of the W&B container"
    advice = (
        "nginx does not reach the container: see systemctl status wandb-local on the wandb_server host, that nginx_server_upstream is its address, and that "
        "no firewall between them drops what comes to its port"
    )
    try:
        answer = site.wandb.request("GET", "/healthz")
    except OSError as error:  # a proxy that waits longer than this does
        return failed(expected, why(error), advice)
    if answer.status in (502, 504):
        return failed(expected, "%d from nginx" % answer.status, advice)
    if is_s3(answer):
        return failed(expected, "the object store: " + says(answer), "wandb_url and wandb_s3_url are mixed up: in DNS, or in nginx's server_name lines")
    return passed("HTTP %d" % answer.status, expected)


@check("edge.wandb.healthz", "W&B is alive", needs=["edge.wandb.upstream"])
def healthz(site: Site) -> Verdict:
    answer = site.wandb.request("GET", "/healthz")
    if answer.status == 200:
        return passed("200 from /healthz")
    return failed("200 from /healthz", says(answer), LOOK_AT_SERVER)


@check("edge.wandb.ready", "W&B is ready to serve", needs=["edge.wandb.upstream"])
def ready(site: Site) -> Verdict:
    answer = site.wandb.request("GET", "/ready")
    if answer.status == 200:
        return passed("200 from /ready")
    return failed("200 from /ready", says(answer), "after an upgrade its migrations may take 10 minutes and more; else " + LOOK_AT_SERVER)


@check("edge.wandb.forwarded", "what a stranger says of itself has no effect on W&B", needs=["edge.wandb.upstream"])
def forwarded(site: Site) -> Verdict:
    headers = {"X-Forwarded-Host": STRANGER, "X-Forwarded-Proto": "http", "X-Forwarded-Port": "1", "X-Forwarded-For": "203.0.113.9"}
    usual, strange = site.wandb.request("GET", "/"), site.wandb.request("GET", "/", headers)
    advice = "let nginx replace X-Forwarded-* of everybody but nginx_trusted_proxies, and keep only your load balancers in that list"
    if STRANGER in str(strange.headers) or STRANGER.encode() in strange.body:
        return failed("the same answer", "one with the name %s, which this check gave itself" % STRANGER, advice)
    if strange.status != usual.status or strange.header("Location") != usual.header("Location"):
        return failed("the same answer", "%d %s instead of %d" % (strange.status, strange.header("Location"), usual.status), advice)
    return passed("HTTP %d" % strange.status, "the same answer")


@check("edge.wandb.latency", "small requests to W&B are quick", needs=["edge.wandb.healthz"])
def latency(site: Site) -> Verdict:
    seconds = []
    for _try in range(3):
        begun = time.monotonic()
        site.wandb.request("GET", "/healthz")
        seconds.append(time.monotonic() - begun)
    expected = "at most %g s for /healthz" % SLOW
    if min(seconds) <= SLOW:
        return passed("%.3f s" % min(seconds), expected)
    return warned(
        expected, "%.1f s" % min(seconds), "look at the load of the wandb_server and wandb_proxy hosts (uptime), and at the way to them from here (mtr)"
    )


@check("edge.wandb.body", "a GraphQL request of 10 MB passes the proxy", needs=["edge.wandb.upstream"])
def wandb_body(site: Site) -> Verdict:
    body = json.dumps({"query": "query Probe($d: String) { __typename }", "variables": {"d": ""}})
    body = body.replace('"d": ""', '"d": "%s"' % ("a" * (LARGE_BODY - len(body))))
    answer = site.wandb.request("POST", "/graphql", {"Content-Type": "application/json"}, body.encode())
    return _body_verdict(answer, "client_max_body_size of the server block for the W&B name")


@check("edge.s3.upstream", "the object-store name reaches an S3 store", needs=["edge.s3.certificate.name"])
def s3_upstream(site: Site) -> Verdict:
    return reaches_s3(site.s3)


def reaches_s3(endpoint: Endpoint, answer: Answer | None = None) -> Verdict:
    expected = "the answer of an S3 store to a request without a key"
    answer = answer or endpoint.request("GET", "/")
    if is_s3(answer):
        return passed(says(answer), expected)
    if answer.status in (502, 503, 504):
        return failed(
            expected,
            "%d without an S3 error" % answer.status,
            "nginx does not reach the object store: see systemctl status minio on the wandb_minio hosts, and that wandb_minio_endpoints are their addresses",
        )
    return failed(expected, says(answer), "%s leads to something that is no S3 store: correct wandb_s3_url, DNS, or nginx's server_name lines" % endpoint.host)


@check("edge.s3.body", "an upload of 10 MB passes the proxy", needs=["edge.s3.certificate.name", "edge.s3.upstream"])
def s3_body(site: Site) -> Verdict:
    # A POST to / is no S3 call: the store refuses it, so nothing is written, but only after the proxy let it through.
    answer = site.s3.request("POST", "/", {"Content-Type": "application/octet-stream"}, b"a" * LARGE_BODY)
    if site.s3_external and answer.status in (502, 504) and is_s3(site.s3.request("POST", "/")):
        # A RADOS gateway hangs up instead of reading on, which a proxy of its owner's takes for a fault.
        return warned(
            "%d bytes accepted by the proxy" % LARGE_BODY,
            says(answer),
            "the store did not read what it refuses, or its proxy gave up: whether large uploads pass with a key, s3.multipart of s3_check tells",
        )
    return _body_verdict(answer, "client_max_body_size of the server block for the object-store name")


def _body_verdict(answer: Answer, setting: str) -> Verdict:
    expected = "%d bytes accepted by the proxy" % LARGE_BODY
    if answer.status == 413:
        return failed(expected, "413 Request Entity Too Large", "set %s to 0" % setting)
    if answer.status in (502, 504):
        return failed(expected, says(answer), "the proxy gave up on a large body: look at /var/log/nginx/error.log on the wandb_proxy host")
    return passed("HTTP %d" % answer.status, expected)
