#!/bin/bash
# Makes a tree in the directory $1 with everything that a backup should bring back, as far as this
# user and this file system can have it: as root owners, devices of the kernel's namespaces and locks
# as well. The same tree each time, but for inode numbers and times of change and birth.
set -eu
cd "$1"
is_root=$([ "$(id -u)" = 0 ] && echo yes || echo no)

# What a file system or a user may lack; the tree then lacks it, too.
try() { "$@" 2> /dev/null || true; }
# The time of a node itself, never of what a link leads to.
at() { touch -h -d "$1" "${@:2}"; }

names() {
  mkdir names && cd names
  local name
  for name in plain ' ' ' leading' 'trailing ' '-rf' '--' '*' '?[a]' 'back\slash' '\n' "quo'te" 'quo"te' \
    $'new\nline' $'tab\t' $'\e[31mred' $'\x01' '~' '#' '%41' ':' $'\xff\xfe' $'\xc3\x28' 'ü' $'u\xcc\x88' '€uro' \
    '🪨' 'CON' '...' '.hidden' "$(printf 'x%.0s' {1..255})" "$(printf '€%.0s' {1..85})"; do
    echo "$name" > "./$name"
  done
  mkdir -p $'dir \xff/a\n/\xe2\x82' && echo deep > $'dir \xff/a\n/\xe2\x82/file'
  cd ..
}

contents() {
  mkdir contents && cd contents
  : > empty
  printf x > one
  head -c 70000 /dev/zero | tr '\0' 'z' > large
  seq 1 5000 > numbers
  cp numbers twin
  mkdir -p hollow a/b/c/d/e
  cd ..
}

modes() {
  mkdir modes && cd modes
  local mode
  for mode in 400 444 600 644 664 666 755 777 1644 2644 2755 4644 4755 6755 7777; do
    echo "$mode" > "file-$mode"
    chmod "$mode" "file-$mode"
    mkdir "dir-$mode"
    echo "$mode" > "dir-$mode/child"
    chmod "$mode" "dir-$mode"
  done
  # Nobody but root reads these.
  if [ $is_root = yes ]; then
    echo secret > none && chmod 000 none
    : > none-empty && chmod 000 none-empty
    mkdir closed && echo hidden > closed/file && chmod 000 closed
  fi
  # An ordinary user enters these again.
  chmod u+rwx dir-*
  cd ..
}

times() {
  mkdir times && cd times
  local count=0 time
  for time in 1902-01-01T00:00:00.123456789 1969-12-31T23:59:58.999999999 1969-12-31T23:59:59.000000001 \
    1970-01-01T00:00:00 1970-01-01T00:00:00.000000001 2001-09-09T01:46:40.1 2038-01-19T03:14:07.999999999 \
    2038-01-19T03:14:08.000000001 2106-02-07T06:28:16.5 2200-02-28T12:00:00.000000999 2400-01-01T00:00:00.25; do
    count=$((count + 1))
    echo "$time" > "file-$count"
    : > "empty-$count"
    mkdir "dir-$count" && echo child > "dir-$count/child"
    ln -s "file-$count" "link-$count"
    at "${time}Z" "file-$count" "empty-$count" "link-$count" "dir-$count"
  done
  cd ..
}

links() {
  mkdir links && cd links
  ln -s ../contents/numbers relative
  ln -s /etc/hostname absolute
  ln -s nowhere dangling
  ln -s self self
  ln -s .. up
  ln -s / root
  ln -s $'\xff new\nline' odd
  ln -s "$(printf '%0255d/' {1..15})" long
  ln -s ../contents directory
  cd ..
}

# Names of one inode: files, links and what is never opened, in one directory and in several.
groups() {
  mkdir -p groups/below && cd groups
  seq 1 2000 > file && ln file second && ln file below/third && ln file $'below/\xff'
  : > empty && ln empty below/empty
  ln -s file link && ln -P link below/link
  mkfifo fifo && ln fifo below/fifo
  at 2011-11-11T11:11:11.111111111Z file empty link fifo
  cd ..
}

# Data at the start, in the middle, at the end and nowhere; the same with its zeros written out.
holes() {
  mkdir holes && cd holes
  truncate -s 1M nothing
  truncate -s 3000001 start && seq 1 20000 >> start
  seq 1 20000 > end && truncate -s 30M end
  seq 1 20000 > middle && truncate -s 20M middle && seq 1 20000 >> middle && truncate -s 40000003 middle
  cp --sparse=never start dense
  cd ..
}

specials() {
  mkdir specials && cd specials
  mkfifo fifo && chmod 4621 fifo
  try python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind("socket")'
  if [ $is_root = yes ]; then
    try mknod character c 10 229
    try mknod high c 4095 1048575
    try mknod block b 7 300
    chown 54321:54322 fifo
  fi
  at 1999-12-31T23:59:59.123456789Z *
  cd ..
}

attributes() {
  mkdir xattrs && cd xattrs
  echo file > file && : > empty && mkdir dir && echo child > dir/child && ln -s file link && seq 1 90000 > large
  local node
  for node in file empty dir large; do
    try setfattr -n user.text -v "of $node" "$node"
    try setfattr -n user.nothing "$node"
    try setfattr -n user.binary -v 0x00ff0a00 "$node"
    try setfattr -n $'user.n\xc3\xa4me with spaces' -v 0x01 "$node"
    try setfattr -n user.long -v "$(printf 'v%.0s' {1..3000})" "$node"
  done
  if [ $is_root = yes ]; then
    for node in file empty dir link; do
      try setfattr -h -n trusted.varve -v "of $node" "$node"
      try setfattr -h -n security.varve -v "of $node" "$node"
    done
    cp /bin/true capable && try setcap cap_net_raw+ep capable
  fi
  cd ..
}

lists() {
  mkdir acls && cd acls
  echo shared > shared && echo masked > masked && mkdir team
  try setfacl -m u:1:rwx,u:54321:r,g:2:r-x shared
  try setfacl -m u:1:rwx,m::r masked
  try setfacl -m u:2:rwx,d:u:1:rwx,d:g:3:r-x,d:o::- team
  # It inherits the default list of its directory, and this one is rid of it.
  echo heir > team/heir && mkdir team/below && echo bare > team/bare
  try setfacl -b team/bare
  try setfacl -k team/below
  cd ..
}

owners() {
  [ $is_root = yes ] || return 0
  mkdir owners && cd owners
  local owner
  for owner in 0:0 1:2 65534:65534 54321:54322 4000000000:4000000001 0:54321; do
    echo "$owner" > "file-$owner" && mkdir "dir-$owner" && echo child > "dir-$owner/child" && ln -s x "link-$owner"
    chown -h "$owner" "file-$owner" "dir-$owner" "dir-$owner/child" "link-$owner"
    cp "file-$owner" "setuid-$owner" && chown "$owner" "setuid-$owner" && chmod 6755 "setuid-$owner"
    mkdir "setgid-$owner" && chown "$owner" "setgid-$owner" && chmod 2775 "setgid-$owner"
  done
  cd ..
}

# The last: nothing can be changed under an immutable directory.
flags() {
  mkdir flags && cd flags
  local flag
  for flag in d A S D c j t T C P s u m; do
    echo "$flag" > "file-$flag" && try chattr "+$flag" "file-$flag"
    mkdir "dir-$flag" && try chattr "+$flag" "dir-$flag" && echo heir > "dir-$flag/heir"
  done
  : > empty-d && try chattr +d empty-d
  if [ $is_root = yes ]; then
    for flag in i a ia; do
      echo "$flag" > "file-$flag" && at 2020-01-01T00:00:00.5Z "file-$flag" && try chattr "+$flag" "file-$flag"
      mkdir "dir-$flag" && echo child > "dir-$flag/child" && mkdir "dir-$flag/below"
      try chattr "+$flag" "dir-$flag/child" "dir-$flag/below"
      at 2020-01-01T00:00:00.5Z "dir-$flag" && try chattr "+$flag" "dir-$flag"
    done
  fi
  cd ..
}

names
contents
modes
times
links
groups
holes
specials
attributes
lists
owners
flags
at 2005-05-05T05:05:05.055555555Z .
