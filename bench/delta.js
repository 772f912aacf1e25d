/**
 * Delta codecs side by side: `npm run bench:delta -- [--out DIR] [--cache DIR] [--image-mib 256]
 * [--rdiff-dir DIR]`. Prints Markdown, or writes delta.md and delta.json to DIR. Without a cache the
 * releases are fetched anew and removed afterwards. With a directory for it, the rows of librsync's
 * formats beside `rdiff` follow (`bench/rdiff.js`), which need 5 GiB there.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { makeImages, releasePairs } from './delta/data.js';
import { markdown } from './delta/report.js';
import { measure } from './delta/tools.js';

const { values } = parseArgs({
  options: {
    out: { type: 'string' },
    cache: { type: 'string' },
    'image-mib': { type: 'string', default: '256' },
    'rdiff-dir': { type: 'string' },
  },
});

const work = mkdtempSync(join(tmpdir(), 'varve-bench-delta-'));
try {
  const cache = values.cache ?? join(work, 'releases');
  mkdirSync(cache, { recursive: true });
  const results = [];
  for (const pair of [...releasePairs(cache), ...makeImages(work, Number(values['image-mib']))]) {
    process.stderr.write(`${pair.group}: ${pair.name}\n`);
    results.push({ ...pair, measured: measure(pair, work) });
  }
  publish(results, values.out);
  const rdiffDirectory = values['rdiff-dir'];
  if (rdiffDirectory !== undefined) {
    const script = fileURLToPath(new URL('rdiff.js', import.meta.url));
    const run = spawnSync(process.execPath, [script, rdiffDirectory], { stdio: 'inherit' });
    process.exitCode = run.status ?? 1;
  }
} finally {
  rmSync(work, { recursive: true, force: true });
}

function publish(results, out) {
  if (out === undefined) {
    process.stdout.write(markdown(results));
    return;
  }
  mkdirSync(out, { recursive: true });
  writeFileSync(join(out, 'delta.md'), markdown(results));
  const rows = results.map(({ group, name, bytes, measured }) => ({
    group,
    name,
    bytes,
    measured,
  }));
  writeFileSync(join(out, 'delta.json'), `${JSON.stringify(rows, null, 2)}\n`);
}
