/** What is encoded: neighbouring releases of a program, and images of a disk. */
import { execFileSync } from 'node:child_process';
import { createCipheriv } from 'node:crypto';
import { existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const RELEASES = ['5.3.3', '5.4.5', '5.5.4', '5.6.3', '5.7.3', '5.8.3', '5.9.3'];
const FILES = ['typescript.js', '_tsc.js'];
const PAGE_BYTES = 4096;

/** The older of each two neighbours is the target, the newer its basis: as a backup stores them. */
export function releasePairs(cache) {
  const releases = RELEASES.map((version) => unpack(cache, version));
  return FILES.flatMap((file) =>
    releases.slice(1).flatMap((newer, i) => {
      const [target, basis] = [join(releases[i], file), join(newer, file)];
      if (!existsSync(target) || !existsSync(basis)) return [];
      const name = `${RELEASES[i]} from ${RELEASES[i + 1]}`;
      return [{ group: `lib/${file}`, name, basis, target, bytes: statSync(target).size }];
    }),
  );
}

function unpack(cache, version) {
  const archive = join(cache, `typescript-${version}.tgz`);
  if (!existsSync(archive)) {
    const pack = ['pack', '--silent', '--pack-destination', cache, `typescript@${version}`];
    execFileSync('npm', pack, { stdio: ['ignore', 'ignore', 'inherit'] });
  }
  const folder = join(cache, version);
  mkdirSync(folder, { recursive: true });
  execFileSync('tar', ['xzf', archive, '-C', folder]);
  return join(folder, 'package', 'lib');
}

/** An image, and two newer states of it; the same bytes in every run. */
export function makeImages(folder, mebibytes) {
  const image = noise(mebibytes * 2 ** 20, 1);
  const target = save(folder, 'image', image);
  const overwritten = save(folder, 'overwritten', overwrite(image));
  const inserted = save(folder, 'inserted', Buffer.concat([noise(100, 3), image]));
  const common = { group: `image, ${mebibytes} MiB`, target, bytes: image.length, isImage: true };
  return [
    { ...common, name: '1 % of its pages overwritten', basis: overwritten },
    { ...common, name: '100 bytes inserted at its start', basis: inserted },
  ];
}

function overwrite(image) {
  const copy = Buffer.from(image);
  const pages = image.length / PAGE_BYTES;
  const picks = noise(4 * Math.round(pages / 100), 2);
  const fresh = noise(PAGE_BYTES * (picks.length / 4), 4);
  for (let i = 0; i < picks.length / 4; i += 1) {
    const at = PAGE_BYTES * (picks.readUInt32LE(4 * i) % pages);
    fresh.copy(copy, at, PAGE_BYTES * i, PAGE_BYTES * (i + 1));
  }
  return copy;
}

/** The key stream of AES-CTR: noise that is the same everywhere. */
function noise(length, seed) {
  return createCipheriv('aes-128-ctr', Buffer.alloc(16, seed), Buffer.alloc(16)).update(
    Buffer.alloc(length),
  );
}

function save(folder, name, bytes) {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}
