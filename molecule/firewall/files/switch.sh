#!/bin/sh
# switch.sh FIREWALL
# Runs this firewall and no other, now and after a reboot, with a rule of the administrator beside that for SSH.
# switch.sh rules FIREWALL
# Shows the rules of the administrator, now and kept.
set -eu
if [ "$1" = rules ]; then
  case $2 in
    nftables)
      nft list ruleset | grep -v '"baremetal.wandb '
      grep -v '^include "/etc/baremetal-wandb/' /etc/nftables.conf
      ;;
    ufw)
      ufw show added | grep -v "'baremetal.wandb "
      ;;
    firewalld)
      firewall-cmd --zone=public --list-rich-rules | grep -v priority
      firewall-cmd --permanent --zone=public --list-rich-rules | grep -v priority
      ;;
  esac
  exit
fi
systemctl disable --now nftables firewalld ufw
ufw --force disable
nft flush ruleset
case $1 in
  nftables)
    systemctl enable --now nftables
    ;;
  ufw)
    ufw allow 22/tcp
    ufw deny from 203.0.113.66
    ufw --force enable
    systemctl enable --now ufw
    ;;
  firewalld)
    systemctl enable --now firewalld
    firewall-cmd --permanent --add-rich-rule='rule family=ipv4 source address=203.0.113.66 drop'
    firewall-cmd --reload
    ;;
esac
