import { describe, expect, test } from 'vitest';
import { parseArguments } from '../../../src/cli/rdiff/arguments.js';

const parse = (line: string) => parseArguments(line === '' ? [] : line.split(' '));

describe('what scripts write is understood', () => {
  test.each([
    ['signature', { action: 'signature', paths: [], options: {} }],
    ['s old sig', { action: 'signature', paths: ['old', 'sig'], options: {} }],
    [
      '-fs sig old',
      { action: 'signature', paths: ['old'], options: { force: true, statistics: true } },
    ],
    ['sig -b64 -S 8 old', { paths: ['old'], options: { blockLength: 64, strongLength: 8 } }],
    ['--block-size=0x10 sig', { options: { blockLength: 16 } }],
    ['-b 010 sig', { options: { blockLength: 8 } }],
    ['-S -1 sig', { options: { strongLength: -1 } }],
    ['-fb 512 sig', { options: { force: true, blockLength: 512 } }],
    ['-Hmd4 -R rollsum -I1 -O 65536 sig', { options: { hash: 'md4', rollsum: 'rollsum' } }],
    ['d - - out', { action: 'delta', paths: [undefined, undefined, 'out'] }],
    ['-- patch -x - -y', { action: 'patch', paths: ['-x', undefined, '-y'] }],
    ['p old delta new -f', { action: 'patch', paths: ['old', 'delta', 'new'] }],
    ['--verify-hash patch old d', { options: { verifyHash: true } }],
    ['--verify-hash=h patch old d', { options: { verifyHash: 'h' } }],
    ['--max-output 2G patch old d', { options: { maxOutput: 2 ** 31 } }],
    ['delta --basis old new out', { paths: ['new', 'out'], options: { basis: 'old' } }],
    ['-V', { action: 'version' }],
    ['--help frob', { action: 'help' }],
  ])('rdiff %s', (line, expected) => {
    expect(parse(line)).toMatchObject(expected);
  });
});

describe('what makes no sense is named', () => {
  test.each([
    ['', "You must specify an action: `signature', `delta', or `patch'."],
    ['frob', "You must specify an action: `signature', `delta', or `patch'."],
    ['--imaginary-option', 'unknown option: --imaginary-option'],
    ['-x sig', 'unknown option: -x'],
    ['-b abc sig', 'invalid numeric value: abc'],
    ['-b 99999999999 sig', 'number too large or too small: 99999999999'],
    ['-b -1 sig', 'number too large or too small: -1 (it must be 0 to 2147483647)'],
    ['-j 3000000000 sig', 'small: 3000000000 (it must be 0 to 2147483647)'],
    ['--limit -1 explain a b', 'small: -1 (it must be 0 to 2147483647)'],
    ['--limit 3 patch a b', '--limit has no meaning for patch'],
    ['sig -b', 'missing argument: -b'],
    ['-H sha1 sig', "Unknown hash algorithm 'sha1'."],
    ['-R adler sig', "Unknown rollsum algorithm 'adler'."],
    ['sig a b c', 'Too many arguments.'],
    ['delta', 'Usage for delta: rdiff [OPTIONS] delta SIGNATURE [NEWFILE [DELTA]]'],
    ['patch', 'Usage for patch: rdiff [OPTIONS] patch BASIS [DELTA [NEW]]'],
    ['--force=yes sig', 'option takes no value: --force'],
    ['--max-output 1 sig', '--max-output has no meaning for signature'],
    ['--max-output lots patch x', 'invalid size: lots'],
  ])('rdiff %s', (line, message) => {
    expect(() => parse(line)).toThrow(message);
  });
});
