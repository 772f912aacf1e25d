import { describe, expect, test } from 'vitest';
import { parseArguments, usesStdout, type RdiffAction } from '../../../src/cli/rdiff/arguments.js';

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

describe('every option, in each of its spellings', () => {
  /** The flags in all actions; the others with a value, in an action that has them. */
  const FLAGS = [
    [['-v', '--verbose'], { verbose: true }],
    [['-s', '--statistics'], { statistics: true }],
    [['--json'], { json: true }],
    [['-f', '--force'], { force: true }],
  ] as const;
  const VALUED = [
    [['-j', '--jobs'], 'sig', '0', { jobs: 0 }],
    [['-j', '--jobs'], 'sig', '7', { jobs: 7 }],
    [['-H', '--hash'], 'sig', 'md4', { hash: 'md4' }],
    [['-H', '--hash'], 'sig', 'blake2', { hash: 'blake2' }],
    [['-R', '--rollsum'], 'sig', 'rollsum', { rollsum: 'rollsum' }],
    [['-R', '--rollsum'], 'sig', 'rabinkarp', { rollsum: 'rabinkarp' }],
    [['-b', '--block-size'], 'sig', '2147483647', { blockLength: 2 ** 31 - 1 }],
    [['-b', '--block-size'], 'sig', '0x1F', { blockLength: 31 }],
    [['-b', '--block-size'], 'sig', '017', { blockLength: 15 }],
    [['-b', '--block-size'], 'sig', '+8', { blockLength: 8 }],
    [['-b', '--block-size'], 'sig', '-0', { blockLength: 0 }],
    [['-S', '--sum-size'], 'sig', '-2147483647', { strongLength: -(2 ** 31) + 1 }],
    [['-I', '--input-size'], 'sig', '9', {}],
    [['-O', '--output-size'], 'sig', '9', {}],
    [['--basis'], 'delta', 'old', { basis: 'old' }],
    [['--limit'], 'explain a b', '0', { limit: 0 }],
    [['--max-output'], 'patch a', '3', { maxOutput: 3 }],
    [['--max-output'], 'patch a', '3K', { maxOutput: 3 * 1024 }],
    [['--max-output'], 'patch a', '3m', { maxOutput: 3 * 1024 ** 2 }],
    [['--max-output'], 'patch a', '3GiB', { maxOutput: 3 * 1024 ** 3 }],
    [['--max-output'], 'patch a', '3tb', { maxOutput: 3 * 1024 ** 4 }],
    [['--max-output'], 'patch a', '3B', { maxOutput: 3 }],
  ] as const;

  test.each(FLAGS)('%j', (names, options) => {
    for (const name of names) {
      for (const action of ['sig', 'delta x', 'patch x', 'explain x y']) {
        expect(parse(`${name} ${action}`)).toHaveProperty('options', options);
        expect(parse(`${action} ${name}`)).toHaveProperty('options', options);
      }
    }
  });

  test.each(VALUED)('%j: %s with %s', (names, action, value, options) => {
    for (const name of names) {
      const written = name.startsWith('--')
        ? [`${name} ${value}`, `${name}=${value}`]
        : [`${name} ${value}`, `${name}${value}`, `${name}=${value}`, `-f${name.slice(1)}${value}`];
      for (const text of written) {
        const force = text.startsWith('-f') ? { force: true } : {};
        expect(parse(`${text} ${action}`)).toHaveProperty('options', { ...options, ...force });
      }
    }
  });

  test('an empty value of --verify-hash is none, and an option after the dashes a path', () => {
    expect(parse('--verify-hash= patch a')).toHaveProperty('options', { verifyHash: true });
    expect(parse('--verify-hash delta a')).toHaveProperty('options', { verifyHash: true });
    expect(parse('-- patch -f --json')).toMatchObject({ options: {}, paths: ['-f', '--json'] });
  });

  test.each([
    [['-?', '-h', '--help'], 'help'],
    [['-V', '--version'], 'version'],
  ])('%j asks for the %s, whatever else is wrong', (names, action) => {
    for (const name of names) {
      expect(parse(name)).toEqual({ action });
      expect(parse(`frob ${name} --nothing`)).toEqual({ action });
    }
  });

  test.each(['-I', '--input-size', '-O', '--output-size', '-j', '-b', '--limit'])(
    '%s takes a number that is not negative and not too large',
    (name) => {
      for (const value of ['x', '1.5', '', '0x', '08', '-1', '2147483648', '1K']) {
        expect(() => parseArguments([name, value, 'sig'])).toThrow(/^(?:invalid|number too)/);
      }
    },
  );

  test.each(['', 'K', '1X', '1iK', '1.5K', '-1', '9000T1', '9007199254740992', '8192T'])(
    '--max-output %s is no size',
    (value) => {
      expect(() => parseArguments(['--max-output', value, 'patch', 'a'])).toThrow(
        /^(?:invalid size|size too large): /,
      );
    },
  );
});

describe('an action', () => {
  test.each([
    ['signature', 0, 2],
    ['delta', 1, 3],
    ['delta --basis=old', 0, 2],
    ['patch', 1, 3],
    ['explain', 2, 2],
  ])('%s has from %d to %d paths', (action, least, most) => {
    const withPaths = (count: number) =>
      parse([action, ...Array<string>(count).fill('x')].join(' '));
    for (let count = 0; count <= most + 1; count += 1) {
      if (count < least) expect(() => withPaths(count)).toThrow(/^Usage for /);
      else if (count > most) expect(() => withPaths(count)).toThrow('Too many arguments.');
      else expect(withPaths(count)).toHaveProperty('paths.length', count);
    }
  });

  const OWN = {
    '--basis': ['delta'],
    '--max-output': ['patch'],
    '--limit': ['explain'],
    '--verify-hash': ['delta', 'patch'],
  } as const;
  const ACTIONS = ['signature', 'delta', 'patch', 'explain'] as const;

  test.each(Object.entries(OWN))('%s belongs to %j alone', (option, actions) => {
    for (const action of ACTIONS) {
      const read = () => parse(`${option}=1 ${action} x y`);
      if ((actions as readonly string[]).includes(action)) expect(read()).toMatchObject({ action });
      else expect(read).toThrow(`${option} has no meaning for ${action}`);
    }
  });

  test('is known by any beginning that is one of it alone', () => {
    for (const action of ACTIONS) {
      for (let length = 1; length <= action.length; length += 1) {
        expect(parse(`${action.slice(0, length)} x y`)).toMatchObject({ action });
      }
      expect(() => parse(`${action}s x y`)).toThrow(/^You must specify an action/);
    }
    expect(() => parseArguments([''])).toThrow(/^You must specify an action/);
  });

  test.each([
    ['signature', 1, ''],
    ['delta', 2, ''],
    ['delta', 1, '--basis=old'],
    ['patch', 2, ''],
  ])('%s writes to standard output without its path at %d %s', (action, at, option) => {
    const paths = Array.from({ length: at + 1 }, (_, i) => `p${i}`);
    const uses = (given: readonly string[]): boolean => {
      const words = [action, ...given, option].filter(Boolean);
      return usesStdout(parseArguments(words) as RdiffAction);
    };
    expect(uses(paths)).toBe(false);
    expect(uses(paths.slice(0, -1))).toBe(true);
    expect(uses([...paths.slice(0, -1), '-'])).toBe(true);
    expect(usesStdout(parse('explain a b') as RdiffAction)).toBe(true);
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
