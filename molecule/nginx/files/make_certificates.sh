#!/bin/sh
# Makes, in the folder $1, certificates for the names and addresses $2 (comma-separated) that are bad in one way each, of the CA in that folder or of one of
# its own.
set -e
mkdir -p "$1" && cd "$1"
request() {
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes "$@"
}
[ -e ca.key ] || request -x509 -keyout ca.key -out ca.crt -days 3650 -subj /CN=Broken \
    -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign

leaf() { # name, subject alternative names, first and last day
    request -keyout "$1.key" -out "$1.csr" -subj "/CN=$1"
    : > index && echo 01 > serial
    printf '%s\n' '[ca]' default_ca=ours '[ours]' database=index serial=serial new_certs_dir=. default_md=sha256 policy=policy x509_extensions=leaf \
        '[policy]' commonName=supplied '[leaf]' basicConstraints=CA:FALSE "subjectAltName=$2" authorityKeyIdentifier=keyid > leaf.cnf
    openssl ca -batch -notext -config leaf.cnf -cert ca.crt -keyfile ca.key -in "$1.csr" -out "$1.crt" -startdate "$3" -enddate "$4"
}

names=$(echo "$2" | sed -E 's/(^|,)/\1DNS:/g; s/DNS:([0-9.]+(,|$))/IP:\1/g')
leaf good "$names" 20200101000000Z 20491231000000Z
leaf other_name DNS:other.example.com 20200101000000Z 20491231000000Z
leaf expired "$names" 20200101000000Z 20210101000000Z
leaf expiring "$names" 20200101000000Z "$(date -u -d '+20 days' +%Y%m%d%H%M%SZ)"
leaf last_days "$names" 20200101000000Z "$(date -u -d '+3 days' +%Y%m%d%H%M%SZ)"
