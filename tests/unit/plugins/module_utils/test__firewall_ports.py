# Copyright (c) 2026, The baremetal.wandb authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The plans of the three firewalls, from outputs that were recorded on Debian 13: nftables 1.1.3, ufw 0.36.2, firewalld 2.3.1."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.baremetal.wandb.plugins.module_utils import _firewall_ports as firewall
from ansible_collections.baremetal.wandb.plugins.module_utils._firewall_ports import Opening, Tables, Zones

MYSQL = "baremetal.wandb mysql"
RECORDED = Path(__file__).parent / "firewall_ports"
WANT = [Opening(3306, "10.99.7.2"), Opening(3306, "10.99.9.0/24"), Opening(3306, "fd00::5"), Opening(443, "any")]


def recorded(name):
    return (RECORDED / name).read_text(encoding="utf-8")


def said(plan):
    return [(change.how, change.where, change.rule) for change in plan.changes]


# -- wanted


def test_sources_are_listed_once_in_one_spelling():
    ports = [{"port": 80, "sources": ["10.0.0.1/24", "10.0.0.7/32", "FD00::0:5", "any"]}, {"port": 80, "sources": ["any"]}]
    assert firewall.wanted(ports) == [Opening(80, "10.0.0.0/24"), Opening(80, "10.0.0.7"), Opening(80, "any"), Opening(80, "fd00::5")]


@pytest.mark.parametrize(
    "entry, words",
    [
        ({"port": 0, "sources": []}, "ports has the port 0: give one from 1 to 65535, for example 3306"),
        ({"port": 80, "sources": ["db1"]}, "sources has 'db1', which is neither an address nor a network nor any, for example 10.0.0.12"),
        ({"port": 80, "sources": ["0.0.0.0/0"]}, "write any for everybody"),
    ],
)
def test_bad_input_is_named(entry, words):
    with pytest.raises(firewall.Failed, match=words):
        firewall.wanted([entry])


# -- firewalld


def test_firewalld_marks_of_the_roles_differ():
    marks = {firewall.firewalld_priority("baremetal.wandb " + role) for role in ("mysql", "minio", "nginx", "server")}
    assert len(marks) == 4 and min(marks) >= 10000 and max(marks) < 30000


def test_firewalld_active_zones_are_read():
    assert firewall.active_zones(recorded("firewalld_active_zones.txt")) == {"drop": {"sources"}, "public": {"interfaces"}}


def firewalld(targets, bound=recorded("firewalld_active_zones.txt")):
    """The zones that are read from a firewalld with these targets."""

    def run(program, *arguments):
        assert program == "firewall-cmd"
        if "--get-default-zone" in arguments:
            return "public\n"
        if "--get-active-zones" in arguments:
            return bound
        zone = next(word for word in arguments if word.startswith("--zone=")).split("=")[1]
        if "--get-target" in arguments:
            return targets[zone] + "\n"
        assert "--list-rich-rules" in arguments
        return recorded("firewalld_rich_rules.txt") if zone == "public" else ""

    return firewall.firewalld_read(run)


@pytest.mark.parametrize(
    "targets, zones",
    [
        ({"public": "default", "drop": "DROP"}, ["public"]),
        ({"public": "DROP", "drop": "default"}, ["drop", "public"]),
        ({"public": "ACCEPT", "drop": "%%REJECT%%"}, []),
    ],
)
def test_firewalld_is_opened_in_zones_that_shut_but_shall_not_shut_out(targets, zones, monkeypatch, tmp_path):
    monkeypatch.setattr(firewall, "FIREWALLD_ZONES", str(tmp_path))
    assert firewalld(targets).open_to == zones


def test_firewalld_plan_adds_and_removes_both_permanent_and_running():
    rules = recorded("firewalld_rich_rules.txt").splitlines()
    plan = firewall.firewalld_plan(Zones(["public"], {("public", True): rules, ("public", False): []}), WANT[:3], MYSQL)
    new = 'rule priority="21006" family="ipv4" source address="10.99.9.0/24" port port="3306" protocol="tcp" accept'
    old = new.replace("10.99.9.0/24", "10.98.0.0/16")
    assert said(plan)[:2] == [("add", "zone public, permanent", new), ("remove", "zone public, permanent", old)]
    assert [how for how, *dummy in said(plan)[2:]] == ["add"] * 3
    assert plan.changes[0].command == ("firewall-cmd", "--permanent", "--zone=public", "--add-rich-rule=" + new)


def test_firewalld_plan_clears_a_zone_that_is_no_longer_ours():
    rules = recorded("firewalld_rich_rules.txt").splitlines()
    plan = firewall.firewalld_plan(Zones([], {("work", True): rules}), WANT, MYSQL)
    assert [change.how for change in plan.changes] == ["remove"] * 3 and all("21006" in change.rule for change in plan.changes)


# -- ufw


def test_ufw_plan_keeps_what_others_made():
    want = [Opening(3306, "10.99.7.2"), Opening(3306, "fd00::5"), Opening(22, "any"), Opening(9000, "10.99.7.9"), Opening(9000, "any")]
    plan = firewall.ufw_plan(recorded("ufw_added.txt").splitlines()[1:], want, MYSQL)
    assert said(plan) == [
        ("add", "ufw", "allow from any to any port 9000 proto tcp"),
        ("remove", "ufw", "allow from 10.99.8.0/24 to any port 3306 proto tcp"),
    ]
    assert plan.changes[0].command[-2:] == ("comment", MYSQL)
    assert plan.changes[1].command[:3] == ("ufw", "delete", "allow")
    assert plan.warnings == ["ufw has a rule of its own, deny from 10.99.7.9 to any port 9000 proto tcp, and keeps it: remove that one to open the port"]


def test_ufw_short_form_is_ours_too():
    assert firewall.ufw_plan(recorded("ufw_added.txt").splitlines()[1:], [Opening(443, "any")], "baremetal.wandb nginx").changes == []


@pytest.mark.parametrize("line", ["ufw route allow in on eth0", "ufw allow Nginx", "ufw allow in on eth0 to any port 80 comment 'a b'"])
def test_ufw_rules_of_other_forms_are_nobodys(line):
    assert firewall.ufw_parse(line)[1] is None


# -- nftables


@pytest.mark.parametrize(
    "name, chains",
    [
        ("nft_empty.json", []),
        ("nft_open.json", []),
        ("nft_policy_drop.json", ["inet filter input"]),
        ("nft_reject.json", ["ip fw in", "ip6 fw in"]),
        ("nft_jump.json", ["ip fw in", "ip6 fw in"]),
        ("nft_own.json", ["inet filter input"]),
    ],
)
def test_nftables_chains_that_shut_are_found(name, chains):
    assert [chain.name for chain in firewall.nftables_chains(recorded(name), MYSQL) if chain.shut] == chains
    assert firewall.has_input_chain(recorded(name)) == (name != "nft_empty.json")


def test_nftables_chain_of_iptables_is_refused():
    with pytest.raises(firewall.Failed, match="the chain ip filter INPUT shuts ports and is kept by iptables"):
        firewall.nftables_chains(recorded("nft_iptables.json"), MYSQL)


def test_nftables_plan_takes_the_sources_of_the_family():
    found = Tables(firewall.nftables_chains(recorded("nft_reject.json"), MYSQL), "/etc/nftables.conf", "flush ruleset")
    plan = firewall.nftables_plan(found, WANT, MYSQL)
    assert [change.where for change in plan.changes[:2]] == [firewall.nftables_path(MYSQL), "/etc/nftables.conf"]
    assert plan.changes[1].after == "flush ruleset\n" + firewall.NFTABLES_INCLUDE + "\n"
    assert said(plan)[2:] == [
        ("add", "ip fw in", "ip saddr 10.99.7.2 tcp dport 3306 accept"),
        ("add", "ip fw in", "ip saddr 10.99.9.0/24 tcp dport 3306 accept"),
        ("add", "ip fw in", "tcp dport 443 accept"),
        ("add", "ip6 fw in", "ip6 saddr fd00::5 tcp dport 3306 accept"),
        ("add", "ip6 fw in", "tcp dport 443 accept"),
    ]
    assert plan.changes[2].command == tuple("nft insert rule ip fw in ip saddr 10.99.7.2 tcp dport 3306 accept comment".split()) + ('"%s"' % MYSQL,)


def test_nftables_plan_keeps_rules_of_others_and_removes_stale_ones():
    chains = firewall.nftables_chains(recorded("nft_own.json"), MYSQL)
    assert chains[0].own == {10: "ip6 saddr fd00::5 tcp dport 3306 accept", 9: "ip saddr 10.99.7.0/24 tcp dport 3306 accept"}
    plan = firewall.nftables_plan(Tables(chains, "/etc/nftables.conf", firewall.NFTABLES_INCLUDE), [Opening(3306, "fd00::5")], MYSQL)
    assert said(plan)[1:] == [("remove", "inet filter input", "ip saddr 10.99.7.0/24 tcp dport 3306 accept")]
    assert plan.changes[1].command == tuple("nft delete rule inet filter input handle 9".split())
    assert firewall.nftables_plan(Tables(chains, "/etc/nftables.conf", firewall.NFTABLES_INCLUDE, plan.changes[0].after), [], MYSQL).changes[0].after == ""


def test_nftables_plan_is_empty_the_second_time():
    want = [Opening(3306, "fd00::5"), Opening(3306, "10.99.7.0/24")]
    found = Tables(firewall.nftables_chains(recorded("nft_own.json"), MYSQL), "/etc/nftables.conf", firewall.NFTABLES_INCLUDE)
    kept = firewall.nftables_plan(found, want, MYSQL).changes[0].after
    assert firewall.nftables_plan(found._replace(kept=kept), want, MYSQL) == ([], [], "")


def test_nftables_says_that_nothing_needs_to_be_opened():
    plan = firewall.nftables_plan(Tables(firewall.nftables_chains(recorded("nft_open.json"), MYSQL)), WANT, MYSQL)
    assert plan.changes == [] and plan.message.endswith("there is nothing to open")


def test_nftables_without_a_file_warns():
    plan = firewall.nftables_plan(Tables(firewall.nftables_chains(recorded("nft_policy_drop.json"), MYSQL)), WANT, MYSQL)
    assert "nothing opens the ports again after a reboot" in plan.warnings[0]
