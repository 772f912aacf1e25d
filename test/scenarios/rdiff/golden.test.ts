import { describe, expect, test } from 'vitest';
import {
  applyDelta,
  makeDelta,
  makeSignature,
  readSignature,
} from '../../../src/rdiff/format/whole.js';
import type { StrongName, WeakName } from '../../../src/rdiff/format/kinds.js';
import { golden, manifest, sha256 } from '../../support/golden.js';

interface Config {
  rollsum: WeakName;
  hash: StrongName;
  argBlock: number;
  argSum: number;
  sig: string;
  delta: string;
  patchedSha256: string;
  patchedEqualsNew: boolean;
}
const { cases } = manifest('golden/manifest.json') as {
  cases: { case: string; configs: Config[] }[];
};

describe.each(cases)('the files of $case', ({ case: name, configs }) => {
  const basis = golden(`golden/${name}/basis`);
  const target = golden(`golden/${name}/new`);

  test.each(configs)('have the signature of rdiff: $sig', (config) => {
    const ours = makeSignature(basis, {
      weak: config.rollsum,
      strong: config.hash,
      blockLength: config.argBlock,
      strongLength: config.argSum,
    });
    expect(Buffer.from(ours).equals(golden(`golden/${name}/${config.sig}`))).toBe(true);
  });

  test.each(configs)('are rebuilt from the delta of rdiff: $sig', (config) => {
    const result = applyDelta(basis, golden(`golden/${name}/${config.delta}`));
    expect(sha256(result)).toBe(config.patchedSha256);
  });

  test.each(configs.filter((config) => config.patchedEqualsNew))(
    'are rebuilt from our delta, which is not larger: $sig',
    (config) => {
      const signature = readSignature(golden(`golden/${name}/${config.sig}`));
      const delta = makeDelta(signature, target);
      expect(Buffer.from(applyDelta(basis, delta)).equals(target)).toBe(true);
      expect(delta.length).toBeLessThanOrEqual(golden(`golden/${name}/${config.delta}`).length);
    },
  );
});

test('10 000 zeros against 10 000 zeros are one copy', () => {
  const zeros = new Uint8Array(10_000);
  const delta = makeDelta(readSignature(makeSignature(zeros)), zeros);
  expect(Buffer.from(delta).toString('hex')).toBe('7273023646002710' + '00');
});

const patches = manifest('patch-only/manifest.json') as {
  cases: { file: string; outSha256: string; note: string }[];
};
test.each(patches.cases)('the patch $file gives what rdiff gives', ({ file, outSha256 }) => {
  const result = applyDelta(golden('patch-only/basis'), golden(`patch-only/${file}`));
  expect(sha256(result)).toBe(outSha256);
});

const farMatches = manifest('n8/manifest.json') as {
  cases: { sig: string; new: string; deltaHex: string }[];
};
test.each(farMatches.cases)('a match beyond 4 GiB is copied with 8 bytes: $sig', (vector) => {
  const delta = makeDelta(readSignature(golden(`n8/${vector.sig}`)), golden(`n8/${vector.new}`));
  expect(Buffer.from(delta).toString('hex')).toBe(vector.deltaHex);
});
