# Copyright (c) 2026, The baremetal.wandb authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""TCP ports that the firewall of a host lets in: read -> plan -> apply -> read again, for firewalld, ufw and nftables. PRIVATE to the collection."""

from __future__ import annotations

import glob
import ipaddress
import json
import os
import re
import shlex
import typing as t
import zlib

ANY = "any"
# Where nftables.service of EL and of Debian finds the rules of its user, and where ours are, which a line there includes.
NFTABLES_FILES = ("/etc/sysconfig/nftables.conf", "/etc/nftables.conf")
NFTABLES_FOLDER = "/etc/baremetal-wandb/nftables"
NFTABLES_INCLUDE = 'include "%s/*.nft"' % NFTABLES_FOLDER
FIREWALLD_ZONES = "/etc/firewalld/zones"


class Opening(t.NamedTuple):
    """One port for one source: C(any), an address, or a network as C(10.0.0.0/24)."""

    port: int
    source: str

    @property
    def version(self) -> int:
        """4 or 6 by the source, 0 for any."""
        return 0 if self.source == ANY else ipaddress.ip_network(self.source).version


class Change(t.NamedTuple):
    """One difference. I(how) is C(add) or C(remove) with the command that does it, or C(write) with the texts of the file I(where) before and after."""

    how: str
    where: str
    rule: str
    command: tuple[str, ...] = ()
    before: str = ""
    after: str = ""


class Plan(t.NamedTuple):
    """What to do, in this order, and what a reader should know of it: warnings, and a word when nothing needs to be opened."""

    changes: list[Change]
    warnings: list[str] = []
    message: str = ""


class Failed(Exception):
    """One sentence that says what is wrong and what to do."""


# -- wanted ------------------------------------------------------------------------------------------------------------


def wanted(ports: t.Iterable[t.Mapping[str, t.Any]]) -> list[Opening]:
    """Each port with each of its sources, once, in an order that does not follow from how they were listed."""
    found = set()
    for entry in ports:
        if not 1 <= entry["port"] <= 65535:
            raise Failed("ports has the port %s: give one from 1 to 65535, for example 3306" % entry["port"])
        for source in entry["sources"]:
            found.add(Opening(entry["port"], canonical(source)))
    return sorted(found)


def canonical(source: str) -> str:
    """A source as the firewalls show it: a single address without a length, everybody as any."""
    if source == ANY:
        return ANY
    try:
        network = ipaddress.ip_network(source, strict=False)
    except ValueError as error:
        raise Failed("sources has %r, which is neither an address nor a network nor any, for example 10.0.0.12 or 10.0.0.0/24" % source) from error
    if network.prefixlen == 0:
        raise Failed("sources has %r: write any for everybody, for example sources: [any]" % source)
    return str(network.network_address) if network.num_addresses == 1 else str(network)


# -- firewalld ---------------------------------------------------------------------------------------------------------


class Zones(t.NamedTuple):
    """What firewalld has. I(open_to) are the zones that packets may come in by; I(rules) the rich rules by zone and whether they are the permanent ones."""

    open_to: list[str]
    rules: dict[tuple[str, bool], list[str]]


def firewalld_priority(comment: str) -> int:
    """Rich rules carry no comment, so ours are known by their priority. It is positive: rules of the user that refuse somebody go first."""
    return 10000 + zlib.crc32(comment.encode()) % 20000


def firewalld_rule(opening: Opening, comment: str) -> str:
    """The rich rule in the spelling in which firewalld lists it."""
    source = "" if opening.source == ANY else ' family="ipv%d" source address="%s"' % (opening.version, opening.source)
    return 'rule priority="%d"%s port port="%d" protocol="tcp" accept' % (firewalld_priority(comment), source, opening.port)


def active_zones(text: str) -> dict[str, set[str]]:
    """What each zone of C(--get-active-zones) is bound to: interfaces, sources or both."""
    zones: dict[str, set[str]] = {}
    for line in text.splitlines():
        if line and not line.startswith(" "):
            zone = zones.setdefault(line.split()[0], set())
        elif line.strip():
            zone.add(line.strip().split(":")[0])
    return zones


def firewalld_read(run: t.Callable[..., str]) -> Zones:
    default = run("firewall-cmd", "--get-default-zone").strip()
    bound = {default: {"interfaces"}, **active_zones(run("firewall-cmd", "--get-active-zones"))}
    open_to = []
    for zone, bindings in sorted(bound.items()):
        target = run("firewall-cmd", "--permanent", "--zone=" + zone, "--get-target").strip()
        # One that accepts all needs nothing; one that shuts out certain addresses shall go on to do so.
        if target != "ACCEPT" and (target == "default" or zone == default or "interfaces" in bindings):
            open_to.append(zone)
    changed = {os.path.basename(path)[: -len(".xml")] for path in glob.glob(FIREWALLD_ZONES + "/*.xml")}  # only these can hold a rule of ours
    rules = {}
    for zone in sorted(changed | set(bound)):
        for permanent in (True, False):
            rules[zone, permanent] = run("firewall-cmd", *_permanent(permanent), "--zone=" + zone, "--list-rich-rules").splitlines()
    return Zones(open_to, rules)


def _permanent(permanent: bool) -> tuple[str, ...]:
    return ("--permanent",) if permanent else ()


def firewalld_plan(found: Zones, want: t.Sequence[Opening], comment: str) -> Plan:
    rules = [firewalld_rule(opening, comment) for opening in want]
    mark = 'rule priority="%d" ' % firewalld_priority(comment)
    changes = []
    for (zone, permanent), there in found.rules.items():
        where = "zone %s, %s" % (zone, "permanent" if permanent else "running")
        command = ("firewall-cmd", *_permanent(permanent), "--zone=" + zone)
        here = rules if zone in found.open_to else []
        changes += [Change("add", where, rule, (*command, "--add-rich-rule=" + rule)) for rule in here if rule not in there]
        changes += [
            Change("remove", where, rule, (*command, "--remove-rich-rule=" + rule)) for rule in there if rule.startswith(mark) and rule not in here
        ]
    return Plan(changes)


# -- ufw ---------------------------------------------------------------------------------------------------------------


def ufw_words(opening: Opening) -> tuple[str, ...]:
    return ("allow", "from", opening.source, "to", ANY, "port", str(opening.port), "proto", "tcp")


def ufw_parse(line: str) -> tuple[str, Opening | None, str]:
    """Action, opening and comment of a line of C(ufw show added); no opening for a rule of another form than ours may have."""
    words = shlex.split(line)[1:]
    comment = words[words.index("comment") + 1] if "comment" in words else ""
    if comment:
        words = words[: words.index("comment")]
    match = re.fullmatch(r"(\w+) (?:from (\S+) to any port (\d+) proto tcp|(\d+)/tcp)", " ".join(words))
    if not match:
        return words[0], None, comment
    return match[1], Opening(int(match[3] or match[4]), match[2] or ANY), comment


def ufw_read(run: t.Callable[..., str]) -> list[str]:
    return [line for line in run("ufw", "show", "added").splitlines() if line.startswith("ufw ")]


def ufw_plan(found: t.Iterable[str], want: t.Sequence[Opening], comment: str) -> Plan:
    own, foreign = set(), {}
    for action, opening, note in map(ufw_parse, found):
        if opening and note == comment and action == "allow":
            own.add(opening)
        elif opening:
            foreign[opening] = action
    changes, warnings = [], []
    for opening in want:
        words = ufw_words(opening)
        if opening in foreign:  # ufw would make it ours, since rules differ for it by what they match alone
            if foreign[opening] != "allow":
                warnings.append("ufw has a rule of its own, %s, and keeps it: remove that one to open the port" % " ".join((foreign[opening], *words[1:])))
        elif opening not in own:
            changes.append(Change("add", "ufw", " ".join(words), ("ufw", *words, "comment", comment)))
    for opening in sorted(own - set(want)):
        words = ufw_words(opening)
        changes.append(Change("remove", "ufw", " ".join(words), ("ufw", "delete", *words)))
    return Plan(changes, warnings)


# -- nftables ----------------------------------------------------------------------------------------------------------


class Chain(t.NamedTuple):
    """A chain that shuts ports (a base chain at the hook input) or that has rules of ours: their text by handle."""

    name: str
    shut: bool
    own: dict[int, str]


class Tables(t.NamedTuple):
    """What nftables has. I(file) is the file that nftables.service reads, empty when there is none, I(text) what it holds, I(kept) what our own file holds."""

    chains: list[Chain]
    file: str = ""
    text: str = ""
    kept: str = ""


def nftables_objects(ruleset: str, kind: str) -> list[dict[str, t.Any]]:
    return [entry[kind] for entry in json.loads(ruleset)["nftables"] if kind in entry]


def has_input_chain(ruleset: str) -> bool:
    return any(chain.get("hook") == "input" for chain in nftables_objects(ruleset, "chain"))


def shuts(chain: t.Mapping[str, t.Any], rules: t.Sequence[t.Mapping[str, t.Any]]) -> bool:
    """Whether TCP that no rule names is dropped or refused: by the first rule without a condition, else by the policy of this base chain."""
    return (_verdict((chain["family"], chain["table"], chain["name"]), rules) or chain["policy"]) != "accept"


def _verdict(place: tuple[str, str, str], rules: t.Sequence[t.Mapping[str, t.Any]]) -> str | None:
    """What the first rule without a condition does, also in a chain that it jumps to; None when there is none."""
    for rule in rules:
        if (rule["family"], rule["table"], rule["chain"]) != place or any(_conditional(statement) for statement in rule["expr"]):
            continue
        for statement in rule["expr"]:
            for verdict in set(statement) & {"accept", "drop", "reject"}:
                return verdict
            for jump in set(statement) & {"jump", "goto"}:
                found = _verdict((*place[:2], statement[jump]["target"]), rules)
                if found or jump == "goto":
                    return found
    return None


def _conditional(statement: t.Mapping[str, t.Any]) -> bool:
    """Whether a part of a rule makes it hold for some TCP only."""
    tcp = {"op": "==", "left": {"meta": {"key": "l4proto"}}, "right": "tcp"}
    return "limit" in statement or ("match" in statement and statement["match"] != tcp)


def nftables_rule(rule: t.Mapping[str, t.Any]) -> str:
    """A rule in the words of nft; "changed" when it is none that we make."""
    words = []
    for statement in rule["expr"]:
        match = statement.get("match", {})
        payload = match.get("left", {}).get("payload", {})
        value = match.get("right")
        if isinstance(value, dict) and "prefix" in value:
            value = "%(addr)s/%(len)s" % value["prefix"]
        if match and match["op"] == "==" and payload:
            words.append("%s %s %s" % (payload["protocol"], payload["field"], value))
        elif "accept" in statement:
            words.append("accept")
        else:
            return "changed"
    return " ".join(words)


def nftables_chains(ruleset: str, comment: str) -> list[Chain]:
    """The chains that shut, and any other that has a rule of ours. Raises Failed for one that iptables keeps."""
    rules = nftables_objects(ruleset, "rule")
    found = []
    for chain in nftables_objects(ruleset, "chain"):
        place = (chain["family"], chain["table"], chain["name"])
        here = [rule for rule in rules if (rule["family"], rule["table"], rule["chain"]) == place]
        own = {rule["handle"]: nftables_rule(rule) for rule in here if rule.get("comment") == comment}
        shut = chain.get("hook") == "input" and chain["family"] in ("inet", "ip", "ip6") and shuts(chain, rules)
        if shut and chain["name"] == "INPUT" and chain["table"] == "filter":
            raise Failed("the chain %s shuts ports and is kept by iptables, which this module leaves alone: open them there, or use ufw" % " ".join(place))
        if shut or own:
            found.append(Chain(" ".join(place), shut, own))
    return found


def nftables_text(opening: Opening) -> str:
    source = "" if opening.source == ANY else "%s saddr %s " % ("ip6" if opening.version == 6 else "ip", opening.source)
    return "%stcp dport %d accept" % (source, opening.port)


def nftables_path(comment: str) -> str:
    return "%s/%s.nft" % (NFTABLES_FOLDER, comment.replace(" ", "-"))


def nftables_read(run: t.Callable[..., str], comment: str) -> Tables:
    file = next((path for path in NFTABLES_FILES if os.path.exists(path)), "")
    return Tables(nftables_chains(run("nft", "-j", "list", "ruleset"), comment), file, _text(file), _text(nftables_path(comment)))


def _text(path: str) -> str:
    if not path or not os.path.exists(path):
        return ""
    with open(path, encoding="utf-8") as file:
        return file.read()


def nftables_plan(found: Tables, want: t.Sequence[Opening], comment: str) -> Plan:
    lines, changes, warnings, files = [], [], [], []
    for chain in found.chains:
        place = chain.name.split()
        versions = {"ip": (0, 4), "ip6": (0, 6), "inet": (0, 4, 6)}[place[0]]
        missing = [nftables_text(opening) for opening in want if chain.shut and opening.version in versions]
        if missing:
            # Named first, so that a table or chain that its owner removed does not stop all others from loading.
            lines += ["add table %s %s" % (place[0], place[1]), "add chain %s" % chain.name]
            lines += ['insert rule %s %s comment "%s"' % (chain.name, rule, comment) for rule in missing]
        stale = []
        for handle, rule in chain.own.items():
            if rule in missing:
                missing.remove(rule)
            else:
                stale.append(Change("remove", chain.name, rule, ("nft", "delete", "rule", *place, "handle", str(handle))))
        changes += [Change("add", chain.name, rule, ("nft", "insert", "rule", *place, *rule.split(), "comment", '"%s"' % comment)) for rule in missing]
        changes += stale
    kept = "".join("%s\n" % line for line in ["# Made by the collection baremetal.wandb, which writes it again.", *lines]) if lines else ""
    if kept != found.kept:
        files.append(Change("write", nftables_path(comment), "\n".join(lines), before=found.kept, after=kept))
    if kept and not found.file:
        warnings.append(
            "there is no %s, so nothing opens the ports again after a reboot: put this line after your own rules: %s" % (NFTABLES_FILES[1], NFTABLES_INCLUDE)
        )
    elif kept and NFTABLES_INCLUDE not in found.text.splitlines():
        end = "" if found.text.endswith("\n") else "\n"
        files.append(Change("write", found.file, NFTABLES_INCLUDE, before=found.text, after="%s%s%s\n" % (found.text, end, NFTABLES_INCLUDE)))
    open_anyway = "" if any(chain.shut for chain in found.chains) else "no chain of nftables drops or rejects what no rule names: there is nothing to open"
    return Plan(files + changes, warnings, open_anyway)


# -- the module --------------------------------------------------------------------------------------------------------


class Host:
    """The host on which the module runs: which firewall it has, and what that has and should have."""

    def __init__(self, module: t.Any) -> None:
        self.module = module
        self.comment: str = module.params["comment"]
        self.want = wanted(module.params["ports"])
        self.backend = self.running()

    def run(self, program: str, *arguments: str) -> str:
        """The output of a program. Raises Failed when it fails."""
        code, output, problem = self.module.run_command([self.module.get_bin_path(program, required=True), *arguments])
        if code != 0:
            raise Failed("%s failed: %s" % (" ".join((program, *arguments)), " ".join((problem or output).split())))
        return output

    def running(self) -> str:
        """The firewall that runs. firewalld and ufw put their own rules into nftables, so they are asked first."""
        path = self.module.get_bin_path("firewall-cmd")
        if path and self.module.run_command([path, "--state"])[0] == 0:
            return "firewalld"
        if self.module.get_bin_path("ufw") and re.match("Status: active", self.run("ufw", "status")):
            return "ufw"
        if self.module.get_bin_path("nft") and has_input_chain(self.run("nft", "-j", "list", "ruleset")):
            return "nftables"
        raise Failed(
            "none of firewalld, ufw and nftables runs on this host (nftables runs when it has a chain at the hook input): start the one that you mean,"
            " for example with systemctl start nftables, or leave firewalls alone with wandb_firewall: none"
        )

    def plan(self) -> Plan:
        if self.backend == "firewalld":
            return firewalld_plan(firewalld_read(self.run), self.want, self.comment)
        if self.backend == "ufw":
            return ufw_plan(ufw_read(self.run), self.want, self.comment)
        return nftables_plan(nftables_read(self.run, self.comment), self.want, self.comment)

    def apply(self, changes: t.Iterable[Change]) -> None:
        for change in changes:
            if change.how == "write":
                self.write(change.where, change.after)
            else:
                self.run(*change.command)

    def write(self, path: str, text: str) -> None:
        """Puts a file of nftables in place after nft has accepted it; an empty one is removed."""
        if not text:
            os.unlink(path)
            return
        os.makedirs(os.path.dirname(path), mode=0o755, exist_ok=True)
        staged = path + ".staged"
        with open(staged, "w", encoding="utf-8") as file:
            file.write(text)
        try:
            self.run("nft", "--check", "--file", staged)
            os.chmod(staged, os.stat(path).st_mode & 0o7777 if os.path.exists(path) else 0o644)
            os.replace(staged, path)
        finally:
            if os.path.exists(staged):
                os.unlink(staged)


def run(module: t.Any) -> None:
    """Ends the module: read, plan, apply unless in check mode, read again."""
    try:
        if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*( [A-Za-z0-9._-]+)*", module.params["comment"]):
            raise Failed("comment must be words of letters, digits, dots, hyphens and underscores, for example baremetal.wandb mysql")
        module.run_command_environ_update = {"LC_ALL": "C", "LANGUAGE": "C"}
        host = Host(module)
        changes, warnings, message = host.plan()
        if not module.check_mode and changes:
            host.apply(changes)
            left = host.plan().changes
            if left:
                raise Failed("%s did not keep %s, in %s" % (host.backend, left[0].rule, left[0].where))
    except Failed as error:
        module.fail_json(msg="%s." % error)
    for warning in warnings:
        module.warn(warning)
    module.exit_json(
        changed=bool(changes),
        firewall=host.backend,
        msg=message,
        changes=[{"how": change.how, "where": change.where, "rule": change.rule} for change in changes],
        diff=[{"before": one.before, "after": one.after, "before_header": one.where, "after_header": one.where} for one in changes if one.how == "write"]
        + [{"before": _listed(changes, "remove"), "after": _listed(changes, "add")}],
    )


def _listed(changes: t.Iterable[Change], how: str) -> str:
    return "".join("%s: %s\n" % (change.where, change.rule) for change in changes if change.how == how)
