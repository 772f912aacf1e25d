import { describe, expect, test } from 'vitest';
import { CodedError } from '../../../src/errors.js';
import { librsyncResult } from '../../../src/rdiff/format/results.js';
import { applyDelta, makeDelta, readSignature } from '../../../src/rdiff/format/whole.js';
import { golden, manifest } from '../../support/golden.js';

interface Case {
  file: string;
  command: string;
  rdiffExit: number;
  rdiffStdoutHex: string;
}
const { cases } = manifest('errors/manifest.json') as { cases: Case[] };

/** What rdiff takes by accident, and the exit code with which ours refuses it. */
const refused: Record<string, number> = {
  'sig-magic-0.bin': 104,
  'sig-sum-0.bin': 106,
  'sig-cut-at-13.bin': 103,
  'sig-cut-at-15.bin': 103,
  'sig-cut-at-25.bin': 103,
};

function run({ file, command }: Case): number {
  const bytes = golden(`errors/${file}`);
  try {
    if (command.startsWith('patch'))
      applyDelta(golden('errors/basis'), bytes, { maxOutput: 2 ** 50 });
    else makeDelta(readSignature(bytes), golden('errors/new'));
    return 0;
  } catch (error) {
    if (!(error instanceof CodedError)) throw error;
    return librsyncResult(error.code)!.exitCode;
  }
}

describe('a malformed stream ends as in rdiff, or is refused where rdiff is careless', () => {
  test.each(cases)('$file', (vector) => {
    expect(run(vector)).toBe(refused[vector.file] ?? vector.rdiffExit);
  });
});

test('a delta that grows without bound stops at the limit', () => {
  const attempt = () =>
    applyDelta(golden('errors/basis'), golden('errors/delta-amplify.bin'), { maxOutput: 1000 });
  expect(attempt).toThrow(expect.objectContaining({ code: 'RDIFF_OUTPUT_LIMIT' }));
});
