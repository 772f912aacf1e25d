/** Varve's encoder as the store uses it, and as a process of its own: `varve.js BASIS TARGET OUT`. */
import { readFileSync, writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { constants, zstdCompressSync } from 'node:zlib';
import { encodeDelta, serializeDelta } from '../../dist/index.js';

const STREAMS = ['literalLengths', 'copyLengths', 'copyOffsets', 'literals'];

/** The bytes that are stored: the standalone form, each stream in a zstd frame unless that is larger. */
export function stored(delta, level) {
  const streams = STREAMS.map((name) => [name, packed(delta[name], level)]);
  return serializeDelta({ ...delta, ...Object.fromEntries(streams) });
}

/** The bytes as a zstd frame, or as they are if that is smaller. */
export function packed(stream, level) {
  const params = { [constants.ZSTD_c_compressionLevel]: level };
  const frame = zstdCompressSync(stream, { params });
  return frame.length < stream.length ? frame : stream;
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const [basis, target, out] = process.argv.slice(2);
  const delta = encodeDelta(readFileSync(basis), readFileSync(target));
  writeFileSync(out, stored(delta, 3));
}
