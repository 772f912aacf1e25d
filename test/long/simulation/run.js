/**
 * Signature, delta and patch of a file of 100 GB that exists only as a rule (bytes from seed and
 * offset), in a process of its own whose memory is measured. Prints one JSON document.
 *
 * Its test bundles it first: what it measures are sources, not the library's door.
 */
import { writeDelta } from '../../../src/rdiff/delta.ts';
import { writePatched } from '../../../src/rdiff/patch.ts';
import { writeSignature } from '../../../src/rdiff/signature.ts';
import { SignatureReader } from '../../../src/rdiff/format/signature-reader.ts';
import { VirtualFile } from './virtual-file.js';

const size = Number(process.argv[2] ?? 100e9);
const quarter = Math.floor(size / 4);
const old = new VirtualFile([{ seed: 1, offset: 0, length: size }]);
/** Replaced at a quarter, inserted in the middle, deleted at three quarters. */
const changed = new VirtualFile([
  { seed: 1, offset: 0, length: quarter },
  { seed: 2, offset: quarter, length: 1_000_000 },
  { seed: 1, offset: quarter + 1_000_000, length: quarter - 1_000_000 },
  { seed: 3, offset: 0, length: 123_457 },
  { seed: 1, offset: 2 * quarter, length: quarter },
  { seed: 1, offset: 3 * quarter + 777_777, length: size - 3 * quarter - 777_777 },
]);

/** Keeps what is written: the delta is small. */
function keep() {
  const pieces = [];
  return {
    write: (bytes) => void pieces.push(Buffer.from(bytes)),
    bytes: () => Buffer.concat(pieces),
  };
}

const seconds = {};
async function timed(name, work) {
  const start = performance.now();
  const result = await work();
  seconds[name] = Math.round((performance.now() - start) / 100) / 10;
  return result;
}

const reader = new SignatureReader();
const { bytesOut: signatureBytes } = await timed('signature', () =>
  writeSignature(old.source(), { write: (bytes) => reader.update(bytes) }),
);
const signature = reader.finish();

const deltaFile = keep();
const report = await timed('delta', () => writeDelta(signature, changed.source(), deltaFile));
const delta = deltaFile.bytes();

let position = 0;
let differences = 0;
const expected = Buffer.alloc(1024 * 1024);
const check = {
  write: (bytes) => {
    const should = expected.subarray(0, bytes.length);
    changed.readAt(position, should);
    if (Buffer.compare(should, bytes) !== 0) differences++;
    position += bytes.length;
  },
};
await timed('patch', () => writePatched(old, bytesSource(delta), check));

function bytesSource(bytes) {
  let at = 0;
  return {
    name: 'delta',
    size: bytes.length,
    read: (into) => {
      const piece = bytes.subarray(at, at + into.length);
      into.set(piece);
      at += piece.length;
      return Promise.resolve(piece.length);
    },
  };
}

console.log(
  JSON.stringify({
    size: changed.size,
    patchedSize: position,
    differences,
    signatureBytes,
    deltaBytes: delta.length,
    literalBytes: report.instructions.literalBytes,
    blockLength: signature.blockLength,
    seconds,
    maxRssBytes: process.resourceUsage().maxRSS * 1024,
  }),
);
