import { Writable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { createOutput, OutputFailed } from '../../src/cli/output.js';
import { reportFailure } from '../../src/cli/report.js';
import { CodedError } from '../../src/store.js';

function sink(terminal: object = {}) {
  const written: string[] = [];
  const stream = new Writable({
    write(chunk: Buffer, _, done) {
      written.push(chunk.toString());
      done();
    },
  });
  return { written, stream: Object.assign(stream, terminal) as unknown as NodeJS.WriteStream };
}

async function report(error: unknown, args: readonly string[], hasDocument = false) {
  const [stdout, stderr] = [sink(), sink()];
  const output = createOutput(stdout.stream);
  if (hasDocument) await output.json({});
  const code = await reportFailure(error, { args, output, stderr: stderr.stream, env: {} });
  return { code, stdout: stdout.written.join(''), stderr: stderr.written.join('') };
}

const failure = new CodedError('NO_SNAPSHOTS', 'There is none.', { hint: 'Take one.' });
const TEXT = 'varve: There is none.\nTake one.\n';
const DOCUMENT =
  '{"error":{"code":"NO_SNAPSHOTS","message":"There is none.","hint":"Take one."}}\n';

describe('a failure that was foreseen', () => {
  test.each([
    [['ls']],
    [['ls', '-v']],
    [['ls', '-q', '--verbose']],
    [['backup', '--command', 'x', '--', '-v', '-v', '--json']],
    [['ls', '-x', 'vv', '/v/v']],
  ])('is two lines: %j', async (args) => {
    expect(await report(failure, args)).toEqual({ code: 1, stdout: '', stderr: TEXT });
  });

  test.each([
    [['-vv']],
    [['-v', '-v']],
    [['-v', 'ls', '-lv']],
    [['--verbose', 'ls', '--verbose']],
    [['-qv', '--verbose']],
  ])('has its trace above them for who asks twice: %j', async (args) => {
    const { code, stdout, stderr } = await report(failure, args);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(/^CodedError: There is none\.\n {4}at [^]*\nvarve: There/);
    expect(stderr.endsWith(TEXT)).toBe(true);
  });

  test('is the document, and no line, with --json; lines where a document was begun', async () => {
    expect(await report(failure, ['--json', 'ls', '-vv'])).toEqual({
      code: 1,
      stdout: DOCUMENT,
      stderr: '',
    });
    expect(await report(failure, ['--json', 'ls'], true)).toEqual({
      code: 1,
      stdout: '{}\n',
      stderr: TEXT,
    });
    expect(await report(new OutputFailed(new Error('full')), ['--json'])).toEqual({
      code: 1,
      stdout: '',
      stderr:
        'varve: Standard output cannot be written: full.\n' +
        'Free space where standard output goes, or redirect it elsewhere.\n',
    });
  });
});

test('a bug has its trace above the message, beside the document, too', async () => {
  const bug = new TypeError('x is \x1b not a function');
  for (const args of [['ls'], ['ls', '--json']]) {
    const { code, stdout, stderr } = await report(bug, args);
    expect(code).toBe(1);
    expect(stdout.includes('"code":"BUG"')).toBe(args.includes('--json'));
    expect(stderr).toMatch(/^TypeError: x is \\x1b not a function\n {4}at /);
    expect(stderr).toMatch(/\nvarve: x is \\x1b not a function\nThis is a bug in Varve\. .*\n$/);
  }
  expect((await report('odd', ['ls'])).stderr).toMatch(/^varve: odd\nThis is a bug/);
});
