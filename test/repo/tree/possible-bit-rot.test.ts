import { expect, test } from 'vitest';
import { possibleBitRot } from '../../../src/repo/tree/possible-bit-rot.js';
import type { ByteString } from '../../../src/platform/bytes.js';

test('possible bit rot is told with the path and what shows the earlier contents', () => {
  expect(possibleBitRot('/caf\xc3\xa9' as ByteString)).toBe(
    '/café has changed since it was saved although its size and times have not: ' +
      'possible bit rot. `varve log` shows the snapshots that hold its earlier contents.',
  );
});
