import { describe, expect, test } from 'vitest';
import {
  snakeCase,
  statisticsJson,
  statisticsText,
  type RdiffReport,
} from '../../../src/cli/rdiff/statistics.js';

/** No two numbers are the same, so that none can stand for another. */
const instructions = {
  literalCommands: 2,
  literalBytes: 300,
  literalCommandBytes: 4,
  copyCommands: 5,
  copyBytes: 1700,
  copyCommandBytes: 17,
};
const matches = { searches: 90, matches: 10, strongSums: 13, falseMatches: 3 };
const seconds = 2.126;
const io = { bytesIn: 2_000_000, bytesOut: 321_000 };

const delta = { action: 'delta', instructions, ...io, seconds } as unknown as RdiffReport;
const searched = {
  ...delta,
  matches,
  signature: { blocks: 8, blockLength: 256, bytes: 79_000 },
} as unknown as RdiffReport;
const signature = {
  action: 'signature',
  blocks: 8,
  blockLength: 256,
  strongLength: 32,
  ...io,
  seconds,
} as unknown as RdiffReport;
const patch = {
  action: 'patch',
  instructions,
  ...io,
  trailingBytes: 0,
  seconds,
} as unknown as RdiffReport;

const SPEED = 'speed[2.0 MB (0.9 MB/s) in, 0.3 MB (0.2 MB/s) out, 2.13 sec]';
const counted = (falseMatches: number): string =>
  `literal[2 cmds, 300 bytes, 4 cmdbytes] copy[5 cmds, 1700 bytes, 17 cmdbytes, ${falseMatches} false]`;

describe('statistics for people', () => {
  test.each([
    [
      'a signature',
      signature,
      [`signature statistics: signature[8 blocks, 256 bytes per block] ${SPEED}`],
    ],
    ['a patch', patch, [`patch statistics: ${counted(0)} ${SPEED}`]],
    [
      'a delta from a signature',
      searched,
      [
        'loadsig statistics: signature[8 blocks, 256 bytes per block]',
        'match statistics: signature[90 searches, 10 (10.000%) matches, 13 strong sum calcs, 3 false]',
        `delta statistics: ${counted(3)} ${SPEED}`,
        'speed-up: 5.00 (2000000 bytes of new file, 400000 bytes to send)',
      ],
    ],
    [
      'a delta from the basis itself',
      delta,
      [
        `delta statistics: ${counted(0)} ${SPEED}`,
        'speed-up: 6.23 (2000000 bytes of new file, 321000 bytes to send)',
      ],
    ],
  ])('are those of %s', (_, report, lines) => {
    expect(statisticsText(report)).toBe(lines.map((line) => `librsync: ${line}\n`).join(''));
  });

  test('are of nothing, too', () => {
    const none = { ...searched, bytesOut: 0, signature: undefined } as unknown as RdiffReport;
    const empty = { ...none, matches: { searches: 0, matches: 0, strongSums: 0, falseMatches: 0 } };
    const text = statisticsText(empty);
    expect(text).toContain(
      'signature[0 searches, 0 (0.000%) matches, 0 strong sum calcs, 0 false]',
    );
    expect(text).toContain('speed-up: 1.00 (2000000 bytes of new file, 0 bytes to send)');
  });
});

describe('statistics for programs', () => {
  test('have every figure under its name, a delta its speed-up', () => {
    const parsed = (report: RdiffReport): unknown => JSON.parse(statisticsJson(report));
    const common = { bytes_in: 2_000_000, bytes_out: 321_000, seconds };
    const counts = {
      literal_commands: 2,
      literal_bytes: 300,
      literal_command_bytes: 4,
      copy_commands: 5,
      copy_bytes: 1700,
      copy_command_bytes: 17,
    };
    expect(parsed(searched)).toEqual({
      action: 'delta',
      ...common,
      instructions: counts,
      matches: { searches: 90, matches: 10, strong_sums: 13, false_matches: 3 },
      signature: { blocks: 8, block_length: 256, bytes: 79_000 },
      speed_up: 5,
    });
    expect(parsed(delta)).toMatchObject({ speed_up: 2_000_000 / 321_000 });
    expect(parsed(patch)).toEqual({
      action: 'patch',
      ...common,
      instructions: counts,
      trailing_bytes: 0,
    });
    expect(parsed(signature)).toEqual({
      action: 'signature',
      ...common,
      blocks: 8,
      block_length: 256,
      strong_length: 32,
    });
    expect(statisticsJson(patch).endsWith('}\n')).toBe(true);
  });

  test('have names in snake case at every depth, and values as they are', () => {
    expect(snakeCase({ aB: [{ cDE: 'fG' }, null, 1], plain: undefined })).toEqual({
      a_b: [{ c_d_e: 'fG' }, null, 1],
      plain: undefined,
    });
  });
});
