#!/bin/sh
# Says the process of MinIO, and of the certificate that it shows at the address $1 the serial number, and whether the CAs in $2 stand for it with that
# address and with the name $3.
systemctl show minio --property=MainPID
shown() {
    openssl s_client -connect "$address:9000" "$@" < /dev/null 2> /dev/null
}
address=$1
shown | openssl x509 -noout -serial
shown -CAfile "$2" -x509_strict -verify_ip "$1" | grep -o 'Verification: OK'
shown -CAfile "$2" -x509_strict -verify_hostname "$3" | grep -o 'Verification: OK'
