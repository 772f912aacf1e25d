#!/bin/sh
# Makes the certificates of tls.test.ts: an authority, and three of its servers with one key. They are
# good from 2000 to 2100, so that no clock makes the tests fail, but for the one that has expired.
set -eu
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -r "$work"' EXIT
: >"$work/index"
echo 01 >"$work/serial"
cat >"$work/config" <<CONFIG
[ca]
default_ca = authority
[authority]
database = $work/index
serial = $work/serial
new_certs_dir = $work
default_md = sha256
policy = any
unique_subject = no
[any]
commonName = supplied
[req]
distinguished_name = any_name
[any_name]
[authority_extensions]
basicConstraints = critical, CA:true
[here]
subjectAltName = DNS:localhost, IP:127.0.0.1
[elsewhere]
subjectAltName = DNS:elsewhere.example
CONFIG

key() { openssl ecparam -name prime256v1 -genkey -noout | openssl pkcs8 -topk8 -nocrypt -out "$1"; }
request() { openssl req -new -config "$work/config" -key "$1" -subj "/CN=$2" -out "$work/request"; }
sign() {
  until=$1 extensions=$2 out=$3
  shift 3
  openssl ca -batch -notext -config "$work/config" -startdate 20000101000000Z -enddate "$until" \
    -extensions "$extensions" -in "$work/request" -out "$out" -keyfile "$work/authority-key" "$@"
}

key "$work/authority-key"
request "$work/authority-key" 'Varve test authority'
sign 21000101000000Z authority_extensions authority.pem -selfsign
key server-key.pem
request server-key.pem 'Varve test server'
sign 21000101000000Z here server.pem -cert authority.pem
sign 21000101000000Z elsewhere elsewhere.pem -cert authority.pem
sign 20010101000000Z here expired.pem -cert authority.pem
