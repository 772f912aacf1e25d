/** Each codec on one pair: size in bytes and seconds, where they are known. */
import { spawnSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { applyDelta, encodeDelta } from '../../dist/index.js';
import { packed, stored } from './varve.js';

const SCRIPT = fileURLToPath(new URL('varve.js', import.meta.url));

/** Runs of what is fast; the least time counts. What takes seconds runs once. */
const RUNS = 5;
const SLOW_SECONDS = 2;

/** Every codec's result for one pair, by name. */
export function measure(pair, work) {
  return { ...measureVarve(pair, work), ...measurePeers(pair, work) };
}

function measureVarve(pair, work) {
  const [basis, target] = [readFileSync(pair.basis), readFileSync(pair.target)];
  const delta = encodeDelta(basis, target);
  if (!applyDelta(basis, delta).equals(target)) throw new Error('varve: not the target');
  const size = (level) => stored(delta, level).length;
  const encode = fastest(() => encodeDelta(basis, target));
  const known = { basisHash: delta.basisHash, targetHash: delta.targetHash };
  const encodeKnown = fastest(() => encodeDelta(basis, target, known));
  const store = fastest(() => stored(encodeDelta(basis, target), 3));
  const whole = wholeProcess(process.execPath, [SCRIPT, pair.basis, pair.target], join(work, 'v'));
  return {
    'varve, zstd -3': { bytes: size(3) },
    'varve, zstd -19': { bytes: size(19) },
    'varve, encode': { seconds: encode },
    'varve, encode, hashes known': { seconds: encodeKnown },
    'varve, encode + zstd -3': { seconds: store },
    'varve, whole process': { seconds: whole.seconds },
  };
}

function measurePeers({ basis, target }, work) {
  const window = Math.max(2 ** 20, 2 ** Math.ceil(Math.log2(statSync(basis).size)));
  const out = join(work, 'peer');
  const xdelta = (...flags) =>
    wholeProcess('xdelta3', [...flags, '-B', String(window), '-f', '-e', '-s', basis, target], out);
  const zstd = (...flags) =>
    wholeProcess(
      'zstd',
      ['-q', '-f', '--long=31', ...flags, `--patch-from=${basis}`, target, '-o'],
      out,
    );
  return {
    'xdelta3 -1': xdelta('-1'),
    'xdelta3 -3': xdelta('-3'),
    'xdelta3 -9': xdelta('-9'),
    'xdelta3 -9 -S lzma': xdelta('-9', '-S', 'lzma'),
    'zstd --patch-from -3': zstd('-3'),
    'zstd --patch-from -19': zstd('-19'),
    'rdiff (size after zstd -3)': rdiff(basis, target, work),
  };
}

function rdiff(basis, target, work) {
  const signature = join(work, 'signature');
  const out = join(work, 'rdiff');
  const first = wholeProcess('rdiff', ['-f', 'signature', basis], signature);
  const second = wholeProcess('rdiff', ['-f', 'delta', signature, target], out);
  const bytes = packed(readFileSync(out), 3).length;
  return { bytes, seconds: first.seconds + second.seconds };
}

/** A program that writes `out`, its last argument; from start to exit. */
function wholeProcess(program, args, out) {
  const seconds = fastest(() => {
    const { status, error } = spawnSync(program, [...args, out], { stdio: 'ignore' });
    if (status !== 0) throw error ?? new Error(`${program} failed with ${status}`);
  });
  return { bytes: statSync(out).size, seconds };
}

function fastest(action) {
  let best = Infinity;
  for (let run = 0; run < RUNS; run += 1) {
    const start = performance.now();
    action();
    const seconds = (performance.now() - start) / 1000;
    best = Math.min(best, seconds);
    if (seconds > SLOW_SECONDS) break;
  }
  return best;
}
