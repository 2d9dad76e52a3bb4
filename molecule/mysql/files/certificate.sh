# shellcheck shell=sh
# certificate.sh FOLDER SERIAL: a CA, and a server's certificate of that serial number signed by it, in FOLDER.
set -e
cd "$1"
if ! [ -e ca.pem ]; then
  openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -days 30 -subj "/CN=Lab CA" -addext "keyUsage=critical,keyCertSign,cRLSign"
fi
openssl req -newkey rsa:2048 -nodes -keyout db.key -out db.csr -subj "/CN=db1"
openssl x509 -req -in db.csr -CA ca.pem -CAkey ca.key -set_serial "$2" -days "$2" -out db.pem
